//! HEAD wherever GET is: the same head for the same role, no body, and nothing done.

use crate::auth::Role;
use serde_json::{Value, json};

use super::client::Client;
use super::log::Log;
use super::recogniser::OBAMA;
use super::server::{Options, start, start_with};

/// An event with a user, who was checked in. The names in paths of the document, and what stands for them.
async fn prepared(client: &Client) -> Vec<(&'static str, String)> {
    let enrolled = client.pictures("/v1/events/summit/users/zoe/faces", &[OBAMA], &[]).await;
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
    let came = client.json("POST", "/v1/events/summit/check-ins", &json!({"user": "zoe"})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    vec![
        ("{event}", "summit".to_owned()),
        ("{user}", "zoe".to_owned()),
        ("faces/{id}", format!("faces/{}", text(&enrolled.json["accepted"][0]["id"]))),
        ("check-ins/{id}", format!("check-ins/{}", text(&came.json["check_in"]["id"]))),
        ("{id}", came.header("x-transaction-id").to_owned()),
    ]
}

/// Every path that GET is documented for, with a query where one is needed.
async fn gets(client: &Client, names: &[(&str, String)]) -> Vec<String> {
    let document = client.get("/openapi.json").await.json;
    let paths = document["paths"].as_object().unwrap().iter();
    let paths = paths.filter(|(_, item)| item["get"].is_object());
    let mut found: Vec<String> = paths
        .map(|(path, _)| {
            let path = names.iter().fold(path.clone(), |path, (name, value)| path.replace(name, value));
            match path.as_str() {
                "/api/all_user" => format!("{path}?event_name=summit"),
                "/api/delete_user" => format!("{path}?event_name=summit&user_id=zoe"),
                "/get_transaction_details/" => format!("{path}?transaction_id={}", names[4].1),
                "/v1/events/summit/export" => format!("{path}?plain=true"),
                _ => path,
            }
        })
        .collect();
    let pages =
        ["/", "/app.js", "/style.css", "/docs/index.html", "/redoc", "/redoc/start.js", "/openapi.json"];
    let files = ["/v1/audit?format=csv", "/v1/events/summit/check-ins?format=ndjson"];
    found.extend(pages.iter().chain(&files).map(ToString::to_string));
    // It deletes what the others show.
    found.sort_by_key(|path| path.starts_with("/api/delete_user"));
    found
}

#[actix_web::test]
async fn head_says_what_get_does_without_the_body_on_every_route_and_page() {
    let client = start_with(Options { debug_data: true, ..Options::default() }).await;
    let names = prepared(&client).await;
    let paths = gets(&client, &names).await;
    assert!(paths.len() > 25, "{paths:?}");
    for path in paths.iter().map(String::as_str).chain(["/v1/events/none", "/nowhere", "/api/all_user"]) {
        let head = client.send(client.request("HEAD", path)).await;
        let get = client.get(path).await;
        assert_eq!((head.code(), head.text.as_str()), (get.code(), ""), "{path}");
        assert_eq!(head.media_type(), get.media_type(), "{path}");
        assert_eq!(head.header("cache-control"), get.header("cache-control"), "{path}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
        assert!(!get.text.is_empty(), "{path}");
        if path.starts_with("/api/delete_user") {
            assert_eq!(get.code(), 200, "HEAD has deleted nobody: {get:?}");
        }
    }
}

#[actix_web::test]
async fn head_does_nothing_and_is_not_in_the_audit() {
    let client = start().await;
    prepared(&client).await;
    let before = client.get("/v1/audit").await.json;
    let (log, _logging) = Log::start();
    for path in [
        "/api/delete_user?event_name=summit&user_id=zoe",
        "/v1/events/summit/export?plain=true",
        "/v1/events/summit/check-ins?format=csv",
        "/v1/audit?format=ndjson",
    ] {
        let head = client.send(client.request("HEAD", path)).await;
        assert_eq!(head.code(), 200, "{path}: {head:?}");
    }
    for (path, code) in [
        ("/api/delete_user?event_name=summit&user_id=nobody", 404),
        ("/api/delete_user?event_name=none&user_id=zoe", 404),
        ("/api/delete_user?event_name=summit", 400),
        ("/v1/events/none/export?plain=true", 404),
        ("/v1/events/summit/export", 403),
    ] {
        assert_eq!(client.send(client.request("HEAD", path)).await.code(), code, "{path}");
    }
    assert_eq!(client.get("/v1/audit").await.json, before);
    assert_eq!(client.users("summit").await.json, json!({"users": ["zoe"]}));
    let log = log.text();
    assert!(log.contains("answered") && !log.contains("broken off"), "{log}");
}

#[actix_web::test]
async fn head_needs_the_role_of_get_and_is_named_where_get_is() {
    let mut options = Options::default();
    let door = options.key("door", Role::Verify, &[]);
    let nobody = start_with(options).await;
    let door = nobody.with_key(&door);
    let head = async |client: &Client, path: &str| client.send(client.request("HEAD", path)).await;
    for (path, code) in
        [("/v1/events", 200), ("/api/events", 200), ("/v1/audit", 403), ("/api/all_user", 403)]
    {
        assert_eq!(head(&nobody, path).await.code(), 401, "{path}");
        assert_eq!(head(&door, path).await.code(), code, "{path}");
    }
    assert_eq!(head(&nobody, "/health/ready").await.code(), 200);
    for (path, allowed) in [("/v1/audit", "GET, HEAD"), ("/", "GET, HEAD"), ("/api/delete_user", "GET, HEAD")]
    {
        let wrong = nobody.send(nobody.request("POST", path)).await;
        assert_eq!((wrong.code(), wrong.header("allow")), (405, allowed), "{path}");
    }
    let posts = head(&door, "/v1/faces/detect").await;
    assert_eq!((posts.code(), posts.header("allow")), (405, "POST"));
}
