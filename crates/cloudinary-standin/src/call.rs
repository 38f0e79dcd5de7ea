//! A request read whole: its route, parameters and file, from any of the body forms.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use serde_json::Value;

use crate::answer::Refusal;
use crate::endpoint::Route;
use crate::parameters::Parameters;

/// The largest body that is read at all, in bytes: above every limit that an account can have.
const LARGEST_BODY: usize = 128 * 1024 * 1024;

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) route: Route,
    /// As it was sent, percent-encoded and without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) file: Option<File>,
}

/// The file of an upload.
#[derive(Debug)]
pub(crate) enum File {
    /// A part with a filename.
    Part { filename: String, bytes: Bytes },
    /// A `data:` URI or an address.
    Text(String),
}

impl Call {
    /// Reads the whole request. What is wrong with the body comes second, beside what the rest says.
    pub(crate) async fn read(request: Request<Incoming>) -> (Self, Option<Refusal>) {
        let (head, body) = request.into_parts();
        let header =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let query = head.uri.query().unwrap_or_default().to_owned();
        // The body comes after all else was taken from the head, so that even a body that cannot be read
        // leaves a call with an endpoint: it is counted, and rules apply to it.
        let mut call = Self {
            route: Route::of(&head.method, head.uri.path()),
            method: head.method,
            path: head.uri.path().to_owned(),
            parameters: Parameters::of_query(&query),
            query,
            authorization: header(AUTHORIZATION.as_str()),
            range: header("range"),
            file: None,
        };
        // hyper sets no limit of its own to a body.
        let trouble = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => call.take_body(&head.headers, body.to_bytes()).await.err(),
            Err(_) => Some(Refusal::new(413, "Request body too large")),
        };
        (call, trouble)
    }

    async fn take_body(&mut self, headers: &HeaderMap, body: Bytes) -> Result<(), Refusal> {
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // A content type may come without a body, and no bytes are neither JSON nor multipart.
        if body.is_empty() {
            return Ok(());
        }
        if content_type.starts_with("multipart/form-data") {
            self.take_multipart(content_type, body).await?;
        } else if content_type.starts_with("application/json") {
            match serde_json::from_slice(&body) {
                // Merged, not replaced: the SDK for TypeScript has the signature in the query and the rest
                // in the body.
                Ok(Value::Object(members)) => self.parameters.merge(Parameters::of_json(members)),
                Ok(_) | Err(_) => return Err(Refusal::bad_request("Invalid JSON")),
            }
        } else {
            self.parameters.merge(form_urlencoded::parse(&body).into_owned().collect());
        }
        if let Some(file) = self.parameters.remove("file") {
            self.file = Some(File::Text(file));
        }
        Ok(())
    }

    async fn take_multipart(&mut self, content_type: &str, body: Bytes) -> Result<(), Refusal> {
        let malformed =
            |error: multer::Error| Refusal::bad_request(format!("Invalid multipart body: {error}"));
        let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
        let mut parts = multer::Multipart::new(Full::new(body).into_data_stream(), boundary);
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            let name = part.name().unwrap_or_default().to_owned();
            // A file without a filename is text in the form, an address or a `data:` URI, also under the
            // name "file".
            match part.file_name().map(str::to_owned) {
                Some(filename) => {
                    let bytes = part.bytes().await.map_err(malformed)?;
                    self.file = Some(File::Part { filename, bytes });
                }
                None => {
                    let value = part.bytes().await.map_err(malformed)?;
                    self.parameters.add(&name, String::from_utf8_lossy(&value).into_owned());
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
