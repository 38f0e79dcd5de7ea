//! What commands can do about a store or journal that a running server holds: they ask the server.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;
use embedding_store::StoreError;
use serde::Deserialize;

use crate::auth::ApiKey;
use crate::config::Config;
use crate::error::codes;

/// How long the server may take to be reached, and to answer. Its readiness asks the store.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take to make a snapshot, a minute at most, and to say so.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(70);

/// More than any of these answers has.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// The answer to a snapshot that was made.
#[derive(Debug, Deserialize)]
pub(crate) struct MadeSnapshot {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) events: u64,
    pub(crate) users: u64,
    pub(crate) faces: u64,
    pub(crate) entries: u64,
}

/// The answer to anything that was not done.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// Says of a file that is held by another process what the server of this configuration answers; the error itself
/// where it is another one, or no server that is ready answers.
pub(crate) fn ask(config: &Config, error: anyhow::Error) -> anyhow::Result<String> {
    let is_held = matches!(error.downcast_ref(), Some(StoreError::Unavailable { retryable: true, .. }));
    if !is_held || config.store.file().is_none() {
        return Err(error);
    }
    let address = reachable(config.address());
    if config.tls().is_some() {
        return Err(error.context(format!(
            "it is in use, and the server at https://{address}/ was not asked: look at its /health/ready"
        )));
    }
    match answer(address, "GET", "/health/ready", None, TIMEOUT) {
        Ok((200, _)) => {
            Ok(format!("{}, in use by the server at http://{address}/, which is ready", config.store))
        }
        Ok((status, answer)) => Err(error.context(format!(
            "it is in use, and the server at http://{address}/ is not ready: {status} {}",
            answer.trim()
        ))),
        Err(_) => Err(error.context(format!("it is in use, and no server answers at http://{address}/"))),
    }
}

/// The file for check-ins and the audit beside a store that has no journal.
pub(crate) fn journal(config: &Config) -> anyhow::Result<String> {
    // The only kind of store without one.
    if !config.store.to_string().starts_with("cloudinary") {
        return Ok("in the store".to_owned());
    }
    let path = config.journal.display();
    match File::open(&config.journal).and_then(|file| file.metadata()) {
        Ok(found) if found.is_file() => Ok(format!("'{path}', {} bytes", found.len())),
        Ok(_) => anyhow::bail!("'{path}' is no file: give another --journal"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(format!("'{path}', which is not there yet: the server makes it"))
        }
        Err(error) => Err(error).with_context(|| format!("'{path}' cannot be read")),
    }
}

/// Has the server of this configuration make a snapshot. `warn` is told when it will be in the clear, since the server has
/// no key for archives.
pub(crate) fn make_snapshot(
    config: &Config,
    warn: impl FnOnce() -> io::Result<()>,
) -> anyhow::Result<MadeSnapshot> {
    let address = reachable(config.address());
    let path = format!("{}/v1/snapshots", config.base_path.as_str());
    anyhow::ensure!(
        config.tls().is_none(),
        "it serves with TLS: send POST {path} to it, with a key of the role admin, by a client of your own"
    );
    let key = config.secrets.admin_key();
    let ask = |path: &str| {
        let answered = answer(address, "POST", path, key, SNAPSHOT_TIMEOUT);
        answered.with_context(|| format!("no server answers at http://{address}/"))
    };
    let mut answered = ask(&path)?;
    let problem = |body: &str| serde_json::from_str::<Problem>(body);
    if problem(&answered.1).is_ok_and(|problem| problem.code == codes::PLAIN_EXPORT.name) {
        warn()?;
        answered = ask(&format!("{path}?plain=true"))?;
    }
    let (status, body) = answered;
    if status == 201 {
        return serde_json::from_str(&body).context("the answer of the server cannot be read");
    }
    let said = problem(&body).map_or_else(|_| body.clone(), |problem| problem.detail);
    let hint = if status == 401 { " (FACE_ADMIN_KEY is the one that is sent)" } else { "" };
    anyhow::bail!("the server at http://{address}/ answered {status}: {said}{hint}")
}

/// Status and body of an answer of the server.
fn answer(
    address: SocketAddr,
    method: &str,
    path: &str,
    key: Option<&ApiKey>,
    patience: Duration,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let key =
        key.map(|key| format!("Authorization: Bearer {}\r\n", key.as_secret_text())).unwrap_or_default();
    // HTTP/1.0: the server closes the connection behind its answer, and sends it in one piece. A POST has to have a length.
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: 0\r\n{key}\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("that is no answer of a server"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

/// Where a server that is bound to all addresses is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// The address of a server that gives one client this answer.
    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            // All of it: what is left unread when the connection closes resets it.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            assert!(request.starts_with(b"GET /health/ready HTTP/1.0\r\nHost: 127.0.0.1:"));
            client.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn status_and_body_of_a_servers_answer_are_read() {
        let ask = |said| answer(answering(said), "GET", "/health/ready", None, TIMEOUT);
        let answer = ask("HTTP/1.1 503 Service Unavailable\r\na: b\r\n\r\n{\"code\":1}");
        assert_eq!(answer.unwrap(), (503, "{\"code\":1}".to_owned()));
        assert!(ask("SSH-2.0").is_err());
    }

    #[test]
    fn a_server_on_all_addresses_is_asked_on_loopback() {
        for (bound, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.7:80", "10.0.0.7:80")]
        {
            assert_eq!(reachable(bound.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
