//! Clients that read nothing, forms that are made to be dear and lists of everything: the server's memory has a bound, and
//! others are served.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream as BlockingStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use e2e::{Server, embedding, http_client, picture, soon};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Says how many clients read nothing; the forms and lists are many then, and answers are timed.
const CLIENTS: &str = "LOAD_CLIENTS";
/// How many there are in the everyday run.
const FEW: usize = 300;

/// Bytes that a connection whose client reads nothing holds, as docs/OPERATIONS.md states it.
const A_CONNECTION: usize = 96 << 10;
/// Bytes that a form may cost while it is read, and a list while it is made.
const A_FORM: usize = 64 << 20;
const A_LIST: usize = 32 << 20;
/// What the allocator keeps, and everything else that is done.
const REST: usize = 64 << 20;

/// How long `/health/live` may take, where it is timed.
const PROBE: Duration = Duration::from_millis(100);
/// Between two times that it is asked for.
const PAUSE: Duration = Duration::from_millis(5);

const SCRIPT: &str = "/redoc/redoc.standalone.js";

/// A line of what the system says of the process, in bytes: `VmRSS` is what it has in memory, `VmHWM` the most it had.
fn memory(server: &Server, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

fn open_files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.process().unwrap())).unwrap().count()
}

/// Connections that ask six times for the largest script and read nothing; each has an answer to read.
async fn silent_clients(server: &Server, count: usize) -> Vec<TcpStream> {
    let address = server.url().strip_prefix("http://").unwrap();
    let requests = format!("GET {SCRIPT} HTTP/1.1\r\nhost: localhost\r\n\r\n").repeat(6);
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(requests.as_bytes()).await.unwrap();
        clients.push(client);
    }
    for client in &clients {
        client.readable().await.unwrap();
    }
    clients
}

/// A form of so many parts without anything; 350,000 fit into the largest upload.
fn hostile_form(parts: usize) -> Vec<u8> {
    b"--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n\r\n".repeat(parts)
}

/// Asks for `/health/live` over and over, from a thread that shares nothing with those that make the load: what it waits
/// for is the server.
struct Probe {
    is_over: Arc<AtomicBool>,
    asking: JoinHandle<(Duration, usize)>,
}

impl Probe {
    fn start(server: &Server) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (told, address) =
            (Arc::clone(&is_over), server.url().strip_prefix("http://").unwrap().to_owned());
        let asking = thread::spawn(move || {
            let (mut slowest, mut answers) = (Duration::ZERO, 0);
            while !told.load(Ordering::Relaxed) {
                let (started, mut answer) = (Instant::now(), String::new());
                let mut connection = BlockingStream::connect(&address).unwrap();
                let request = "GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
                connection.write_all(request.as_bytes()).unwrap();
                connection.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                slowest = slowest.max(started.elapsed());
                answers += 1;
                thread::sleep(PAUSE);
            }
            (slowest, answers)
        });
        Self { is_over, asking }
    }

    /// How long the slowest answer took, and how many there were.
    fn stop(self) -> (Duration, usize) {
        self.is_over.store(true, Ordering::Relaxed);
        self.asking.join().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_nothing_cost_what_is_stated_keep_nobody_waiting_and_are_ended() {
    let asked = std::env::var(CLIENTS).ok().map(|text| text.parse::<usize>().unwrap());
    let (count, others, parts, users) =
        asked.map_or((FEW, 2, 350_000, 20), |count| (count, 8, 350_000, 1000));
    let builder = Server::builder().unwrap().flags(["--write-timeout", "3"]);
    let server = builder.start().unwrap();
    let client = server.client();
    let face = picture("obama.jpg").unwrap();
    for user in 0..users {
        let body =
            json!({"model": "sface-2021dec", "embeddings": [embedding(user)], "on_duplicate": "allow"});
        let path = format!("/v1/events/crowd/users/user-{user}");
        assert_eq!(client.json("POST", &format!("{path}/faces"), &body).await.unwrap().code(), 201);
        let metadata = json!({"metadata": {"note": "x".repeat(15 << 10)}});
        assert_eq!(client.json("PATCH", &path, &metadata).await.unwrap().code(), 200);
    }
    // Once before, so that what is held for good is there.
    assert_eq!(client.add_user("summit", "obama", &face).await.unwrap().code(), 200);
    assert_eq!(client.get(SCRIPT).await.unwrap().code(), 200);
    let (before, files) = (memory(&server, "VmRSS"), open_files(&server));

    let silent = silent_clients(&server, count).await;
    let with_silent = memory(&server, "VmRSS");
    assert!(
        with_silent <= before + count * A_CONNECTION + REST,
        "{count} clients that read nothing hold {} KiB each",
        with_silent.saturating_sub(before) / count / 1024
    );

    // Made before the load: a client of HTTP takes a moment of the processor that the server shares.
    let senders: Vec<_> =
        (0..others).map(|_| (http_client(), hostile_form(parts), server.client())).collect();
    let probe = Probe::start(&server);
    let mut work = JoinSet::new();
    for (number, (http, form, client)) in senders.into_iter().enumerate() {
        let url = server.url().to_owned();
        work.spawn(async move {
            let request = http.post(format!("{url}/v1/faces/detect")).body(form);
            let sent = request.header("content-type", "multipart/form-data; boundary=x").send().await;
            // Refused while it is still sent, the connection may end before the answer is read.
            sent.map_or(400, |answer| answer.status().as_u16())
        });
        work.spawn(async move {
            let list = client.get("/v1/events/crowd/users?limit=1000").await.unwrap();
            // With a client of its own for each: a list may be refused when there are too many.
            assert!(matches!(list.code(), 200 | 429 | 503), "{number}: {list:?}");
            list.code()
        });
    }
    for code in work.join_all().await {
        assert!(code < 500 || code == 503, "{code}");
    }
    let verified = client.verify("summit", &face).await.unwrap();
    assert_eq!(verified.code(), 200, "{verified:?}");

    // The ends of the silent ones are among what nobody is to be kept waiting by.
    assert!(soon(async || open_files(&server) <= files + 16).await, "their connections are there still");
    let (slowest, answers) = probe.stop();
    drop(silent);

    let most = memory(&server, "VmHWM");
    let bound = before + count * A_CONNECTION + others * (A_FORM + A_LIST) + REST;
    let _ = writeln!(
        std::io::stderr(),
        "{count} silent clients, {others} forms and {others} lists: {} MiB of {} MiB at most, {} MiB before; \
         /health/live took {slowest:?} at most of {answers} times",
        most >> 20,
        bound >> 20,
        before >> 20
    );
    assert!(most <= bound, "{most} bytes are more than {bound}");
    assert!(asked.is_none() || slowest < PROBE, "/health/live took {slowest:?}");

    let log = server.log().unwrap();
    assert!(log.contains("takes its answer too slowly"), "{log}");
}
