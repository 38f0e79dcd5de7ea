//! TLS: certificates that hold, are renewed, or cannot be used.

use std::path::Path;

use e2e::{Client, Server, server_command, soon};
use rcgen::{CertifiedKey, generate_simple_self_signed};

/// Writes a new certificate for these addresses, with its key, and gives it.
fn certify(folder: &Path, addresses: &[&str]) -> String {
    let names: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    std::fs::write(folder.join("door.key"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("door.pem"), cert.pem()).unwrap();
    cert.pem()
}

/// The flags that name the files, which lie in a folder of their own.
fn flags(folder: &Path) -> [String; 4] {
    let file = |name: &str| folder.join(name).display().to_string();
    ["--tls-cert".to_owned(), file("door.pem"), "--tls-key".to_owned(), file("door.key")]
}

#[tokio::test]
async fn beyond_its_machine_it_serves_keys_over_tls_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path(), &["0.0.0.0", "127.0.0.1"]);
    let (builder, key) = Server::builder().unwrap().key("door", "verify", &[]).unwrap();
    let flags = flags(folder.path());
    let builder = builder.flags(flags.iter().map(String::as_str));
    let mut server = builder.flags(["--host", "0.0.0.0", "--store", "memory:"]).start().unwrap();
    assert!(server.url().starts_with("https://0.0.0.0:"), "{}", server.url());

    let client = Client::trusting(server.url(), &certificate).unwrap();
    assert_eq!(client.get("/v1/events").await.unwrap().code(), 401);
    assert_eq!(client.with_key(&key).get("/v1/events").await.unwrap().code(), 200);
    // The page's own requests come from its own origin.
    let own = client.with_key(&key).request("GET", "/v1/events").header("origin", server.url());
    assert_eq!(client.send(own).await.unwrap().code(), 200);
    let plain = Client::new(&server.url().replace("https", "http"));
    assert!(plain.get("/health/live").await.is_err());
    server.terminate().unwrap();
    let log = server.log().unwrap();
    assert!(log.contains("ready") && !log.contains("cross the network"), "{log}");
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_without_a_restart_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path(), &["127.0.0.1"]);
    let flags = flags(folder.path());
    let server = Server::builder().unwrap().flags(flags.iter().map(String::as_str));
    let server = server.flags(["--store", "memory:"]).start().unwrap();
    let answers = async |certificate: &str| {
        // A client of its own: the connections of an older one have the older certificate.
        let client = Client::trusting(server.url(), certificate).unwrap();
        client.get("/health/live").await.is_ok_and(|answer| answer.code() == 200)
    };
    assert!(answers(&first).await);

    let second = certify(folder.path(), &["127.0.0.1"]);
    assert!(soon(async || answers(&second).await).await);
    assert!(!answers(&first).await);

    std::fs::write(folder.path().join("door.pem"), "no certificate").unwrap();
    let told = async || server.log().unwrap().contains("the certificates stay as they were");
    assert!(soon(told).await);
    assert!(answers(&second).await);
}

#[test]
fn files_that_cannot_be_used_stop_the_start_and_are_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path(), &["127.0.0.1"]);
    let refused = |certificate: &str, key: &str| {
        let mut start = server_command(folder.path()).unwrap();
        start.args(["--port", "0", "--store", "memory:", "--tls-cert", certificate, "--tls-key", key]);
        let ended = start.output().unwrap();
        assert!(!ended.status.success());
        String::from_utf8(ended.stderr).unwrap()
    };
    for (certificate, key, reason) in [
        ("none.pem", "door.key", "the file 'none.pem' cannot be read"),
        ("door.key", "door.key", "the file 'door.key' holds no certificate in PEM"),
        ("door.pem", "door.pem", "the file 'door.pem' holds no private key in PEM"),
        ("door.pem", "none", "tls-cert is given and tls-key is not"),
    ] {
        let said = refused(certificate, key);
        assert!(said.contains(reason) && !said.contains("BEGIN"), "{said}");
    }
}
