//! What a configuration that is refused, or printed, must not show.

use super::*;

#[test]
fn a_file_that_is_no_toml_is_said_by_its_line_and_not_shown() {
    let file = "port = 1\nstore = \"postgres://door:s3cret@db.example/faces\n";
    let words = refusal(&Said { file, ..NOTHING });
    assert!(words.contains("face.toml") && words.contains("line 2"), "{words}");
    assert!(!words.contains("s3cret") && !words.contains("db.example"), "{words}");
}

#[test]
fn a_password_in_the_place_of_a_name_or_beside_a_bad_option_is_not_shown() {
    let url = "postgres://door:s3cret@db.example/faces?ssl=on";
    for (file, environment) in [
        (format!("\"{url}\" = 1"), None),
        (format!("store = '{url}'"), None),
        (format!("[store]\nurl = '{url}'"), None),
        (format!("port = 1\nstore = {url}"), None),
        (String::new(), Some(("FACE_STORE", url))),
        (String::new(), Some(("FACE_HOST", url))),
        (String::new(), Some(("FACE_CORS", url))),
        (String::new(), Some(("FACE_STORE", "cloudinary://12:s3cret?s3cret@cloud/x"))),
    ] {
        let environment: Vec<_> = environment.into_iter().collect();
        let words = refusal(&Said { file: &file, environment: &environment, ..NOTHING });
        assert!(!words.contains("s3cret"), "{words}");
    }
}

#[test]
fn a_key_in_the_place_of_an_origin_is_not_printed() {
    let key = "face_0123456789ab_c2VjcmV0";
    for cors in [key.to_owned(), format!("https://a.example, {key}")] {
        let refusal = refusal(&Said { environment: &[("FACE_CORS", &cors)], ..NOTHING });
        assert!(!refusal.contains("c2VjcmV0") && refusal.contains("https://events.example"), "{refusal}");
    }
}

#[test]
fn keys_are_not_switched_off_by_a_variable_that_was_not_set_nor_shown_where_they_do_not_belong() {
    for empty in ["keys", "tls-cert", "tls-key"] {
        let refusal = refusal(&Said { flags: &[(empty, "")], ..NOTHING });
        assert!(refusal.contains(empty) && refusal.contains("give a file, or none"), "{refusal}");
    }
    let off = Said { environment: &[("FACE_KEYS", "keys.toml")], flags: &[("keys", "none")], ..NOTHING };
    assert!(load(&off).unwrap().keys.is_none());
    let key = "face_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let refusal = refusal(&Said { environment: &[("FACE_KEYS", key)], ..NOTHING });
    assert!(refusal.contains("this is a key") && !refusal.contains("AAAA"), "{refusal}");
}

#[test]
fn a_broken_line_of_dotenv_is_not_quoted() {
    let refusal = refusal(&Said { dotenv: "FACE_STORE='memory:secret", ..NOTHING });
    assert!(refusal.contains(".env") && !refusal.contains("secret"), "{refusal}");
}

#[test]
fn secrets_come_from_variables_and_are_shown_nowhere() {
    let key = "9f".repeat(31) + "00";
    let environment = [("FACE_ENCRYPTION_KEY", key.as_str()), ("CLOUDINARY_API_SECRET", "hush-hush")];
    let dotenv = "CLOUDINARY_API_KEY=1122\nFACE_ENCRYPTION_KEY=not-looked-at\n";
    let config = load(&Said { environment: &environment, dotenv, ..NOTHING }).unwrap();
    assert!(config.secrets.keyring().encrypts());
    assert!(config.secrets.changing_store_options().is_some());
    let shown = format!("{config:?}");
    assert!(!shown.contains(&key) && !shown.contains("hush-hush"), "{shown}");
    let given: Vec<_> = config
        .effective
        .iter()
        .skip(SETTINGS)
        .map(|(name, value, origin)| (&**name, &**value, origin))
        .collect();
    let (environment, dotenv) = (&Origin::Environment, &Origin::DotEnv);
    assert_eq!(
        given,
        [
            ("FACE_ENCRYPTION_KEY", "(not shown)", environment),
            ("CLOUDINARY_API_KEY", "(not shown)", dotenv),
            ("CLOUDINARY_API_SECRET", "(not shown)", environment),
        ]
    );
}

#[test]
fn a_bad_key_is_refused_and_not_quoted() {
    let refusal = refusal(&Said { environment: &[("FACE_ENCRYPTION_KEY", "tooshort")], ..NOTHING });
    assert!(refusal.contains("FACE_ENCRYPTION_KEY") && refusal.contains("face-server key"), "{refusal}");
    assert!(!refusal.contains("tooshort"), "{refusal}");
    assert!(!load(&NOTHING).unwrap().secrets.keyring().encrypts());
}

#[test]
fn an_empty_key_is_refused_as_it_would_encrypt_nothing() {
    for name in ["FACE_ENCRYPTION_KEY", "FACE_FORMER_ENCRYPTION_KEY", "FACE_ARCHIVE_KEY"] {
        let refusal = refusal(&Said { environment: &[(name, "")], ..NOTHING });
        assert!(refusal.contains(name) && refusal.contains("take the variable away"), "{refusal}");
        // As the template of earlier versions has it.
        assert!(load(&Said { dotenv: &format!("{name}=\n"), ..NOTHING }).is_ok());
    }
    let account = Said { environment: &[("CLOUDINARY_API_KEY", "")], ..NOTHING };
    assert!(load(&account).is_ok());
}
