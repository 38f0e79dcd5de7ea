//! An account at a Cloudinary of the test's own, on loopback: what the store calls, and failures on demand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use embedding_store::cloudinary::ApiSecret;
use embedding_store::cloudinary::signature::{Algorithm, Version, of_answer, of_call};
use md5::{Digest, Md5};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY: &str = "112233445566778";
pub(crate) const SECRET: &str = "s3cr3t-abcd";
pub(crate) const CLOUD: &str = "testcloud";

/// A running account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) address: String,
    state: Arc<State>,
}

struct State {
    documents: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    plan: Mutex<Plan>,
    calls: AtomicU64,
    listings: AtomicU64,
}

/// How calls go wrong.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    /// Of a hundred calls, so many fail.
    pub(crate) failing: u8,
    /// Calls whose path ends so fail.
    pub(crate) broken: Option<&'static str>,
    /// Before every answer.
    pub(crate) delay: Duration,
    /// Listings whose pages from this one on fail.
    pub(crate) page_broken: Option<usize>,
    /// Calls of the hour that are left.
    pub(crate) remaining: Option<u64>,
    /// Calls of the Admin API in an hour.
    pub(crate) limit: Option<u64>,
    /// Documents on a page, whatever is asked for.
    pub(crate) page: Option<usize>,
    /// Calls whose path ends so are carried out, and the connection is cut instead of the answer.
    pub(crate) unanswered: Option<&'static str>,
    /// Uploads whose id holds this are refused.
    pub(crate) refused: Option<&'static str>,
    /// Documents whose id holds this are missing from the list.
    pub(crate) unlisted: Option<&'static str>,
    /// Downloads have a bit flipped.
    pub(crate) flipped: bool,
    /// Every signed call is taken for an old one.
    pub(crate) stale: bool,
}

struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Reply(u16, Vec<(&'static str, String)>, Vec<u8>);

impl Account {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            documents: Mutex::default(),
            plan: Mutex::default(),
            calls: AtomicU64::new(0),
            listings: AtomicU64::new(0),
        });
        let account = Self { address, state };
        let serving = account.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let account = serving.clone();
                tokio::spawn(async move { account.serve(stream).await });
            }
        });
        account
    }

    pub(crate) fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.state.plan.lock().unwrap());
    }

    /// The ids of the authenticated documents.
    pub(crate) fn ids(&self) -> Vec<String> {
        let documents = self.state.documents.lock().unwrap();
        documents.keys().filter(|(kind, _)| kind == "authenticated").map(|(_, id)| id.clone()).collect()
    }

    pub(crate) fn document(&self, kind: &str, id: &str) -> Option<Vec<u8>> {
        self.state.documents.lock().unwrap().get(&(kind.to_owned(), id.to_owned())).cloned()
    }

    pub(crate) fn put(&self, kind: &str, id: &str, bytes: &[u8]) {
        self.state.documents.lock().unwrap().insert((kind.to_owned(), id.to_owned()), bytes.to_vec());
    }

    pub(crate) fn remove(&self, kind: &str, id: &str) {
        self.state.documents.lock().unwrap().remove(&(kind.to_owned(), id.to_owned()));
    }

    pub(crate) fn listings(&self) -> u64 {
        self.state.listings.load(Ordering::SeqCst)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some(request) = read_request(&mut stream, &mut buffer).await {
            let plan = self.state.plan.lock().unwrap().clone();
            tokio::time::sleep(plan.delay).await;
            let number = self.state.calls.fetch_add(1, Ordering::SeqCst);
            // Spread over the calls, alike in every run.
            let dice = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let fails = dice % 100 < u64::from(plan.failing);
            let is_broken = plan.broken.is_some_and(|end| request.path.ends_with(end));
            let reply = match dice / 100 % 4 {
                _ if is_broken => Reply(500, vec![], b"<html>".to_vec()),
                // Half of the failures come after the call was carried out.
                0 if fails => Reply(503, vec![], b"<html>".to_vec()),
                1 if fails => Reply(420, vec![("retry-after", "0".to_owned())], b"{}".to_vec()),
                _ if plan.unanswered.is_some_and(|end| request.path.ends_with(end)) => {
                    drop(self.answer(&request, &plan));
                    return;
                }
                2 if fails => {
                    drop(self.answer(&request, &plan));
                    return;
                }
                3 if fails => {
                    drop(self.answer(&request, &plan));
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    return;
                }
                _ => self.answer(&request, &plan),
            };
            let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.0, reply.2.len());
            for (name, value) in &reply.1 {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            if stream.write_all(&[head.as_bytes(), &reply.2].concat()).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request, plan: &Plan) -> Reply {
        let base = format!("/v1_1/{CLOUD}/");
        let Some(action) = request.path.strip_prefix(&base) else { return error(404, "no such path") };
        if action == "resources/raw/authenticated" {
            return self.list(request, plan);
        }
        let (fields, file) = request.fields();
        if let Some(refusal) = refuse(&fields, plan.stale) {
            return refusal;
        }
        let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        let kind = if field("type").is_empty() { "upload" } else { field("type") };
        let id = field("public_id");
        let key = (kind.to_owned(), id.to_owned());
        let mut documents = self.state.documents.lock().unwrap();
        match (request.method.as_str(), action) {
            ("POST", "raw/upload") => {
                if plan.refused.is_some_and(|part| id.contains(part)) {
                    return error(400, "refused");
                }
                let Some(file) = file else { return error(400, "Missing required parameter - file") };
                let existing = documents.contains_key(&key);
                let bytes = documents.entry(key).or_insert(file).clone();
                asset(id, &bytes, true, existing)
            }
            ("POST", "raw/explicit") => match documents.get(&key) {
                Some(bytes) => asset(id, bytes, false, false),
                None => error(404, &format!("Resource not found - {id}")),
            },
            ("POST", "raw/destroy") => {
                let result = if documents.remove(&key).is_some() { "ok" } else { "not found" };
                Reply(200, vec![], format!("{{\"result\":\"{result}\"}}").into_bytes())
            }
            ("GET", "raw/download") => match documents.get(&key) {
                Some(bytes) => {
                    let mut bytes = bytes.clone();
                    if let Some(byte) = bytes.get_mut(40).filter(|_| plan.flipped) {
                        *byte ^= 1;
                    }
                    Reply(200, vec![], bytes)
                }
                None => error(404, &format!("Resource not found - {id}")),
            },
            ("POST", "raw/rename") => {
                let from = field("from_public_id");
                match documents.remove(&(kind.to_owned(), from.to_owned())) {
                    Some(bytes) => {
                        let reply = asset(field("to_public_id"), &bytes, false, false);
                        documents
                            .insert((field("to_type").to_owned(), field("to_public_id").to_owned()), bytes);
                        reply
                    }
                    None => error(404, &format!("Resource not found - {from}")),
                }
            }
            _ => error(404, "no such action"),
        }
    }

    fn list(&self, request: &Request, plan: &Plan) -> Reply {
        self.state.listings.fetch_add(1, Ordering::SeqCst);
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{KEY}:{SECRET}")));
        if request.headers.get("authorization") != Some(&expected) {
            return error(401, "api_secret mismatch");
        }
        let query = |name: &str| request.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let start: usize = query("next_cursor").map_or(0, |cursor| cursor.parse().unwrap());
        let size = plan.page.unwrap_or_else(|| query("max_results").unwrap().parse().unwrap());
        if plan.page_broken.is_some_and(|page| start / size >= page) {
            return error(500, "internal");
        }
        let documents = self.state.documents.lock().unwrap();
        let rows: Vec<_> = documents
            .iter()
            .filter(|((kind, id), _)| kind == "authenticated" && id.starts_with(query("prefix").unwrap()))
            .filter(|((_, id), _)| plan.unlisted.is_none_or(|part| !id.contains(part)))
            .collect();
        let page: Vec<_> = rows
            .iter()
            .skip(start)
            .take(size)
            .map(|((_, id), bytes)| {
                serde_json::json!({"public_id": id, "bytes": bytes.len(), "etag": etag(bytes), "asset_id": "x"})
            })
            .collect();
        let mut body = serde_json::json!({"resources": page});
        if rows.len() > start + size {
            body["next_cursor"] = (start + size).to_string().into();
        }
        let mut headers = vec![("x-featureratelimit-limit", plan.limit.unwrap_or(500).to_string())];
        if let Some(remaining) = plan.remaining {
            headers.push(("x-featureratelimit-remaining", remaining.to_string()));
            headers.push(("x-featureratelimit-reset", "Tue, 01 Jan 2999 00:00:00 GMT".to_owned()));
        }
        Reply(200, headers, serde_json::to_vec(&body).unwrap())
    }
}

