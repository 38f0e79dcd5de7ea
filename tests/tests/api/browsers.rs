//! Which web pages may use the server: its own, those on loopback, those listed.

use e2e::{Answer, Server};

async fn preflight(server: &Server, origin: &str) -> Answer {
    let client = server.client();
    let request = client
        .request("OPTIONS", "/verify/")
        .header("origin", origin)
        .header("access-control-request-method", "POST");
    client.send(request.header("access-control-request-headers", "content-type")).await.unwrap()
}

#[tokio::test]
async fn allowed_origins_pass_the_preflight_and_may_read_the_answer() {
    let server = Server::builder().unwrap().flags(["--cors", "https://events.example"]).start().unwrap();
    let own = server.url().to_owned();
    for origin in ["https://events.example", "http://localhost:5173", "http://127.0.0.1:3000", own.as_str()] {
        let answer = preflight(&server, origin).await;
        assert_eq!(answer.code(), 200, "{origin}: {answer:?}");
        assert_eq!(answer.headers["access-control-allow-origin"], origin);
        assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("POST"));
        let client = server.client();
        let real = client.send(client.request("GET", "/api/events").header("origin", origin)).await.unwrap();
        assert_eq!(
            (real.code(), &real.headers["access-control-allow-origin"]),
            (200, &origin.parse().unwrap())
        );
    }
}

#[tokio::test]
async fn other_origins_are_refused_before_anything_happens() {
    let server = Server::start().unwrap();
    let client = server.client();
    for origin in ["https://evil.example", "null", "https://localhost.evil.example"] {
        let answer = preflight(&server, origin).await;
        assert_eq!(answer.code(), 403, "{origin}: {answer:?}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        for (method, path) in [
            ("POST", "/addUser/"),
            ("GET", "/api/delete_user?event_name=e&user_id=u"),
            ("DELETE", "/api/events/e"),
        ] {
            let answer = client.send(client.request(method, path).header("origin", origin)).await.unwrap();
            assert_eq!((answer.code(), answer.text_of("status")), (403, "error"), "{answer:?}");
        }
    }
    // An image or a link on another site sends no origin.
    let path = "/api/delete_user?event_name=e&user_id=u";
    let lured =
        client.send(client.request("GET", path).header("sec-fetch-site", "cross-site")).await.unwrap();
    assert_eq!(lured.code(), 403);
    let page = client
        .request("GET", "/")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate");
    assert_eq!(client.send(page).await.unwrap().code(), 200, "a link may open the page");
}

#[tokio::test]
async fn a_foreign_name_that_points_here_is_refused() {
    let server = Server::builder().unwrap().flags(["--cors", "https://events.example"]).start().unwrap();
    let client = server.client();
    let named = |host: &'static str| client.send(client.request("GET", "/api/events").header("host", host));
    assert_eq!(named("evil.example").await.unwrap().code(), 403);
    assert_eq!(named("localhost:1").await.unwrap().code(), 200);
    assert_eq!(named("events.example").await.unwrap().code(), 200);
}
