//! Key files as they are changed, and those that cannot be used.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use ::events::{Actor, EventName, Note};
use tempfile::TempDir;

use super::super::{ApiKey, Role, Rotation};
use super::*;

fn scratch() -> (TempDir, KeyFile) {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::new(folder.path().join("private/keys.toml"));
    (folder, file)
}

fn record(name: &str, events: &[&str]) -> (ApiKey, KeyRecord) {
    let key = ApiKey::generate().unwrap();
    let events = events.iter().map(|name| EventName::new(name).unwrap());
    let record = KeyRecord::new(&key, Actor::new(name).unwrap(), Role::Verify, events.collect());
    (key, record)
}

fn add(file: &KeyFile, record: KeyRecord) -> Result<KeyRecord, KeyFileError> {
    file.change_by_command(KeyChange::Add(record))
}

fn revoke(file: &KeyFile, name: &str) -> Result<KeyRecord, KeyFileError> {
    file.change_by_command(KeyChange::Revoke(Actor::new(name).unwrap()))
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn names(file: &KeyFile) -> Vec<String> {
    file.records().unwrap().iter().map(|record| record.name.to_string()).collect()
}

#[test]
fn keys_are_added_found_and_revoked() {
    let (_folder, file) = scratch();
    assert!(matches!(file.records(), Err(KeyFileError::Missing(_))));
    let (door, of_door) = record("door", &["Zo\u{eb}'s \"summit\"", "b"]);
    let (desk, of_desk) = record("desk", &[]);
    add(&file, of_door).unwrap();
    add(&file, of_desk).unwrap();
    let taken = add(&file, record("door", &[]).1).unwrap_err();
    assert!(
        matches!(&taken, KeyFileError::Change(KeyChangeError::NameTaken(name)) if name.as_str() == "door"),
        "{taken}"
    );
    assert_eq!(names(&file), ["door", "desk"]);
    let text = file.read().unwrap();
    let ring = file.value(&text).unwrap();
    let events = ring.caller(&door, now()).unwrap().events().unwrap();
    assert_eq!(
        events,
        &BTreeSet::from(["Zo\u{eb}'s \"summit\"", "b"].map(|name| EventName::new(name).unwrap()))
    );
    assert!(ring.caller(&desk, now()).unwrap().events().is_none());
    assert!(!text.contains(door.as_secret_text().splitn(3, '_').nth(2).unwrap()));

    revoke(&file, "door").unwrap();
    assert!(matches!(revoke(&file, "door"), Err(KeyFileError::Change(KeyChangeError::NoSuchKey(_)))));
    let ring = file.now().unwrap();
    assert!(ring.caller(&door, now()).is_none() && ring.caller(&desk, now()).is_some());
    revoke(&file, "desk").unwrap();
    // Nobody's key holds any more.
    assert!(file.now().unwrap().is_empty());
}

#[test]
fn a_file_of_the_first_version_is_read_and_keeps_its_keys_when_it_is_changed() {
    let (_folder, file) = scratch();
    // printf %s face_0_x | sha256sum
    let text = "version = 1\n\n[[key]]\nname = \"door 1\"\nrole = \"verify\"\nevents = [\"summit\"]\n\
                created = \"2026-11-25T09:41:03Z\"\nid = \"0\"\n\
                sha256 = \"36f039fd14707f00a55c70d843a3c46eba845b2472911c2518de99b493d442c6\"\n";
    fs::create_dir_all(file.0.parent().unwrap()).unwrap();
    fs::write(&file.0, text).unwrap();
    let door = ApiKey::parse("face_0_x").unwrap();
    assert_eq!(file.now().unwrap().caller(&door, now()).unwrap().actor.as_str(), "door 1");
    let (desk, of_desk) = record("desk", &[]);
    add(&file, of_desk).unwrap();
    assert!(file.read().unwrap().starts_with(text), "what a version before reads stays as it was");
    let ring = file.now().unwrap();
    assert!(ring.caller(&door, now()).is_some() && ring.caller(&desk, now()).is_some());
}

#[test]
fn what_a_key_has_beside_its_digest_is_kept_in_the_file() {
    let (_folder, file) = scratch();
    let (old, of_door) = record("door", &["summit"]);
    let later = now().replace_nanosecond(0).unwrap() + time::Duration::DAY;
    let label = Some(Note::new("north\n\"door\"").unwrap());
    add(&file, KeyRecord { expires: Some(later), label: label.clone(), ..of_door }).unwrap();
    let new = ApiKey::generate().unwrap();
    let rotation = Rotation::new(&new, later - time::Duration::HOUR, None);
    file.change_by_command(KeyChange::Rotate(Actor::new("door").unwrap(), rotation)).unwrap();
    add(&file, record("desk", &[]).1).unwrap();
    let [door, _] = &file.records().unwrap()[..] else { panic!("two keys") };
    assert_eq!((&door.label, door.expires), (&label, Some(later)));
    assert_eq!((&door.id, &door.previous[0].id), (&new.id(), &old.id()));
    let ring = file.now().unwrap();
    let holds = |key, time| ring.caller(key, time).is_some();
    assert!(holds(&old, now()) && holds(&new, now()));
    assert!(!holds(&old, door.previous[0].until) && holds(&new, door.previous[0].until));
    assert!(!holds(&new, later));
}

#[test]
fn of_many_that_add_keys_at_once_none_is_lost() {
    let (_folder, file) = scratch();
    let added: Vec<String> = (0..12).map(|number| format!("door {number:02}")).collect();
    thread::scope(|scope| {
        for name in &added {
            scope.spawn(|| add(&file, record(name, &[]).1).unwrap());
        }
    });
    let mut found = names(&file);
    found.sort();
    assert_eq!(found, added);
}

#[test]
fn a_key_that_would_make_the_file_unusable_is_not_added() {
    let (_folder, file) = scratch();
    add(&file, record("door", &[]).1).unwrap();
    let refused = add(&file, record("anonymous", &[]).1).unwrap_err().to_string();
    assert!(refused.contains("anonymous"), "{refused}");
    assert_eq!(names(&file), ["door"]);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (_folder, file) = scratch();
    add(&file, record("door", &[]).1).unwrap();
    assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_not_used() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let (_folder, file) = scratch();
    add(&file, record("door", &[]).1).unwrap();
    for (mode, is_used) in [(0o640, true), (0o644, true), (0o660, false), (0o602, false)] {
        fs::set_permissions(&file.0, Permissions::from_mode(mode)).unwrap();
        assert_eq!(file.read().is_ok(), is_used, "{mode:o}");
    }
}

#[test]
fn nothing_is_made_beside_a_file_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::new(folder.path().join("notes.txt"));
    fs::write(file.path(), "hello").unwrap();
    assert!(matches!(add(&file, record("door", &[]).1), Err(KeyFileError::Broken { .. })));
    assert!(revoke(&KeyFile::new(folder.path().join("new/keys.toml")), "door").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_no_key_file_is_refused_without_quoting_it() {
    let (_folder, file) = scratch();
    add(&file, record("door", &[]).1).unwrap();
    let good = file.read().unwrap();
    let digest = good.split("sha256 = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (key, _) = record("lost", &[]);
    let key = key.as_secret_text();
    for (text, reason) in [
        (good.replace("version = 1", "version = 2"), "version 2".to_owned()),
        (good.replace("\"verify\"", &format!("{key:?}")), "near line 5".to_owned()),
        (good.replace("version = 1", &format!("version = {digest:?}")), "near line 1".to_owned()),
        (good.replace("[[key]]", &format!("{key} = 1\n[[key]]")), "near line".to_owned()),
        (good.replace("[[key]]", &format!("[[key]]\n{digest} = 1")), "near line".to_owned()),
        (format!("version = 1\nkey = {key:?}"), "near line 2".to_owned()),
        (good.replace(&digest, &digest[1..]), "near line 8".to_owned()),
        (good.replace("sha256 = \"", "sha256 = "), "near line 8".to_owned()),
        (format!("{good}\nx["), "near line 10".to_owned()),
    ] {
        let refused = file.value(&text).unwrap_err().to_string();
        assert!(refused.contains("keys.toml") && refused.contains(&reason), "{refused}");
        assert!(!refused.contains(&digest[1..]) && !refused.contains(key), "{refused}");
    }
}
