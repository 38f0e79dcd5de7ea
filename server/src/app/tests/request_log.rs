//! The log has one line for each request: by whom, what for, and how it ended.

use futures_util::{FutureExt, stream};

use crate::auth::Role;

use super::log::Log;
use super::server::{Options, start, start_with};

fn lines<'a>(log: &'a str, what: &str) -> Vec<&'a str> {
    log.lines().filter(|line| line.contains(what)).collect()
}

#[actix_web::test]
async fn a_request_is_one_line_with_its_key_route_status_time_and_id() {
    let mut options = Options::default();
    let door = options.key("door", Role::Verify, &[]);
    let nobody = start_with(options).await;
    let door = nobody.with_key(&door);
    let (log, _logging) = Log::start();
    let answer = door.get("//v1/events/summit/").await;
    let text = log.text();
    let answered = lines(&text, "answered");
    assert_eq!(answered.len(), 1, "{text}");
    for part in [
        " INFO ",
        "method=GET",
        "actor=\"door\"",
        "status=404",
        "code=\"no_such_event\"",
        "detail=\"Event 'summit' not found\"",
        "route=\"/v1/events/{event}\"",
        "took_ms=",
        answer.header("x-request-id"),
    ] {
        assert!(answered[0].contains(part), "{part}: {text}");
    }
    nobody.get("/v1/events?secret=1").await;
    let text = log.text();
    let refused = lines(&text, "status=401");
    assert!(refused.len() == 1 && refused[0].contains("key_missing"), "{text}");
    assert!(!refused[0].contains("actor") && !text.contains("secret"), "{text}");
}

#[actix_web::test]
async fn a_probe_that_finds_all_well_is_no_line_at_the_usual_level() {
    let client = start_with(Options::default()).await;
    let (log, _logging) = Log::start();
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(client.get(path).await.code(), 200);
    }
    assert_eq!(client.send(client.request("POST", "/health/ready")).await.code(), 405);
    let text = log.text();
    let answered: Vec<_> =
        lines(&text, "answered").into_iter().filter(|line| line.contains(" INFO ")).collect();
    assert!(answered.len() == 1 && answered[0].contains("status=405"), "{text}");
}

#[actix_web::test]
async fn a_client_that_leaves_before_the_answer_is_logged_and_counted() {
    let client = start().await;
    let (log, _logging) = Log::start();
    let upload = client.request("POST", "/verify/").header("content-type", "multipart/form-data; boundary=b");
    // Its body never comes, and the future is dropped as a connection that was closed drops it.
    assert!(upload.arriving(stream::pending()).send().now_or_never().is_none());
    let text = log.text();
    let left = lines(&text, "the client left before the answer");
    assert!(left.len() == 1 && left[0].contains("method=POST"), "{text}");
    let metrics = client.get("/metrics").await.text;
    let counted = "face_http_requests_total{route=\"/verify\",method=\"POST\",status=\"none\"} 1";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    assert!(metrics.lines().any(|line| line == "face_http_requests_under_way 1"), "{metrics}");
}
