//! Names are data: every script works, none is a path or markup, and what is no name says why.

use serde_json::json;

use super::recogniser::OBAMA;
use super::server::start;

#[actix_web::test]
async fn hostile_looking_names_work_everywhere() {
    let client = start().await;
    let names = [
        "a/b",
        "..",
        "../../etc/passwd",
        "\"quoted\" 'and'",
        "<script>alert(1)</script>",
        "山田 太郎",
        "محمد",
        "👩‍👩‍👧 🎉",
        "%2e%2e%2f",
        "a?b=c&d#e",
        "a+b",
        ".",
        "\\..\\",
        "{event_name}",
        "a//b/",
    ];
    for name in names {
        let added = client.add_user(name, name, OBAMA).await;
        assert_eq!(added.text_of("message"), format!("User '{name}' successfully added to event '{name}'"));
        assert_eq!(client.users(name).await.json, json!({"users": [name]}));
        assert_eq!(client.verify(name, OBAMA).await.json["username"], json!(name));
    }
    let mut listed: Vec<String> = client.get("/api/events").await.json["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_name"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> = names.iter().map(ToString::to_string).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    for name in names {
        assert_eq!(client.delete_user(name, name).await.code(), 200, "{name}");
        let deleted = client.delete_event(name).await;
        assert_eq!(deleted.text_of("message"), format!("Event '{name}' deleted"));
    }
    assert_eq!(client.get("/api/events").await.json, json!({"events": []}));
}

#[actix_web::test]
async fn spellings_of_a_name_are_one_name() {
    let client = start().await;
    client.add_user("Zoë's party", "Zoë", OBAMA).await;
    let again = client.add_user("  Zoe\u{308}'s party ", "Zoe\u{308}\t", OBAMA).await;
    assert_eq!(again.json["embedding_count"], json!(2), "{again:?}");
}

#[actix_web::test]
async fn what_is_no_name_is_refused_with_what_to_do() {
    let client = start().await;
    let long = "x".repeat(10_000);
    let bad = [
        ("", "empty"),
        ("   ", "empty"),
        ("\u{200b}", "empty"),
        (long.as_str(), "at most 128"),
        ("a\0b", "U+0000"),
        ("a\u{7}b", "U+0007"),
        ("a\u{202e}b", "U+202E"),
        ("a\nb", "U+000A"),
    ];
    for (name, words) in bad {
        let answers = [
            client.add_user(name, "u", OBAMA).await,
            client.add_user("e", name, OBAMA).await,
            client.verify(name, OBAMA).await,
            client.users(name).await,
            client.delete_user("e", name).await,
        ];
        for answer in answers {
            assert_eq!(answer.code(), 400, "{name:?}: {answer:?}");
            assert!(answer.text_of("message").contains(words), "{name:?}: {answer:?}");
        }
    }
    for path in ["/api/all_user", "/api/delete_user?event_name=e", "/api/delete_user?user_id=u"] {
        let answer = client.get(path).await;
        assert_eq!(answer.code(), 400, "{answer:?}");
        assert!(answer.text_of("message").contains("is missing"), "{answer:?}");
    }
    assert_eq!(client.get("/api/events").await.json, json!({"events": []}));
}
