//! A hang-up makes a running server take up what it can of changed settings, and say what it cannot.

use e2e::{Server, soon};

#[tokio::test]
async fn a_hangup_changes_the_log_level_and_names_what_takes_a_restart() {
    let builder = Server::builder().unwrap().flags(["--config", "face.toml"]);
    let mut server = builder.file("face.toml", b"log_level = 'info'").unwrap().start().unwrap();
    let client = server.client();
    let change = |text: &str| std::fs::write(server.folder().join("face.toml"), text).unwrap();
    let says = |words: &str| server.log().is_ok_and(|log| log.contains(words));

    change("log_level = 'loud=very'");
    server.tell_to_reload().unwrap();
    assert!(soon(async || says("told to reload: the settings cannot be used")).await);
    change("log_level = 'debug'\ncool_down = 1");
    server.tell_to_reload().unwrap();
    assert!(soon(async || says("told to reload: the log level is taken up")).await);
    assert_eq!(client.get("/health/live").await.unwrap().status, 200);
    server.terminate().unwrap();

    let log = server.log().unwrap();
    assert!(log.contains("\"needs_restart\":\"cool_down\""), "{log}");
    let probe = log.lines().find(|line| line.contains("answered") && line.contains("/health/live"));
    assert!(probe.is_some_and(|line| line.contains("DEBUG")), "{log}");
}
