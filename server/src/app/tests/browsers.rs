//! Which web pages may use the server: its own, those on loopback, those listed.

use crate::http::WebOrigin;

use super::client::{Answer, Client};
use super::recogniser::OBAMA;
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
async fn a_browser_that_deletes_by_get_names_a_page_that_is_allowed() {
    let client = start_with_origin().await;
    let chromium = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"),
        ("accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
        ("accept-language", "de-DE,de;q=0.9"),
    ];
    let link = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    let upgrade = [("upgrade-insecure-requests", "1")];
    let browsers = [&chromium[..], &chromium[..1], &chromium[1..2], &chromium[2..], &link, &upgrade];
    let python = [("user-agent", "python-requests/2.32"), ("accept", "*/*")];
    let java = [("user-agent", "Java/17"), ("accept", "text/html, image/gif, image/jpeg, */*; q=0.2")];
    let node = [("user-agent", "node"), ("accept-language", "*"), ("sec-fetch-mode", "cors")];
    let programs = [&[][..], &python, &java, &node];
    let delete = async |headers: &[(&str, &str)], page: Option<(&str, &str)>, path: &str| {
        client.add_user("summit", "obama", OBAMA).await;
        let request = client.request("GET", path).header("host", "events.example");
        let request = headers.iter().chain(&page).fold(request, |one, (name, value)| one.header(name, value));
        client.send(request).await
    };
    let path = "/api/delete_user?event_name=summit&user_id=obama";
    for browser in browsers {
        // As with `referrerpolicy=no-referrer`, by another way to write the path too.
        for path in [path, &path.replace("delete_user", "delete%5Fuser"), &path.replace("/api", "//api")] {
            let lured = delete(browser, None, path).await;
            assert_ne!(lured.code(), 200, "{browser:?} {path}: {lured:?}");
        }
        for page in ["https://evil.example/", "http://events.example.evil/", "about:blank", "x"] {
            let lured = delete(browser, Some(("referer", page)), path).await;
            assert_eq!((lured.code(), lured.text_of("status")), (403, "error"), "{page}: {lured:?}");
        }
        for page in [
            ("referer", "https://events.example/people?page=2"),
            ("referer", "http://localhost:5173/"),
            ("origin", "https://events.example"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            let own = delete(browser, Some(page), path).await;
            assert_eq!(own.code(), 200, "{browser:?} {page:?}: {own:?}");
        }
    }
    for program in programs {
        assert_eq!(delete(program, None, path).await.code(), 200, "{program:?}");
    }
}

#[actix_web::test]
async fn a_foreign_name_that_points_here_is_refused() {
    let client = start_with_origin().await;
    let named = |host: &'static str| client.send(client.request("GET", "/api/events").header("host", host));
    assert_eq!(named("evil.example").await.code(), 403);
    assert_eq!(named("localhost:1").await.code(), 200);
    assert_eq!(named("events.example").await.code(), 200);
}
