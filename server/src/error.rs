//! Every way in which a request can fail, and what the client is told: one match.

use actix_multipart::MultipartError;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use embedding_store::{NameError, StoreError};
use events::EventError;
use face_core::{FaceError, PictureError};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The picture cannot be used, or a model failed.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The domain refused, or the store failed.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A name that breaks a rule.
    #[error("field '{field}': {source}")]
    Name {
        /// The field that holds the name.
        field: &'static str,
        /// The rule.
        #[source]
        source: NameError,
    },
    /// A form field that is missing, doubled or no text.
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
    /// A picture larger than the limit.
    #[error("the picture is larger than the {} MiB allowed", limit >> 20)]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// As many pictures as allowed are being received or worked on.
    #[error("the server is busy: try again in a moment")]
    Busy,
    /// The request, or the work on it, took too long.
    #[error("the request took too long")]
    TooSlow,
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

/// What the client is told.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) status: StatusCode,
    /// Stable name of the error.
    pub(crate) code: &'static str,
    /// What happened and what to do; nothing of the inside for errors of ours.
    pub(crate) message: String,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
}

impl Description {
    fn refusal(status: StatusCode, code: &'static str, words: &str) -> Self {
        Self { status, code, message: sentence(words), retry_after: None }
    }

    /// An error of ours, of which the client learns nothing but where to look.
    fn fault() -> Self {
        let words =
            "internal server error: the server's log has the details under this answer's x-request-id";
        Self::refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", words)
    }
}

/// Seconds that a client of a busy server is asked to wait: pictures take milliseconds.
const BUSY: u32 = 1;
/// Seconds that a client is asked to wait for a store.
const STORE_AWAY: u32 = 5;

impl ApiError {
    /// The status, code and words for the client.
    pub(crate) fn describe(&self) -> Description {
        match self {
            Self::Face(error) => of_face(error),
            Self::Event(error) => of_event(error),
            Self::Name { .. } => self.refused(StatusCode::BAD_REQUEST, "invalid_name"),
            Self::Field(_) => self.refused(StatusCode::BAD_REQUEST, "invalid_field"),
            Self::BrokenForm(_) => self.refused(StatusCode::BAD_REQUEST, "broken_form"),
            Self::NotAForm => self.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_form"),
            Self::Query => self.refused(StatusCode::BAD_REQUEST, "invalid_query"),
            Self::TooLarge { .. } => self.refused(StatusCode::PAYLOAD_TOO_LARGE, "picture_too_large"),
            Self::Busy => Description {
                retry_after: Some(BUSY),
                ..self.refused(StatusCode::SERVICE_UNAVAILABLE, "busy")
            },
            Self::TooSlow => self.refused(StatusCode::REQUEST_TIMEOUT, "too_slow"),
            Self::ForeignHost => self.refused(StatusCode::FORBIDDEN, "foreign_host"),
            Self::ForeignOrigin => self.refused(StatusCode::FORBIDDEN, "foreign_origin"),
            Self::NoSuchPath => self.refused(StatusCode::NOT_FOUND, "no_such_path"),
            Self::Method(_) => self.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Other(status) => self.refused(*status, "refused"),
            Self::Internal => Description::fault(),
        }
    }

    fn refused(&self, status: StatusCode, code: &'static str) -> Description {
        Description::refusal(status, code, &self.to_string())
    }

    /// What a status without words means.
    pub(crate) fn of_status(status: StatusCode, methods: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoSuchPath,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method(methods.to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            other => Self::Other(other),
        }
    }

    /// What an error of the form reader means.
    pub(crate) fn of_multipart(error: &MultipartError) -> Self {
        match error {
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => Self::NotAForm,
            MultipartError::Payload(PayloadError::Overflow) => Self::Other(StatusCode::PAYLOAD_TOO_LARGE),
            MultipartError::MissingField(name) => Self::Field(format!("the field '{name}' is missing")),
            MultipartError::DuplicateField(name) => Self::Field(format!("the field '{name}' is given twice")),
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
            | MultipartError::UnknownField(_)
            | _ => Self::BrokenForm(error.to_string()),
        }
    }
}

fn of_face(error: &FaceError) -> Description {
    let refused = |status, code, words: &str| Description::refusal(status, code, words);
    match error {
        FaceError::Picture(PictureError::TooManyBytes { limit, .. }) => {
            ApiError::TooLarge { limit: *limit }.describe()
        }
        FaceError::Picture(_) => refused(StatusCode::BAD_REQUEST, "unusable_picture", &error.to_string()),
        // The words of the replaced service, which its clients look for.
        FaceError::NoFace => refused(StatusCode::BAD_REQUEST, "no_face", "No face detected in image"),
        FaceError::MultipleFaces { .. } => {
            refused(StatusCode::BAD_REQUEST, "multiple_faces", "Multiple faces detected in image")
        }
        FaceError::Inference(_) | _ => Description::fault(),
    }
}

fn of_event(error: &EventError) -> Description {
    let refused = Description::refusal;
    match error {
        EventError::UnknownEvent { event } => {
            refused(StatusCode::NOT_FOUND, "no_such_event", &format!("Event '{event}' not found"))
        }
        EventError::NotSearchable { event } => refused(
            StatusCode::NOT_FOUND,
            "no_such_event",
            &format!("Event '{event}' not found or has no registered users"),
        ),
        EventError::UnknownUser { event, user } => refused(
            StatusCode::NOT_FOUND,
            "no_such_user",
            &format!("User '{user}' not found in event '{event}'"),
        ),
        EventError::ModelMismatch { .. } => refused(StatusCode::CONFLICT, "other_model", &error.to_string()),
        EventError::Store(StoreError::Conflict { .. }) => {
            refused(StatusCode::CONFLICT, "conflict", &error.to_string())
        }
        EventError::Store(StoreError::Unstorable { .. }) => {
            refused(StatusCode::BAD_REQUEST, "unstorable", &error.to_string())
        }
        EventError::Store(StoreError::Unavailable { .. }) => Description {
            retry_after: Some(STORE_AWAY),
            ..refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unavailable",
                "the store is not available: try again in a moment",
            )
        },
        EventError::Embedding(_)
        | EventError::Score(_)
        | EventError::UnusableSamples { .. }
        | EventError::Store(_)
        | EventError::Interrupted(_)
        | _ => Description::fault(),
    }
}

/// Starts with a capital letter, as messages to people do.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.describe().status
    }

    /// The bare status: the body depends on the path and is made where errors leave.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
