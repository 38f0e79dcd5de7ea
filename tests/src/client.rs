//! Calls of the API as a client makes them.

use anyhow::Result;
use reqwest::multipart::{Form, Part};
use reqwest::{ClientBuilder, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The text at a key, empty when there is none.
    #[must_use]
    pub fn text_of(&self, key: &str) -> &str {
        self.json.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status as a number.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// The media type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

/// A client of HTTP.
#[must_use]
pub fn http_client() -> reqwest::Client {
    builder().build().unwrap_or_default()
}

/// A client that keeps no connection: the server ends one that idles for five seconds, which a test on a busy machine
/// may take from one request to the next, and the request that is sent at that moment would be lost.
fn builder() -> ClientBuilder {
    // Clients want to be told what does TLS, also where there is none. It fails when the process has one already, which
    // does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().pool_max_idle_per_host(0)
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    key: Option<String>,
}

impl Client {
    /// A client of the server at `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), http: http_client(), key: None }
    }

    /// A client of the server at `url`, an `https` one, that trusts this certificate in PEM alone.
    ///
    /// # Errors
    /// When it is no certificate.
    pub fn trusting(url: &str, certificate: &str) -> Result<Self> {
        let certificate = reqwest::Certificate::from_pem(certificate.as_bytes())?;
        let http = builder().tls_certs_only([certificate]).build()?;
        Ok(Self { url: url.to_owned(), http, key: None })
    }

    /// Host and port of the server.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, address)| address)
    }

    /// The same with a key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Sends a request that the caller has prepared.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = String::from_utf8_lossy(&answer.bytes().await?).into_owned();
        Ok(Answer { status, headers, json: serde_json::from_str(&text).unwrap_or_default(), text })
    }

    /// Prepares a request of any method to a path.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap_or_default();
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// `GET` of a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request("GET", path)).await
    }

    /// A body of JSON by any method.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(method, path).json(body)).await
    }

    /// `POST` of pictures in the field `file`, as the routes of `/v1` take them, with further text fields.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn pictures(&self, path: &str, pictures: &[&[u8]], fields: &[(&str, &str)]) -> Result<Answer> {
        self.send(self.request("POST", path).multipart(pictures_form(pictures, fields))).await
    }

    /// `POST /addUser/`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn add_user(&self, event: &str, user: &str, picture: &[u8]) -> Result<Answer> {
        let form = Form::new().text("event_name", event.to_owned()).text("username", user.to_owned());
        self.send(self.request("POST", "/addUser/").multipart(form.part("file", file(picture)))).await
    }

    /// `POST /verify/`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn verify(&self, event: &str, picture: &[u8]) -> Result<Answer> {
        let form = Form::new().text("event_name", event.to_owned()).part("file", file(picture));
        self.send(self.request("POST", "/verify/").multipart(form)).await
    }

    /// `GET /api/all_user`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn users(&self, event: &str) -> Result<Answer> {
        self.send(self.request("GET", "/api/all_user").query(&[("event_name", event)])).await
    }

    /// `GET /api/delete_user`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn delete_user(&self, event: &str, user: &str) -> Result<Answer> {
        self.send(self.request("GET", "/api/delete_user").query(&[("event_name", event), ("user_id", user)]))
            .await
    }

    /// `DELETE /api/events/{event_name}`, the name percent-encoded byte by byte. URL parsers take even an
    /// encoded `..` for a step up, so a space goes before the name, which the server trims.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn delete_event(&self, event: &str) -> Result<Answer> {
        let encoded: String = event.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.send(self.request("DELETE", &format!("/api/events/%20{encoded}"))).await
    }
}

/// A form with pictures in the field `file`, and text fields.
#[must_use]
pub fn pictures_form(pictures: &[&[u8]], fields: &[(&str, &str)]) -> Form {
    let form = pictures.iter().fold(Form::new(), |form, picture| form.part("file", file(picture)));
    fields.iter().fold(form, |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()))
}

fn file(picture: &[u8]) -> Part {
    Part::bytes(picture.to_vec()).file_name("picture.jpg")
}
