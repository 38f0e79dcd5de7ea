//! The program's own words: what it prints, what it refuses, and its exit codes.

use std::net::TcpListener;
use std::process::{Command, Output};

use e2e::server_command;
use serde_json::Value;

fn run(arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = server_command(folder.path()).unwrap().args(arguments).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, words)
}

#[test]
fn wrong_use_ends_with_2_and_names_what_is_wrong() {
    for (arguments, word) in [
        (vec!["--prot", "1"], "--prot"),
        (vec!["--port", "x"], "port = 'x'"),
        (vec!["--host", "0.0.0.0"], "without keys"),
        (vec!["--threshold", "0.6"], "0.2 to 0.5"),
        (vec!["--store", "redb:x.redb?sync=off"], "sync"),
        (vec!["fly"], "fly"),
    ] {
        let (output, words) = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
        assert!(words.contains(word), "{words}");
    }
}

#[test]
fn what_fails_ends_with_1_and_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (output, words) = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(words.contains("another --port"), "{words}");
    let folder = tempfile::tempdir().unwrap();
    let program = server_command(folder.path()).unwrap().get_program().to_owned();
    let mut command = Command::new(program);
    let output =
        command.current_dir(folder.path()).args(["--port", "0", "--models", "nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cargo xtask setup"));
}

#[test]
fn the_doctor_finds_a_healthy_set_up_healthy_and_a_missing_one_not() {
    let (output, words) = run(&["doctor"]);
    let findings = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{findings}{words}");
    assert!(
        findings.lines().count() >= 5 && findings.lines().all(|line| line.starts_with("ok")),
        "{findings}"
    );
    let (output, _) = run(&["doctor", "--keys", "nowhere.toml"]);
    let findings = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(findings.contains("WRONG  keys: there is no key file 'nowhere.toml'"), "{findings}");
    let (output, _) = run(&["doctor", "--store", "redb:/dev/null/faces.redb"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("WRONG  store"));
}

#[test]
fn the_doctor_and_an_export_make_nothing_where_there_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| server_command(folder.path()).unwrap().args(arguments).output().unwrap();
    let examined = run(&["doctor", "--store", "redb:data/fcaes.redb"]);
    assert!(String::from_utf8_lossy(&examined.stdout).contains("not there yet"), "{examined:?}");
    let exported = run(&["export", "--store", "redb:data/fcaes.redb", "faces.export"]);
    assert_eq!(exported.status.code(), Some(1));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_reader_that_has_gone_is_said_and_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let document = serde_json::json!({ "conference": { "ada": [vec![0.1; 128]] } });
    std::fs::write(folder.path().join("old.json"), document.to_string()).unwrap();
    for arguments in [&["config"] as &[&str], &["openapi"], &["key"], &["import-legacy", "old.json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = server_command(folder.path()).unwrap();
        let output = command.args(arguments).stdout(writer).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {words}");
        assert!(words.contains("cannot be written to") && !words.contains("panicked"), "{words}");
    }
}

#[test]
fn the_effective_configuration_is_shown_with_its_origin() {
    let (output, _) = run(&["config", "--port", "9"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.lines().any(|line| line.starts_with("port = \"9\"") && line.ends_with("# command line")),
        "{shown}"
    );
    assert!(
        shown.lines().any(|line| line.starts_with("target_fmr = \"0.01\"") && line.ends_with("# default")),
        "{shown}"
    );
}

#[test]
fn the_document_can_be_printed_without_models_or_store() {
    let folder = tempfile::tempdir().unwrap();
    let printed =
        Command::new(server_command(folder.path()).unwrap().get_program()).arg("openapi").output().unwrap();
    assert!(printed.status.success());
    let document: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}
