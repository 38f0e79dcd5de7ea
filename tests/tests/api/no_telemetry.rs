//! Nothing is prepared to be sent to anybody: ONNX Runtime has a way to report to its makers.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use e2e::server_command;

#[test]
fn a_server_that_recognises_faces_leaves_nothing_to_be_reported() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut server = server_command(folder.path()).unwrap();
    server.args(["--port", "0", "--store", "memory:", "--log-dir", ""]);
    // Where it keeps what it is going to report.
    server.env("HOME", home.path()).env_remove("XDG_CACHE_HOME").env_remove("ORT_DISABLE_TELEMETRY");
    let mut server = server.stdout(Stdio::piped()).spawn().unwrap();
    // Kept to the end: a server whose output nobody reads says so by its exit status.
    let mut output = BufReader::new(server.stdout.take().unwrap()).lines();
    let ready = output.next().unwrap().unwrap();
    assert!(ready.starts_with("Ready: "), "{ready}");
    let stopped = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(stopped.success() && server.wait().unwrap().success());
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
