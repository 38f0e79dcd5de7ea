//! Every way in which a request can fail.

mod causes;
pub(crate) mod codes;
mod describe;
mod reason;

use actix_multipart::MultipartError;
use actix_web::error::{JsonPayloadError, PayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use embedding::EmbeddingError;
use embedding_store::NameError;
use events::{AuditError, CheckInError, EventError, ImportError, RuleError};
use face_core::FaceError;
use uuid::Uuid;

use crate::auth::Role;
use crate::http::Shape;

pub(crate) use causes::with_causes;
pub(crate) use describe::Description;
pub(crate) use reason::{Reason, WhichPicture};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The picture cannot be used, or a model failed.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// One of two pictures cannot be used, or a model failed on it.
    #[error("the {picture} picture: {error}")]
    OneOfTwo {
        /// Which.
        picture: WhichPicture,
        /// Why.
        #[source]
        error: FaceError,
    },
    /// The face is not shown well enough to be enrolled; the reasons are not empty.
    #[error("the face is not shown well enough")]
    LowQuality(Vec<Reason>),
    /// None of several pictures can be used; the reasons of all.
    #[error("none of the pictures can be used")]
    NoPictureUsable(Vec<Reason>),
    /// The domain refused, or the store failed.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A rule for a match that cannot be kept here.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Something about a check-in was not done.
    #[error(transparent)]
    CheckIn(#[from] CheckInError),
    /// The audit cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// What is stored may not be looked at.
    #[error("what is stored is not shown: start the server with --debug-data on to allow it")]
    DebugDataOff,
    /// The audit has nothing of a transaction.
    #[error("transaction '{0}' not found")]
    NoSuchTransaction(Uuid),
    /// A name that breaks a rule.
    #[error("field '{field}': {source}")]
    Name {
        /// The field that holds the name.
        field: &'static str,
        /// The rule.
        #[source]
        source: NameError,
    },
    /// A path with bytes that are no text.
    #[error("the path is not UTF-8: percent-encode the UTF-8 bytes of names")]
    PathNotText,
    /// An id in a path or a field that is no UUID.
    #[error("field '{0}' is no id: send the UUID that the server gave")]
    Id(&'static str),
    /// An embedding of the client's that is none.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// A form field that is missing, doubled, not known or no text.
    #[error("{0}")]
    Field(String),
    /// A body that is no complete multipart form.
    #[error("the body is not a complete multipart form: {0}")]
    BrokenForm(String),
    /// A body of another media type.
    #[error("send the fields as multipart/form-data")]
    NotAForm,
    /// A query that cannot be read, such as one with a parameter given twice.
    #[error("the query cannot be read: give each parameter once, percent-encoded UTF-8")]
    Query,
    /// A query with a value that cannot be used.
    #[error("the query cannot be read: {0}")]
    QueryValue(String),
    /// A cursor that this server did not give.
    #[error("the cursor is none that this server gave: start again without one")]
    Cursor,
    /// An idempotency key that is none.
    #[error("the header idempotency-key is 1 to 255 printable ASCII characters, given once")]
    IdempotencyKey,
    /// A body that is not the JSON expected.
    #[error("the body is not the JSON expected: {0}")]
    Json(String),
    /// A body that should be JSON and says that it is something else.
    #[error("send the fields as application/json")]
    NotJson,
    /// A body longer than the limit.
    #[error("the body is larger than the {} MiB allowed", limit >> 20)]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A picture larger than the limit.
    #[error("the picture is larger than the {} MiB allowed", limit >> 20)]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Pictures of one request that are larger than the limit together, though none is alone.
    #[error(
        "the pictures together are larger than the {} MiB allowed: send smaller ones, or fewer in one request",
        limit >> 20
    )]
    TooLargeTogether {
        /// The limit, in bytes.
        limit: usize,
    },
    /// An archive that was not taken in.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// An export in the clear that was not asked for as such.
    #[error(
        "without FACE_ARCHIVE_KEY the file would hold faces in the clear: set the key, or ask with plain=true"
    )]
    PlainExport,
    /// As many pictures as allowed are being received or worked on.
    #[error("the server is busy: try again in a moment")]
    Busy,
    /// The request, or the work on it, took too long.
    #[error("the request took too long")]
    TooSlow,
    /// No key, where one is needed.
    #[error("send a key of this server as `Authorization: Bearer face_...`")]
    KeyMissing,
    /// A key that is none of this server's.
    #[error("the key does not hold: it was revoked, or is none of this server's")]
    KeyUnknown,
    /// A key that is for less.
    #[error("this takes a key of the role '{needed}', and this one has '{role}'")]
    RoleTooLow {
        /// The least that would do.
        needed: Role,
        /// The key's.
        role: Role,
    },
    /// A key that is for other events.
    #[error("the key is not for this event")]
    EventNotAllowed,
    /// A list of all events, by a key that is for some of them.
    #[error("the key is for some events alone: name one with event=")]
    EventNotNamed,
    /// The request names a host that is not this server.
    #[error("this server does not answer to that host name: use localhost, or list its origin with --cors")]
    ForeignHost,
    /// The request comes from a page of another site.
    #[error("pages of that origin may not use this server: list it with --cors to allow it")]
    ForeignOrigin,
    /// Nothing answers on this path.
    #[error("nothing is here: see /docs for what there is")]
    NoSuchPath,
    /// The path is right and the method is not.
    #[error("this method is not allowed here; allowed: {0}")]
    Method(String),
    /// A status that a layer below answered without words.
    #[error("{}", .0.canonical_reason().unwrap_or("the request was refused"))]
    Other(StatusCode),
    /// A fault of this program.
    #[error("internal error")]
    Internal,
}

