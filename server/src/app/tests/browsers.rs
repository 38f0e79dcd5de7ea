//! Which web pages may use the server: its own, those on loopback, those listed.

use crate::http::WebOrigin;

use super::client::{Answer, Client};
use super::server::{Options, start, start_with};

/// A client of a server that lists an origin.
async fn start_with_origin() -> Client {
    let origins = vec![WebOrigin::parse("https://events.example").unwrap()];
    start_with(Options { origins, ..Options::default() }).await
}

async fn preflight(client: &Client, origin: &str) -> Answer {
    let request = client
        .request("OPTIONS", "/verify/")
        .header("origin", origin)
        .header("access-control-request-method", "POST");
    client.send(request.header("access-control-request-headers", "content-type")).await
}

#[actix_web::test]
async fn allowed_origins_pass_the_preflight_and_may_read_the_answer() {
    let client = start_with_origin().await;
    for origin in
        ["https://events.example", "http://localhost:5173", "http://127.0.0.1:3000", "http://localhost"]
    {
        let answer = preflight(&client, origin).await;
        assert_eq!(answer.code(), 200, "{origin}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        let real = client.send(client.request("GET", "/api/events").header("origin", origin)).await;
        assert_eq!((real.code(), real.header("access-control-allow-origin")), (200, origin));
    }
}

#[actix_web::test]
async fn other_origins_are_refused_before_anything_happens() {
    let client = start().await;
    for origin in ["https://evil.example", "null", "https://localhost.evil.example"] {
        let answer = preflight(&client, origin).await;
        assert_eq!(answer.code(), 403, "{origin}: {answer:?}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        for (method, path) in [
            ("POST", "/addUser/"),
            ("GET", "/api/delete_user?event_name=e&user_id=u"),
            ("DELETE", "/api/events/e"),
        ] {
            let answer = client.send(client.request(method, path).header("origin", origin)).await;
            assert_eq!((answer.code(), answer.text_of("status")), (403, "error"), "{answer:?}");
        }
    }
    // An image or a link on another site sends no origin.
    let path = "/api/delete_user?event_name=e&user_id=u";
    let lured = client.send(client.request("GET", path).header("sec-fetch-site", "cross-site")).await;
    assert_eq!(lured.code(), 403);
    let page = client
        .request("GET", "/")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate");
    assert_eq!(client.send(page).await.code(), 200, "a link may open the page");
}

#[actix_web::test]
async fn a_foreign_name_that_points_here_is_refused() {
    let client = start_with_origin().await;
    let named = |host: &'static str| client.send(client.request("GET", "/api/events").header("host", host));
    assert_eq!(named("evil.example").await.code(), 403);
    assert_eq!(named("localhost:1").await.code(), 200);
    assert_eq!(named("events.example").await.code(), 200);
}
