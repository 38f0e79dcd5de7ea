//! Every way in which a request can fail.

mod causes;
mod code;
pub(crate) mod codes;
mod describe;
mod reason;

use actix_multipart::MultipartError;
use actix_web::error::{JsonPayloadError, PayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::http::Shape;
use crate::scores::Scores;

pub(crate) use causes::with_causes;
pub(crate) use codes::ApiError;
pub(crate) use describe::{Description, DuplicateOf, UnlikeFace};
pub(crate) use reason::{Reason, WhichPicture};

/// Most characters of a name of the client's choice that an answer repeats.
const MOST_SHOWN: usize = 64;

/// The name of a form's field as an answer may repeat it: short, and without characters that nobody sees.
pub(crate) fn shown(name: &str) -> String {
    let start = name.chars().take(MOST_SHOWN).flat_map(char::escape_debug);
    let rest = if name.chars().nth(MOST_SHOWN).is_some() { "..." } else { "" };
    start.chain(rest.chars()).collect()
}

impl ApiError {
    /// What a status without words means.
    pub(crate) fn from_status(status: StatusCode, methods: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoSuchPath,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method(methods.to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            other => Self::Other(other),
        }
    }

    /// The same, where it is about a picture, with which of two it is.
    pub(crate) fn with_picture(self, picture: WhichPicture) -> Self {
        if let Self::Face(error) = self { Self::OneOfTwo { picture, error } } else { self }
    }

    /// What an error of the form reader means.
    pub(crate) fn from_multipart_error(error: &MultipartError) -> Self {
        match error {
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => Self::NotAForm,
            // Its limit is not known here: the reader of forms, which knows it, answers
            // overflows before this does.
            MultipartError::Payload(PayloadError::Overflow) => Self::Other(StatusCode::PAYLOAD_TOO_LARGE),
            MultipartError::MissingField(name) => {
                Self::Field(format!("the field '{}' is missing", shown(name)))
            }
            MultipartError::DuplicateField(name) => {
                Self::Field(format!("the field '{}' is given twice", shown(name)))
            }
            MultipartError::UnknownField(name) => {
                Self::Field(format!("the field '{}' is not known here", shown(name)))
            }
            // The one way in which a text field fails, as its media type is not
            // looked at (`TextConfig` in app/mod.rs).
            MultipartError::Field { name, .. } => {
                Self::Field(format!("the field '{}' is not UTF-8 text", shown(name)))
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
    pub(crate) fn from_json_error(error: &JsonPayloadError) -> Self {
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
    pub(crate) fn from_query_error(error: &QueryPayloadError) -> Self {
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
        self.describe(Shape::Problem, Scores::Matches).status()
    }

    /// The bare status: the body depends on the path and is made where errors leave.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