impl ApiError {
    /// What a status without words means.
    pub(crate) fn of_status(status: StatusCode, methods: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoSuchPath,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method(methods.to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            other => Self::Other(other),
        }
    }

    /// The same, where it is about a picture, with which of two it is.
    pub(crate) fn of_one(self, picture: WhichPicture) -> Self {
        if let Self::Face(error) = self { Self::OneOfTwo { picture, error } } else { self }
    }

    /// What an error of the form reader means.
    pub(crate) fn of_multipart(error: &MultipartError) -> Self {
        match error {
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => Self::NotAForm,
            // Its limit is not known here: `form_error`, which knows it, answers
            // overflows of the forms before this does.
            MultipartError::Payload(PayloadError::Overflow) => Self::Other(StatusCode::PAYLOAD_TOO_LARGE),
            MultipartError::MissingField(name) => Self::Field(format!("the field '{name}' is missing")),
            MultipartError::DuplicateField(name) => Self::Field(format!("the field '{name}' is given twice")),
            MultipartError::UnknownField(name) => {
                Self::Field(format!("the field '{name}' is not known here"))
            }
            // The one way in which a text field fails, as its media type is not
            // looked at (`TextConfig` in app).
            MultipartError::Field { name, .. } => {
                Self::Field(format!("the field '{name}' is not UTF-8 text"))
            }
            MultipartError::BoundaryMissing
            | MultipartError::ContentDispositionMissing
            | MultipartError::ContentDispositionNameMissing
            | MultipartError::Nested
            | MultipartError::Incomplete
            | MultipartError::Parse(_)
            | MultipartError::Payload(_)
            | MultipartError::NotConsumed
            | _ => Self::BrokenForm(error.to_string()),
        }
    }

    /// What an error of the reader of JSON means.
    pub(crate) fn of_json(error: &JsonPayloadError) -> Self {
        match error {
            JsonPayloadError::OverflowKnownLength { limit, .. } | JsonPayloadError::Overflow { limit } => {
                Self::BodyTooLarge { limit: *limit }
            }
            JsonPayloadError::ContentType => Self::NotJson,
            JsonPayloadError::Deserialize(error) => Self::Json(error.to_string()),
            JsonPayloadError::Payload(PayloadError::Overflow) => Self::Other(StatusCode::PAYLOAD_TOO_LARGE),
            JsonPayloadError::Payload(_) => Self::Json("it was not received to its end".to_owned()),
            JsonPayloadError::Serialize(_) | _ => Self::Internal,
        }
    }

    /// What an error of the reader of queries means on the routes that have typed ones.
    pub(crate) fn of_query(error: &QueryPayloadError) -> Self {
        match error {
            QueryPayloadError::Deserialize(error) => Self::QueryValue(error.to_string()),
            _ => Self::Query,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        // The path is not known here. Its shape changes the status of an unusable picture alone (422, or 400
        // on the older paths), and the envelope sets the right one.
        self.describe(Shape::Problem).status()
    }

    /// The bare status: the body depends on the path and is made where errors leave.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
