//! Calls of the API as a client makes them, without a socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::dev::{Payload, Service};
use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde_json::Value;

use super::form::Form;
use crate::app::{AppState, app};

/// As much of a body as a connection hands on at a time.
const CHUNK: usize = 64 << 10;

type Call = Rc<dyn Fn(TestRequest, Payload) -> LocalBoxFuture<'static, HttpResponse>>;

/// A client of one application.
#[derive(Clone)]
pub(super) struct Client {
    call: Call,
    key: Option<String>,
    address: SocketAddr,
}

/// Where requests come from, unless a test says otherwise.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4711);

impl Client {
    /// A client of the application with this state.
    pub(super) async fn new(state: AppState) -> Self {
        let service = Rc::new(init_service(app(state)).await);
        let call = move |request: TestRequest, payload| {
            let service = Rc::clone(&service);
            let (request, _) = request.to_request().replace_payload(payload);
            let answered = async move {
                match service.call(request).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    // As a connection does.
                    Err(error) => error.error_response(),
                }
            };
            answered.boxed_local()
        };
        Self { call: Rc::new(call), key: None, address: HERE }
    }

    /// The same with a key.
    pub(super) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same from another address.
    pub(super) fn at(&self, address: &str) -> Self {
        Self { address: SocketAddr::new(address.parse().unwrap(), HERE.port()), ..self.clone() }
    }

    /// Prepares a request of any method to a path.
    pub(super) fn request(&self, method: &str, path: &str) -> Request {
        let head = TestRequest::with_uri(path).method(method.parse().unwrap()).peer_addr(self.address);
        let key = self.key.iter().map(|key| (AUTHORIZATION.to_string(), format!("Bearer {key}")));
        Request { call: Rc::clone(&self.call), head, headers: key.collect(), payload: Payload::None }
    }

    /// Sends a request that was prepared.
    pub(super) async fn send(&self, request: Request) -> Answer {
        request.send().await
    }

    /// `GET` of a path, and of where that leads to.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let answer = self.request("GET", path).send().await;
        match answer.header("location") {
            "" => answer,
            location => self.request("GET", location).send().await,
        }
    }

    /// A body of JSON by any method.
    pub(super) async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.request(method, path).json(body).send().await
    }

    /// `POST` of a form.
    pub(super) async fn post(&self, path: &str, form: Form) -> Answer {
        self.request("POST", path).multipart(form).send().await
    }

    /// `POST` of pictures in the field `file`, as the routes of `/v1` take them, with further text fields.
    pub(super) async fn pictures(&self, path: &str, pictures: &[&[u8]], fields: &[(&str, &str)]) -> Answer {
        self.post(path, Form::of_pictures(pictures, fields)).await
    }

    /// `POST /addUser/`.
    pub(super) async fn add_user(&self, event: &str, user: &str, picture: &[u8]) -> Answer {
        let form = Form::new().text("event_name", event).text("username", user);
        self.post("/addUser/", form.file("file", picture)).await
    }

    /// `POST /verify/`.
    pub(super) async fn verify(&self, event: &str, picture: &[u8]) -> Answer {
        self.post("/verify/", Form::new().text("event_name", event).file("file", picture)).await
    }

    /// `GET /api/all_user`.
    pub(super) async fn users(&self, event: &str) -> Answer {
        self.get(&format!("/api/all_user?event_name={}", encoded(event))).await
    }

    /// `GET /api/delete_user`.
    pub(super) async fn delete_user(&self, event: &str, user: &str) -> Answer {
        let (event, user) = (encoded(event), encoded(user));
        self.get(&format!("/api/delete_user?event_name={event}&user_id={user}")).await
    }

    /// `DELETE /api/events/{event_name}`.
    pub(super) async fn delete_event(&self, event: &str) -> Answer {
        self.request("DELETE", &format!("/api/events/{}", encoded(event))).send().await
    }
}

/// Percent-encoded, byte by byte.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A request that is being prepared.
pub(super) struct Request {
    call: Call,
    head: TestRequest,
    headers: Vec<(String, String)>,
    payload: Payload,
}

impl Request {
    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body of JSON.
    pub(super) fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json").body(body.to_string())
    }

    /// With a form.
    pub(super) fn multipart(self, form: Form) -> Self {
        let (media_type, body) = form.finish();
        self.header(CONTENT_TYPE.as_str(), &media_type).body(body)
    }

    /// With a body whose length is announced.
    pub(super) fn body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        self.header(CONTENT_LENGTH.as_str(), &body.len().to_string()).arriving(chunks(body))
    }

    /// With a body that comes bit by bit, of a length that nobody knows.
    pub(super) fn arriving(mut self, body: impl Stream<Item = Bytes> + 'static) -> Self {
        self.payload = Payload::Stream { payload: Box::pin(body.map(Ok)) };
        self
    }

    /// Without its length.
    pub(super) fn unannounced(mut self) -> Self {
        self.headers.retain(|(name, _)| name != CONTENT_LENGTH.as_str());
        self
    }

    /// Sends it, to `localhost` unless it names another host.
    pub(super) async fn send(self) -> Answer {
        let Self { call, head, mut headers, payload } = self;
        if !headers.iter().any(|(name, _)| name == HOST.as_str()) {
            headers.push((HOST.to_string(), "localhost".to_owned()));
        }
        let head = headers.into_iter().fold(head, TestRequest::append_header);
        Answer::read(call(head, payload).await).await
    }
}

fn chunks(body: Bytes) -> impl Stream<Item = Bytes> {
    let starts = (0..body.len()).step_by(CHUNK);
    stream::iter(starts.map(move |start| body.slice(start..body.len().min(start + CHUNK))))
}

/// What the application answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The headers, among them the length of a body that is not streamed.
    pub(super) headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub(super) json: Value,
    /// The body as text.
    pub(super) text: String,
    /// The body.
    pub(super) bytes: Bytes,
    status: u16,
}

impl Answer {
    async fn read(response: HttpResponse) -> Self {
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        if let BodySize::Sized(length) = response.body().size() {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        let bytes = to_bytes(response.into_body()).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { headers, json: serde_json::from_str(&text).unwrap_or_default(), text, bytes, status }
    }

    /// The status as a number.
    pub(super) fn code(&self) -> u16 {
        self.status
    }

    /// The status, and the stable name of an error.
    pub(super) fn codes(&self) -> (u16, &str) {
        (self.status, self.text_of("code"))
    }

    /// The text at a key, empty when there is none.
    pub(super) fn text_of(&self, key: &str) -> &str {
        self.json.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A header, empty when there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The media type.
    pub(super) fn media_type(&self) -> &str {
        self.header("content-type")
    }
}
