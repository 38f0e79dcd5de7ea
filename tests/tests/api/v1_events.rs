//! `/v1/events` and `.../users`: made, read, changed, listed page by page, deleted, and erased at their end.

use std::time::{Duration, Instant};

use e2e::{Answer, Client, Server, picture};
use serde_json::{Value, json};

fn codes(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.text_of("code"))
}

async fn delete(client: &Client, path: &str) -> Answer {
    client.send(client.request("DELETE", path)).await.unwrap()
}

#[tokio::test]
async fn an_event_is_made_read_replaced_changed_and_deleted() {
    let server = Server::start().unwrap();
    let client = server.client();
    let path = "/v1/events/summit";
    let body = json!({"match_rule": {"threshold": 0.375}, "on_duplicate": "warn",
        "retain_until": "2100-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}});
    let made = client.json("PUT", path, &body).await.unwrap();
    assert_eq!(made.code(), 201, "{made:?}");
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&made.json[key], value, "{made:?}");
    }
    assert_eq!((&made.json["name"], &made.json["user_count"]), (&json!("summit"), &json!(0)));
    assert_eq!((&made.json["threshold"], &made.json["model"]), (&json!(0.375), &json!("sface-2021dec")));
    assert_eq!(client.get(path).await.unwrap().json, made.json);

    let patch = json!({"on_duplicate": null, "metadata": {"venue": "Hall 4"}});
    let changed = client.json("PATCH", path, &patch).await.unwrap();
    assert_eq!((changed.code(), &changed.json["on_duplicate"]), (200, &Value::Null), "{changed:?}");
    assert_eq!(changed.json["metadata"], json!({"venue": "Hall 4"}));
    assert_eq!(changed.json["match_rule"], body["match_rule"], "what is left out stays");

    let replaced = client.json("PUT", path, &json!({})).await.unwrap();
    assert_eq!(replaced.code(), 200, "{replaced:?}");
    for key in ["match_rule", "on_duplicate", "retain_until"] {
        assert_eq!(replaced.json[key], Value::Null, "{key}");
    }
    assert_eq!(replaced.json["threshold"], json!(0.4), "the service's rule holds");

    let gone = delete(&client, path).await;
    assert_eq!((gone.code(), gone.text.as_str()), (204, ""));
    for answer in [client.get(path).await.unwrap(), delete(&client, path).await] {
        assert_eq!(codes(&answer), (404, "no_such_event"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_an_event_cannot_be_is_refused_with_its_code() {
    let server = Server::start().unwrap();
    let client = server.client();
    let cases = [
        (json!({"match_rule": {"threshold": -1}}), "invalid_field"),
        (json!({"match_rule": {"target_false_match_rate": 1.0}}), "invalid_field"),
        (json!({"match_rule": {"threshold": 1.5}}), "invalid_match_rule"),
        (json!({"match_rule": {"threshold": 0.4, "target_false_match_rate": 0.1}}), "invalid_json"),
        (json!({"match_rule": 0.4}), "invalid_json"),
        (json!({"on_duplicate": "maybe"}), "invalid_json"),
        (json!({"retain_until": "tomorrow"}), "invalid_json"),
        (json!({"retain_until": "2020-01-01T00:00:00Z"}), "invalid_field"),
        (json!({"metdata": {}}), "invalid_json"),
        (json!([]), "invalid_json"),
    ];
    for (body, code) in cases {
        let answer = client.json("PUT", "/v1/events/summit", &body).await.unwrap();
        assert_eq!(codes(&answer), (400, code), "{body}: {answer:?}");
    }
    let deep = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
    let deep = client.json("PUT", "/v1/events/summit", &json!({"metadata": deep})).await.unwrap();
    assert_eq!(codes(&deep), (400, "unstorable"), "{deep:?}");
    let long = json!({"metadata": {"a": "x".repeat(2 << 20)}});
    let long = client.json("PUT", "/v1/events/summit", &long).await.unwrap();
    assert_eq!(codes(&long), (413, "body_too_large"), "{long:?}");
    let text = client.request("PUT", "/v1/events/summit").body("{}");
    assert_eq!(codes(&client.send(text).await.unwrap()), (415, "not_json"));
    let name = client.json("PUT", "/v1/events/%20", &json!({})).await.unwrap();
    assert_eq!(codes(&name), (400, "invalid_name"), "{name:?}");
    assert_eq!(client.get("/v1/events").await.unwrap().json, json!({"events": [], "next_cursor": null}));
}

#[tokio::test]
async fn a_target_rate_gives_the_threshold_that_was_measured_for_it() {
    let server = Server::start().unwrap();
    let client = server.client();
    let with_target = async |path: &str, target: f64| {
        let body = json!({"match_rule": {"target_false_match_rate": target}});
        client.json("PUT", path, &body).await.unwrap()
    };
    let (strict, lax) = (with_target("/v1/events/a", 0.001).await, with_target("/v1/events/b", 0.01).await);
    assert_eq!((strict.code(), lax.code()), (201, 201), "{strict:?}");
    let threshold = |answer: &Answer| answer.json["threshold"].as_f64().unwrap();
    assert!(threshold(&strict) < threshold(&lax), "{strict:?} {lax:?}");
    assert!(strict.json["expected_false_match_rate"].as_f64().unwrap() <= 0.001 * 1.001, "{strict:?}");
}

#[tokio::test]
async fn lists_are_read_page_by_page_and_each_item_once() {
    let server = Server::start().unwrap();
    let client = server.client();
    let names = ["Zo\u{eb}", "a/b", "a?b&c=d", "b", "c"];
    for name in names {
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let made = client.json("PUT", &format!("/v1/events/{encoded}"), &json!({})).await.unwrap();
        assert_eq!((made.code(), made.text_of("name")), (201, name), "{made:?}");
    }
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/events?limit=2{cursor}")).await.unwrap();
        assert_eq!(page.code(), 200, "{page:?}");
        let items = page.json["events"].as_array().unwrap();
        assert!((1..=2).contains(&items.len()), "{page:?}");
        listed.extend(items.iter().map(|event| event["name"].as_str().unwrap().to_owned()));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut expected = names.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(listed, expected);
    for (query, code) in [
        ("limit=0", "invalid_query"),
        ("limit=1001", "invalid_query"),
        ("limit=x", "invalid_query"),
        ("limits=1", "invalid_query"),
        ("limit=1&limit=2", "invalid_query"),
        ("cursor=%25", "invalid_cursor"),
        ("cursor=", "invalid_cursor"),
    ] {
        let answer = client.get(&format!("/v1/events?{query}")).await.unwrap();
        assert_eq!(codes(&answer), (400, code), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn users_are_read_changed_listed_and_deleted() {
    let server = Server::start().unwrap();
    let client = server.client();
    let obama = picture("obama.jpg").unwrap();
    client.add_user("summit", "obama", &obama).await.unwrap();
    let path = "/v1/events/summit/users/obama";
    let user = client.get(path).await.unwrap();
    assert_eq!((user.code(), &user.json["embedding_count"]), (200, &json!(1)), "{user:?}");
    assert_eq!((&user.json["last_verified"], &user.json["metadata"]), (&Value::Null, &json!({})));
    client.verify("summit", &picture("obama2.jpg").unwrap()).await.unwrap();
    assert!(client.get(path).await.unwrap().json["last_verified"].is_string());

    let patch = json!({"metadata": {"badge": 17}});
    let changed = client.json("PATCH", path, &patch).await.unwrap();
    assert_eq!((changed.code(), &changed.json["metadata"]), (200, &patch["metadata"]), "{changed:?}");
    let listed = client.get("/v1/events/summit/users").await.unwrap();
    assert_eq!(listed.json["users"][0]["metadata"], patch["metadata"], "{listed:?}");
    assert_eq!(listed.json["next_cursor"], Value::Null);

    assert_eq!(delete(&client, path).await.code(), 204);
    client.add_user("summit", "obama", &obama).await.unwrap();
    let namesake = client.get(path).await.unwrap();
    assert_eq!(namesake.json["last_verified"], Value::Null, "that was the former one: {namesake:?}");
    assert_eq!(delete(&client, path).await.code(), 204);
    for answer in [
        client.get(path).await.unwrap(),
        client.json("PATCH", path, &patch).await.unwrap(),
        delete(&client, path).await,
    ] {
        assert_eq!(codes(&answer), (404, "no_such_user"), "{answer:?}");
    }
    for path in ["/v1/events/none/users/obama", "/v1/events/none/users"] {
        let answer = client.get(path).await.unwrap();
        assert_eq!(codes(&answer), (404, "no_such_event"), "{answer:?}");
    }
    assert_eq!(client.get("/v1/events/summit").await.unwrap().json["user_count"], json!(0));
}

#[tokio::test]
async fn an_event_whose_time_is_over_is_erased_with_its_faces_and_check_ins() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    client.add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
    let came = client.json("POST", "/v1/events/summit/check-ins", &json!({"user": "obama"})).await.unwrap();
    assert_eq!(came.code(), 201, "{came:?}");
    let end = time::OffsetDateTime::now_utc() + Duration::from_secs(1);
    let end = end.format(&time::format_description::well_known::Rfc3339).unwrap();
    let patched = client.json("PATCH", "/v1/events/summit", &json!({"retain_until": end})).await.unwrap();
    assert_eq!(patched.code(), 200, "{patched:?}");

    // The server looks at its start, and then every minute.
    let start = Instant::now();
    loop {
        server.terminate().unwrap();
        server.restart().unwrap();
        let client = server.client();
        let audit = client.get("/v1/audit?action=expire_event").await.unwrap();
        if audit.json["entries"].as_array().unwrap().len() == 1 {
            assert_eq!(client.get("/v1/events/summit").await.unwrap().code(), 404);
            client.json("PUT", "/v1/events/summit", &json!({})).await.unwrap();
            let came = client.get("/v1/events/summit/check-ins").await.unwrap();
            assert_eq!(came.json["check_ins"], json!([]), "an event of the same name inherits nothing");
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it is not erased: {audit:?}");
    }
}
