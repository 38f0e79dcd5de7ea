//! Errors that the framework makes read like those of the handlers.

use serde_json::json;

use super::server::start;

#[actix_web::test]
async fn wrong_methods_are_said_in_the_form_of_their_path() {
    let client = start().await;
    for (method, path, allowed) in [
        ("GET", "/verify/", "POST"),
        ("PUT", "/addUser", "POST"),
        ("POST", "/api/events", "GET, HEAD"),
        ("GET", "/api/events/x", "DELETE"),
        ("DELETE", "/api/delete_user", "GET, HEAD"),
        ("POST", "/health/live", "GET, HEAD"),
        ("PUT", "/v1/events/x/check-ins", "GET, HEAD, POST"),
    ] {
        let answer = client.send(client.request(method, path)).await;
        assert_eq!(answer.code(), 405, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("allow"), allowed);
        let words = if path.starts_with("/health") || path.starts_with("/v1") {
            answer.text_of("detail")
        } else {
            answer.text_of("message")
        };
        assert!(words.contains(allowed), "{answer:?}");
        match path {
            "/verify/" => assert_eq!(
                (&answer.json["verified"], &answer.json["username"]),
                (&json!(false), &json!(null))
            ),
            "/health/live" | "/v1/events/x/check-ins" => {
                assert_eq!(answer.media_type(), "application/problem+json")
            }
            _ => assert_eq!(answer.json["status"], json!("error")),
        }
    }
}

#[actix_web::test]
async fn unknown_paths_are_problems_with_a_code_and_the_requests_id() {
    let client = start().await;
    for path in ["/nothing", "/api", "/v2/x", "/redoc/../../etc/passwd", "/redoc/manifest.toml", "/%00"] {
        let answer = client.get(path).await;
        assert_eq!(answer.code(), 404, "{path}: {answer:?}");
        assert_eq!(answer.media_type(), "application/problem+json");
        assert_eq!((answer.text_of("code"), &answer.json["status"]), ("no_such_path", &json!(404)));
        assert_eq!(answer.text_of("request_id"), answer.header("x-request-id"));
    }
}

#[actix_web::test]
async fn every_answer_carries_an_id_and_tells_caches_and_browsers_to_keep_out() {
    let client = start().await;
    for path in ["/api/events", "/health/ready", "/nothing", "/verify"] {
        let answer = client.get(path).await;
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    }
}

#[actix_web::test]
async fn a_slash_at_the_end_makes_no_difference() {
    let client = start().await;
    for path in ["/api/events", "/health/live", "/health/ready", "/openapi.json", "/redoc"] {
        let (without, with) = (client.get(path).await, client.get(&format!("{path}/")).await);
        assert_eq!((without.code(), &without.text), (200, &with.text), "{path}");
    }
    for path in ["/verify", "/verify/", "/addUser", "/addUser/"] {
        let answer = client.send(client.request("POST", path)).await;
        assert_eq!(answer.code(), 415, "{path}");
    }
}
