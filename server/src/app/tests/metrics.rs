//! `/metrics`: what it counts, what it never says, and who may read it.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Client;
use super::recogniser::{BIDEN, OBAMA, OBAMA_2};
use super::server::{Options, start, start_with, state_with};
use crate::auth::Role;
use crate::metrics_address;

/// A desk at work: somebody is enrolled, recognised, not recognised and shown too badly.
async fn work(client: &Client) {
    let enrolled = client.pictures("/v1/events/summit/users/zoe/faces", &[OBAMA], &[]).await;
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
    for (path, picture) in [
        ("/v1/events/summit/identify", OBAMA_2),
        ("/v1/events/summit/users/zoe/verify", OBAMA_2),
        ("/v1/events/summit/check-ins", OBAMA_2),
        ("/v1/events/summit/identify", BIDEN),
        ("/v1/events/summit/identify", b"ruined obama 2".as_slice()),
    ] {
        let answer = client.pictures(path, &[picture], &[]).await;
        assert!(answer.code() < 300, "{path}: {answer:?}");
    }
    assert_eq!(client.pictures("/v1/events/summit/identify", &[b"nobody"], &[]).await.code(), 422);
}

fn has(text: &str, line: &str) {
    assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
}

#[actix_web::test]
async fn requests_verdicts_reasons_and_galleries_are_counted_and_nobody_is_named() {
    let client = start().await;
    work(&client).await;
    for number in 0..50 {
        assert_eq!(client.get(&format!("/nowhere/{number}")).await.code(), 404);
    }
    client.send(client.request("BREW", "/v1/events")).await;
    let answer = client.get("/metrics").await;
    assert!(answer.media_type().starts_with("application/openmetrics-text"), "{answer:?}");
    let text = answer.text;
    for line in [
        "face_http_requests_total{route=\"/v1/events/{event}/identify\",method=\"POST\",status=\"2xx\"} 3",
        "face_http_requests_total{route=\"/v1/events/{event}/identify\",method=\"POST\",status=\"4xx\"} 1",
        "face_http_requests_total{route=\"none\",method=\"GET\",status=\"4xx\"} 50",
        "face_http_requests_total{route=\"/v1/events\",method=\"other\",status=\"4xx\"} 1",
        "face_http_request_duration_seconds_count{route=\"/v1/events/{event}/identify\"} 4",
        "face_http_requests_under_way 1",
        "face_verdicts_total{verdict=\"match\"} 3",
        "face_verdicts_total{verdict=\"no_match\"} 1",
        "face_verdicts_total{verdict=\"refused\"} 2",
        "face_quality_reasons_total{reason=\"unrecognisable\"} 1",
        "face_quality_reasons_total{reason=\"no_face\"} 1",
        "face_stage_duration_seconds_count{stage=\"upload\"} 7",
        "face_stage_duration_seconds_count{stage=\"match\"} 5",
        "face_store_call_duration_seconds_count{operation=\"append_sample\"} 1",
        "face_store_call_errors_total{operation=\"append_sample\"} 0",
        "face_queue_wait_seconds_count 7",
        "face_events 1",
        "face_users_in_memory 1",
        "face_audit_waiting 0",
        "face_model{model=\"sface-2021dec\"} 1",
    ] {
        has(&text, line);
    }
    assert!(text.ends_with("# EOF\n"));
    for name in ["summit", "zoe", "obama", "nowhere/1", "BREW"] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
}

#[actix_web::test]
async fn with_keys_the_metrics_are_for_admins() {
    let mut options = Options::default();
    let [door, admin] =
        [("door", Role::Enrol), ("admin", Role::Admin)].map(|(name, role)| options.key(name, role, &[]));
    let nobody = start_with(options).await;
    assert_eq!(nobody.get("/metrics").await.codes(), (401, "key_missing"));
    assert_eq!(nobody.with_key(&door).get("/metrics").await.codes(), (403, "role_too_low"));
    let answer = nobody.with_key(&admin).get("/metrics").await;
    assert_eq!(answer.code(), 200);
    assert!(!answer.text.contains("door"), "{answer:?}");
}

#[actix_web::test]
async fn an_address_of_their_own_has_the_metrics_without_a_key_and_nothing_else() {
    let mut options = Options::default();
    options.key("admin", Role::Admin, &[]);
    let state = state_with(options).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = actix_web::rt::spawn(
        metrics_address::server(listener, state.service, state.admission, state.limits).unwrap(),
    );
    for (path, status) in [("/metrics", "200 OK"), ("/v1/events", "404 Not Found"), ("/", "404 Not Found")] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: any.example\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert_eq!(answer.contains("\nface_events 0\n"), path == "/metrics", "{answer}");
    }
    serving.abort();
}

/// Every metric that the queries of a dashboard name.
fn named(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(query) = fields.get("expr").and_then(Value::as_str) {
                let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let is_metric = |word: &&str| word.starts_with("face_") || word.starts_with("process_");
                found.extend(words.filter(is_metric).map(str::to_owned));
            }
            fields.values().for_each(|value| named(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[actix_web::test]
async fn each_metric_of_the_dashboard_is_in_an_answer_and_each_in_the_answer_is_on_the_dashboard() {
    let client = start().await;
    work(&client).await;
    let text = client.get("/metrics").await.text;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/grafana.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    named(&dashboard, &mut shown);
    assert!(shown.len() > 15, "{shown:?}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let answered: BTreeSet<&str> = samples.filter_map(|line| line.split(['{', ' ']).next()).collect();
    for name in &shown {
        let is_known_here = cfg!(target_os = "linux") || !name.starts_with("process_");
        assert!(!is_known_here || answered.contains(name.as_str()), "no answer has '{name}':\n{text}");
    }
    // By its beginning, since of a histogram one of the three series is enough.
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(shown.iter().any(|shown| shown.starts_with(name)), "the dashboard does not show '{name}'");
    }
}
