//! The log file tells what happened in the words operators know, and nothing biometric.

use e2e::{Server, picture};
use serde_json::Value;

fn log(server: &Server) -> Vec<Value> {
    let text = server.log().unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_verification_is_logged_with_its_numbers_under_the_answers_id() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    let face = picture("obama.jpg").unwrap();
    client.add_user("summit", "obama", &face).await.unwrap();
    let answer = client.verify("summit", &picture("obama2.jpg").unwrap()).await.unwrap();
    let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
    server.terminate().unwrap();

    let lines = log(&server);
    let line = lines
        .iter()
        .find(|line| line["span"]["id"] == id.as_str() && line["fields"].get("distance").is_some());
    let fields = &line.expect("the verification is in the log")["fields"];
    let text = fields.to_string();
    for word in ["summit", "obama", "users_compared", "best_match", "distance", "confidence", "result"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn no_embedding_and_no_picture_reaches_the_log_at_any_level() {
    let mut server = Server::builder().unwrap().flags(["--log-level", "trace"]).start().unwrap();
    let client = server.client();
    let face = picture("obama.jpg").unwrap();
    client.add_user("summit", "obama", &face).await.unwrap();
    client.verify("summit", &face).await.unwrap();
    client.verify("summit", b"no picture").await.unwrap();
    server.terminate().unwrap();
    let text = server.log().unwrap();
    // An embedding would show as a long row of decimal numbers, a picture as a long row of bytes.
    let longest =
        text.split(|c: char| c.is_alphabetic()).map(|run| run.matches(',').count()).max().unwrap_or(0);
    assert!(longest < 30, "a row of {longest} numbers is in the log");
    assert!(text.lines().all(|line| line.len() < 4_000), "a line is suspiciously long");
}
