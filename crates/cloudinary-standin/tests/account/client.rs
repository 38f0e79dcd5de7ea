//! A client that sends exactly what a test says.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cloudinary_standin::{API_KEY, API_SECRET, CLOUD, StandIn};
use http_body_util::{BodyExt as _, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// `Basic KEY:SECRET`, as the vectors of the SDKs have it.
pub(crate) const BASIC: &str = "Basic MTEyMjMzNDQ1NTY2Nzc4OnMzY3IzdC1hYmNk";

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    base: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The text of the error.
    pub(crate) fn error(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Client {
    pub(crate) fn new(stand_in: &StandIn) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { http, base: stand_in.base_url() }
    }

    /// Sends a request; none where the connection is closed without an answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: Fields<'_>,
        body: impl Into<Bytes>,
    ) -> Option<Reply> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let answer =
            tokio::time::timeout(PATIENCE, self.http.request(request)).await.expect("an answer in time");
        let (head, body) = answer.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// `GET` of a path, headers as given.
    pub(crate) async fn get(&self, path: &str, headers: Fields<'_>) -> Reply {
        self.send(Method::GET, path, headers, "").await.unwrap()
    }

    /// A call of the Admin API.
    pub(crate) async fn admin(&self, method: Method, path: &str) -> Reply {
        let path = format!("/v1_1/{CLOUD}/{path}");
        self.send(method, &path, &[(AUTHORIZATION.as_str(), BASIC)], "").await.unwrap()
    }

    /// A form sent to the Upload API as it is.
    pub(crate) async fn post(&self, action: &str, fields: Fields<'_>) -> Reply {
        let headers = [(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        let path = format!("/v1_1/{CLOUD}/{action}");
        self.send(Method::POST, &path, &headers, form(fields)).await.unwrap()
    }

    /// A form sent to the Upload API, signed.
    pub(crate) async fn call(&self, action: &str, fields: Fields<'_>) -> Reply {
        let signed = signed(fields, now(), sha1);
        self.post(action, &borrowed(&signed)).await
    }

    /// Uploads a raw file as multipart, signed; none where the connection is closed.
    pub(crate) async fn try_upload(
        &self,
        public_id: &str,
        contents: &str,
        fields: Fields<'_>,
    ) -> Option<Reply> {
        let mut all = vec![("public_id", public_id)];
        all.extend(fields);
        let (kind, body) = multipart(&borrowed(&signed(&all, now(), sha1)), "doc.json", contents);
        let headers = [(CONTENT_TYPE.as_str(), kind.as_str())];
        self.send(Method::POST, &format!("/v1_1/{CLOUD}/raw/upload"), &headers, body).await
    }

    /// Uploads a raw file as multipart, signed.
    pub(crate) async fn upload(&self, public_id: &str, contents: &str, fields: Fields<'_>) -> Reply {
        self.try_upload(public_id, contents, fields).await.unwrap()
    }
}

/// Content type and body of a multipart form with one file.
pub(crate) fn multipart(fields: Fields<'_>, filename: &str, contents: &str) -> (String, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!("--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n");
    body += &format!("Content-Type: application/octet-stream\r\n\r\n{contents}\r\n--part--\r\n");
    ("multipart/form-data; boundary=part".to_owned(), body)
}

pub(crate) fn form(fields: Fields<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

pub(crate) fn sha1(text: &str) -> String {
    format!("{:x}", Sha1::digest(text))
}

pub(crate) fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// The fields with the time, the key and the signature by a hash function.
pub(crate) fn signed(fields: Fields<'_>, timestamp: u64, hash: fn(&str) -> String) -> Vec<(String, String)> {
    let mut signed: Vec<_> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    signed.push(("timestamp".into(), timestamp.to_string()));
    let covered = signed.iter().filter(|(name, value)| name != "file" && !value.is_empty());
    let mut pairs: Vec<_> = covered.map(|(name, value)| format!("{name}={value}")).collect();
    pairs.sort();
    let signature = hash(&format!("{}{API_SECRET}", pairs.join("&")));
    signed.extend([("signature".into(), signature), ("api_key".into(), API_KEY.into())]);
    signed
}

pub(crate) fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
