//! Requests that no client should send: random bytes, broken forms and JSON, odd paths and headers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::Client;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Routes that take something; `%` stands for a byte that differs.
const ROUTES: [&str; 12] = [
    "POST /verify/",
    "POST /addUser/",
    "GET /api/all_user?event_name=%",
    "GET /get_transaction_details/?transaction_id=%",
    "POST /v1/events/%/identify",
    "POST /v1/events/e/users/%/faces",
    "POST /v1/events/e/users/u/verify",
    "POST /v1/events/e/check-ins",
    "PUT /v1/events/%",
    "PATCH /v1/events/e",
    "POST /v1/faces/detect",
    "GET /v1/events?limit=%",
];
/// What says of what kind the body is.
const TYPES: [&str; 4] =
    ["application/json", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain; charset=x"];
/// Requests under way at a time: some have no end, and the server waits for it.
const AT_ONCE: usize = 64;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many requests got which status; 0 is a connection that was closed without one.
pub(crate) struct Statuses(BTreeMap<u16, u64>);

/// Sends `count` malformed requests, the same ones each time.
pub(crate) async fn send(client: &Client, count: u64) -> Result<Statuses> {
    let mut statuses = BTreeMap::new();
    let mut answers = stream::iter(0..count)
        .map(|number| async move { exchange(client.address(), &request(number)).await })
        .buffer_unordered(AT_ONCE);
    while let Some(status) = answers.try_next().await? {
        *statuses.entry(status).or_default() += 1;
    }
    Ok(Statuses(statuses))
}

impl Statuses {
    /// None of them was taken for a fault of the server.
    pub(crate) fn judge(&self) -> Result<()> {
        ensure!(self.0.keys().all(|status| *status < 500), "a fault of the server: {self}");
        Ok(())
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.next() % among.len().max(1) as u64).unwrap_or_default();
        among.get(index).copied().unwrap_or_default()
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.next() % most).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

fn request(number: u64) -> Vec<u8> {
    let mut numbers = Numbers(number);
    if number.is_multiple_of(10) {
        // No HTTP at all.
        return [numbers.bytes(400), b"\r\n\r\n".to_vec()].concat();
    }
    let odd = format!("%{:02X}", numbers.next() % 256);
    let route = numbers.pick(&ROUTES).replace('%', &odd);
    let kind = numbers.pick(&TYPES);
    let name = numbers.pick(&["file", "event_name", "username", "", "\\\"", "x"]);
    let open = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes();
    let body = match numbers.next() % 5 {
        0 => numbers.bytes(2_000),
        1 => [open, numbers.bytes(2_000), b"\r\n--b--\r\n".to_vec()].concat(),
        // Ends within a part.
        2 => [open.clone(), b"\r\n".to_vec(), open].concat(),
        3 => format!("{}1{}", "[".repeat(500), "]".repeat(500)).into_bytes(),
        _ => format!("{{\"{name}\":1e999,\"user\":\"\\u0000\"}}").into_bytes(),
    };
    let head = format!(
        "{route} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// The status of the answer, 0 where there is none.
async fn exchange(address: &str, request: &[u8]) -> Result<u16> {
    let mut connection = TcpStream::connect(address).await?;
    // The server may answer and close before it has read all.
    let _ = connection.write_all(request).await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
    let _ = read.context("no answer and no end of the connection")?;
    let status = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    Ok(status.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or_default())
}
