//! A reader of the log that has stalled: everybody is served, and the log says afterwards what it lacks.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use e2e::{Client, server_command};
use tokio::task::JoinSet;

/// Requests, and the length of their paths: more lines than the queue and the system's pipe hold.
const REQUESTS: usize = 4_500;
const PATH: usize = 1_000;
const SENDERS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_error_that_nobody_reads_stops_nothing_and_what_was_dropped_is_said_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = server_command(folder.path()).unwrap();
    command.args(["--port", "0", "--store", "memory:", "--log-dir", ""]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let url = ready.strip_prefix("Ready: ").unwrap().split("/ ").next().unwrap().to_owned();

    let mut sending = JoinSet::new();
    for _ in 0..SENDERS {
        let client = Client::new(&url);
        sending.spawn(async move {
            let path = format!("/{}", "x".repeat(PATH));
            for _ in 0..REQUESTS / SENDERS {
                assert_eq!(client.get(&path).await.unwrap().code(), 404);
            }
        });
    }
    sending.join_all().await;

    // Read at last, up to what it says of itself.
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let report = lines.find(|line| line.contains("lines are missing in the log")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(report["fields"]["unwritten"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(report["level"], "WARN");
    server.kill().unwrap();
    server.wait().unwrap();
}
