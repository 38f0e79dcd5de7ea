//! `/v1/events`: made, read, replaced, changed, listed page by page, and deleted.

use serde_json::{Value, json};

use super::client::{Answer, Client, encoded};
use super::server::start;

async fn delete(client: &Client, path: &str) -> Answer {
    client.request("DELETE", path).send().await
}

#[actix_web::test]
async fn an_event_is_made_read_replaced_changed_and_deleted() {
    let client = start().await;
    let path = "/v1/events/summit";
    let body = json!({"match_rule": {"threshold": 0.375}, "on_duplicate": "warn",
        "retain_until": "2100-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}});
    let made = client.json("PUT", path, &body).await;
    assert_eq!(made.code(), 201, "{made:?}");
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&made.json[key], value, "{made:?}");
    }
    assert_eq!((&made.json["name"], &made.json["user_count"]), (&json!("summit"), &json!(0)));
    assert_eq!((&made.json["threshold"], &made.json["model"]), (&json!(0.375), &json!("sface-2021dec")));
    assert_eq!(client.get(path).await.json, made.json);

    let patch = json!({"on_duplicate": null, "metadata": {"venue": "Hall 4"}});
    let changed = client.json("PATCH", path, &patch).await;
    assert_eq!((changed.code(), &changed.json["on_duplicate"]), (200, &Value::Null), "{changed:?}");
    assert_eq!(changed.json["metadata"], json!({"venue": "Hall 4"}));
    assert_eq!(changed.json["match_rule"], body["match_rule"], "what is left out stays");

    let replaced = client.json("PUT", path, &json!({})).await;
    assert_eq!(replaced.code(), 200, "{replaced:?}");
    for key in ["match_rule", "on_duplicate", "retain_until"] {
        assert_eq!(replaced.json[key], Value::Null, "{key}");
    }
    assert_eq!(replaced.json["threshold"], json!(0.4), "the service's rule holds");

    let gone = delete(&client, path).await;
    assert_eq!((gone.code(), gone.text.as_str()), (204, ""));
    for answer in [client.get(path).await, delete(&client, path).await] {
        assert_eq!(answer.codes(), (404, "no_such_event"), "{answer:?}");
    }
}

#[actix_web::test]
async fn what_an_event_cannot_be_is_refused_with_its_code() {
    let client = start().await;
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
        let answer = client.json("PUT", "/v1/events/summit", &body).await;
        assert_eq!(answer.codes(), (400, code), "{body}: {answer:?}");
    }
    let deep = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
    let deep = client.json("PUT", "/v1/events/summit", &json!({"metadata": deep})).await;
    assert_eq!(deep.codes(), (400, "unstorable"), "{deep:?}");
    let long = json!({"metadata": {"a": "x".repeat(2 << 20)}});
    let long = client.json("PUT", "/v1/events/summit", &long).await;
    assert_eq!(long.codes(), (413, "body_too_large"), "{long:?}");
    let text = client.request("PUT", "/v1/events/summit").body("{}");
    assert_eq!(client.send(text).await.codes(), (415, "not_json"));
    let name = client.json("PUT", "/v1/events/%20", &json!({})).await;
    assert_eq!(name.codes(), (400, "invalid_name"), "{name:?}");
    assert_eq!(client.get("/v1/events").await.json, json!({"events": [], "next_cursor": null}));
}

#[actix_web::test]
async fn a_target_rate_gives_the_threshold_that_was_measured_for_it() {
    let client = start().await;
    let with_target = async |path: &str, target: f64| {
        let body = json!({"match_rule": {"target_false_match_rate": target}});
        client.json("PUT", path, &body).await
    };
    let (strict, lax) = (with_target("/v1/events/a", 0.001).await, with_target("/v1/events/b", 0.01).await);
    assert_eq!((strict.code(), lax.code()), (201, 201), "{strict:?}");
    let threshold = |answer: &Answer| answer.json["threshold"].as_f64().unwrap();
    assert!(threshold(&strict) < threshold(&lax), "{strict:?} {lax:?}");
    assert!(strict.json["expected_false_match_rate"].as_f64().unwrap() <= 0.001 * 1.001, "{strict:?}");
}

#[actix_web::test]
async fn lists_are_read_page_by_page_and_each_item_once() {
    let client = start().await;
    let names = ["Zo\u{eb}", "a/b", "a?b&c=d", "b", "c"];
    for name in names {
        let made = client.json("PUT", &format!("/v1/events/{}", encoded(name)), &json!({})).await;
        assert_eq!((made.code(), made.text_of("name")), (201, name), "{made:?}");
    }
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/events?limit=2{cursor}")).await;
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
        let answer = client.get(&format!("/v1/events?{query}")).await;
        assert_eq!(answer.codes(), (400, code), "{query}: {answer:?}");
    }
}
