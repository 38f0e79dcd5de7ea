//! Under a path of a proxy all is as at the root, and who watches the server needs no name for it.

use serde_json::json;

use super::client::Client;
use super::recogniser::OBAMA;
use super::server::{Options, start, start_with};
use crate::http::BasePath;

async fn at_faces() -> Client {
    let base_path = BasePath::parse("/faces").unwrap();
    start_with(Options { base_path, ..Options::default() }).await
}

#[actix_web::test]
async fn pages_and_api_answer_under_the_base_and_to_a_proxy_that_takes_it_off() {
    let client = at_faces().await;
    let enrolled = client.pictures("/faces/v1/events/summit/users/zoe/faces", &[OBAMA], &[]).await;
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
    for base in ["/faces", ""] {
        for path in [
            "/",
            "/app.js",
            "/docs/index.html",
            "/redoc",
            "/redoc/start.js",
            "/openapi.json",
            "/health/live",
            "/health/ready",
            "/metrics",
            "/v1/events/summit",
            "/api/events",
            "/api/all_user?event_name=summit",
        ] {
            assert_eq!(client.get(&format!("{base}{path}")).await.code(), 200, "{base}{path}");
        }
    }
    // In the form of its path also under the base.
    let refused = client.post("/faces/verify/", super::form::Form::new()).await;
    assert_eq!((refused.code(), &refused.json["verified"]), (400, &json!(false)), "{refused:?}");
    for path in ["/facesx/v1/events", "/faces/faces/v1/events", "/other/v1/events", "/f%61ces/v1/events"] {
        assert_eq!(client.get(path).await.code(), 404, "{path}");
    }
}

#[actix_web::test]
async fn what_a_page_leads_to_is_under_the_base() {
    let client = at_faces().await;
    let bare = client.send(client.request("GET", "/faces")).await;
    assert_eq!((bare.code(), bare.header("location")), (308, "/faces/"));
    for path in ["/faces/docs", "/docs", "/faces/docs/"] {
        let docs = client.send(client.request("GET", path)).await;
        assert_eq!((docs.code(), docs.header("location")), (307, "/faces/docs/index.html"), "{path}");
    }
    let document = client.get("/faces/openapi.json").await.json;
    assert_eq!(document["servers"], json!([{"url": "/faces"}]));
    let redoc = client.get("/faces/redoc").await.text;
    assert!(redoc.contains("src=\"/faces/redoc/start.js\""), "{redoc}");
    for page in ["/faces/", "/faces/redoc", "/faces/docs/index.html"] {
        let text = client.get(page).await.text;
        for link in ["href=\"/", "src=\"/"] {
            let mut links = text.split(link).skip(1);
            assert!(links.all(|rest| rest.starts_with("faces/")), "{page} leads to the root");
        }
    }
    assert!(client.get("/faces/").await.header("content-security-policy").contains("script-src"));
}

#[actix_web::test]
async fn a_probe_by_address_is_answered_without_keys_and_nothing_else_is() {
    let client = start().await;
    let ask = async |path: &str, host: &str, headers: &[(&str, &str)]| {
        let request = client.request("GET", path).header("host", host);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        client.send(request).await.code()
    };
    for host in ["10.0.0.5:8000", "192.168.1.7", "[fd00::1]:8000"] {
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(ask(path, host, &[]).await, 200, "{host}{path}");
        }
        for path in ["/v1/events", "/", "/metrics", "/api/events", "/healthy"] {
            assert_eq!(ask(path, host, &[]).await, 403, "{host}{path}");
        }
        assert_eq!(ask("/health/ready", host, &[("origin", "http://evil.example")]).await, 403);
        assert_eq!(ask("/health/ready", host, &[("sec-fetch-site", "same-origin")]).await, 403);
    }
    assert_eq!(ask("/health/ready", "evil.example", &[]).await, 403);
}
