//! A request read whole: its route, parameters and file, from any of the body forms.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use hyper::{Method, Request};

use crate::answer::Refusal;
use crate::endpoint::Route;
use crate::parameters::Parameters;

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) route: Route,
    /// As it was sent, percent-encoded and without the query.
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) file: Option<File>,
}

/// The file of an upload.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) filename: String,
    pub(crate) bytes: Bytes,
}

impl Call {
    /// Reads the whole request, or says what is wrong with its body.
    pub(crate) async fn read(request: Request<Incoming>) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let header = |name: HeaderName| {
            head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut call = Self {
            route: Route::parse(&head.method, head.uri.path()),
            path: head.uri.path().to_owned(),
            authorization: header(AUTHORIZATION),
            parameters: Parameters::default(),
            file: None,
            method: head.method,
        };
        // Parameters may be in the query beside a body.
        call.parameters.take_form(head.uri.query().unwrap_or_default().as_bytes());
        let body = body.collect().await.map_err(malformed)?.to_bytes();
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        match content_type.as_str() {
            // A content type may come without a body, and no bytes are neither JSON nor multipart.
            _ if body.is_empty() => {}
            kind if kind.starts_with("multipart/form-data") => call.take_multipart(kind, body).await?,
            kind if kind.starts_with("application/json") => {
                call.parameters.take_json(serde_json::from_slice(&body).map_err(malformed)?);
            }
            _ => call.parameters.take_form(&body),
        }
        Ok(call)
    }

    async fn take_multipart(&mut self, content_type: &str, body: Bytes) -> Result<(), Refusal> {
        let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
        let mut parts = multer::Multipart::new(Full::new(body).into_data_stream(), boundary);
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            match part.file_name().map(str::to_owned) {
                Some(filename) => {
                    let bytes = part.bytes().await.map_err(malformed)?;
                    self.file = Some(File { filename, bytes });
                }
                None => {
                    let name = part.name().unwrap_or_default().to_owned();
                    self.parameters.add(&name, part.text().await.map_err(malformed)?);
                }
            }
        }
        Ok(())
    }

    /// What a rule of a failing call is compared with: the path and the ids.
    pub(crate) fn subject(&self) -> String {
        let mut subject = self.route.rest(0);
        for name in ["public_id", "from_public_id", "to_public_id", "prefix", "public_ids", "prefixes"] {
            for value in self.parameters.each(name) {
                subject.push('\n');
                subject.push_str(value);
            }
        }
        subject
    }
}

fn malformed(error: impl std::fmt::Display) -> Refusal {
    Refusal::bad_request(format!("Invalid body: {error}"))
}