fn etag(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn asset(id: &str, bytes: &[u8], with_etag: bool, existing: bool) -> Reply {
    let version = 1_700_000_000;
    let signature = of_answer(id, version, Algorithm::Sha1, &ApiSecret::new(SECRET));
    let mut body = serde_json::json!({
        "public_id": id, "version": version, "signature": signature, "bytes": bytes.len(), "placeholder": false,
    });
    if with_etag {
        body["etag"] = etag(bytes).into();
    }
    if existing {
        body["existing"] = true.into();
    }
    Reply(200, vec![], serde_json::to_vec(&body).unwrap())
}

fn error(status: u16, message: &str) -> Reply {
    Reply(status, vec![], serde_json::to_vec(&serde_json::json!({"error": {"message": message}})).unwrap())
}

/// Checks the signature and the time.
fn refuse(fields: &[(String, String)], stale: bool) -> Option<Reply> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let signed: Vec<_> = fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "signature" | "api_key" | "file"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let algorithm = if field("signature").len() == 64 { Algorithm::Sha256 } else { Algorithm::Sha1 };
    let expected = of_call(&signed, Version::V2, algorithm, &ApiSecret::new(SECRET));
    if field("api_key") != KEY || field("signature") != expected {
        return Some(error(401, &format!("Invalid Signature {}. String to sign - 'x'.", field("signature"))));
    }
    let sent: u64 = field("timestamp").parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    if stale || sent + 3600 < now {
        return Some(error(400, "Stale request - reported time is x which is more than 1 hour ago"));
    }
    None
}

impl Request {
    /// The parameters from the query and the body, and the file.
    fn fields(&self) -> (Vec<(String, String)>, Option<Vec<u8>>) {
        let mut fields = self.query.clone();
        let kind = self.headers.get("content-type").map_or("", String::as_str);
        let Some((_, boundary)) = kind.split_once("boundary=") else {
            fields.extend(pairs(std::str::from_utf8(&self.body).unwrap()));
            return (fields, None);
        };
        let mut file = None;
        let separator = format!("\r\n--{boundary}");
        let body = [b"\r\n", self.body.as_slice()].concat();
        let mut rest = body.as_slice();
        while let Some(at) = find(rest, separator.as_bytes()) {
            rest = &rest[at + separator.len()..];
            let Some(end) = find(rest, separator.as_bytes()) else { break };
            let part = &rest[2..end];
            let head = find(part, b"\r\n\r\n").unwrap();
            let (head, content) = (std::str::from_utf8(&part[..head]).unwrap(), &part[head + 4..]);
            let name = head.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
            if name == "file" {
                file = Some(content.to_vec());
            } else {
                fields.push((name.to_owned(), String::from_utf8(content.to_vec()).unwrap()));
            }
        }
        (fields, file)
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let mut chunk = [0; 16 * 1024];
    let head = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&chunk[..read]),
        }
    };
    let text = String::from_utf8(buffer[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: Option<usize> = headers.get("content-length").map(|length| length.parse().unwrap());
    let length = length.unwrap_or(0);
    while buffer.len() < head + 4 + length {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&chunk[..read]),
        }
    }
    let body = buffer[head + 4..head + 4 + length].to_vec();
    buffer.drain(..head + 4 + length);
    Some(Request { method, path: path.to_owned(), query: pairs(query), headers, body })
}
