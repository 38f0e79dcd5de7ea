//! What the client is told of an error: one match.

use actix_web::http::StatusCode;
use embedding_store::StoreError;
use events::{AuditError, CheckInError, EventError, ImportError};
use face_core::{FaceError, PictureError};

use super::codes::{self, Code};
use super::{ApiError, Reason, WhichPicture};
use crate::error_body::{DuplicateOf, UnlikeFace};
use crate::http::Shape;

/// What the client is told.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) code: &'static Code,
    /// Where it is not the code's.
    other_status: Option<StatusCode>,
    /// What happened and what to do; nothing of the inside for errors of ours.
    pub(crate) message: String,
    /// What is wrong with a picture.
    pub(crate) reasons: Vec<Reason>,
    /// Who else has the face.
    pub(crate) duplicate: Option<DuplicateOf>,
    /// Which face is unlike the user's others.
    pub(crate) other_person: Option<UnlikeFace>,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
}

/// A status that a layer below answered without words.
const REFUSED: &Code = &Code { status: StatusCode::BAD_REQUEST, name: "refused", example: "" };

/// Seconds that a client of a busy server is asked to wait: pictures take milliseconds.
const BUSY: u32 = 1;
/// Seconds that a client is asked to wait for a store.
const STORE_AWAY: u32 = 5;

impl Description {
    fn new(code: &'static Code, words: &str) -> Self {
        let (other_status, reasons, retry_after) = (None, Vec::new(), None);
        let (duplicate, other_person) = (None, None);
        Self { code, other_status, message: sentence(words), reasons, duplicate, other_person, retry_after }
    }

    /// An error of ours, of which the client learns nothing but where to look.
    fn fault() -> Self {
        Self::new(codes::INTERNAL, codes::INTERNAL.example)
    }

    /// A picture that cannot be used: in the words and with the status of the path.
    fn of_picture(shape: Shape, legacy: &'static Code, words: &str, reasons: Vec<Reason>) -> Self {
        match shape {
            // Clients of the replaced service know 400 for a picture, a message and no reasons.
            Shape::Status | Shape::Verdict => Self::new(legacy, words),
            Shape::Problem => {
                let hint = reasons.first().map_or(words, Reason::hint);
                let described = Self::new(codes::PICTURE_UNUSABLE, hint);
                Self { reasons, ..described }
            }
        }
    }

    /// The same with the picture that it is about, where it is about one.
    fn about(mut self, picture: WhichPicture) -> Self {
        if let Some(reason) = self.reasons.first() {
            self.message = format!("The {picture} picture: {}", reason.hint());
        }
        self.reasons = self.reasons.into_iter().map(|reason| reason.of_picture_named(picture)).collect();
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.other_status.unwrap_or(self.code.status)
    }
}

impl ApiError {
    /// The status, code and words for a client of a path that answers in this shape.
    pub(crate) fn describe(&self, shape: Shape) -> Description {
        let plain = |code| Description::new(code, &self.to_string());
        match self {
            Self::Face(error) => of_face(error, shape),
            Self::OneOfTwo { picture, error } => of_face(error, shape).about(*picture),
            Self::LowQuality(reasons) => {
                let hint = reasons.first().map_or_else(|| self.to_string(), |first| first.hint().to_owned());
                Description::of_picture(shape, codes::LOW_QUALITY, &hint, reasons.clone())
            }
            Self::NoPictureUsable(reasons) => {
                Description { reasons: reasons.clone(), ..plain(codes::PICTURE_UNUSABLE) }
            }
            Self::Event(error) => of_event(error),
            Self::CheckIn(CheckInError::KeyReused) => {
                Description::new(codes::KEY_REUSED, codes::KEY_REUSED.example)
            }
            Self::CheckIn(CheckInError::Event(error)) => of_event(error),
            Self::CheckIn(CheckInError::NotFound { .. }) => plain(codes::NO_SUCH_CHECK_IN),
            Self::CheckIn(CheckInError::Store(error)) | Self::Audit(AuditError::Store(error)) => {
                of_store(error)
            }
            // These enums are `non_exhaustive`: a variant that is not known here must not tell a client of the
            // inside. So it is wherever a match below ends in `_`.
            Self::CheckIn(_) | Self::Audit(_) => Description::fault(),
            Self::Import(ImportError::Event(error)) => of_event(error),
            Self::Import(_) => plain(codes::INVALID_ARCHIVE),
            Self::PlainExport => plain(codes::PLAIN_EXPORT),
            Self::DebugDataOff => plain(codes::DEBUG_DATA_OFF),
            Self::NoSuchTransaction(_) => plain(codes::NO_SUCH_TRANSACTION),
            Self::Rule(_) => plain(codes::INVALID_RULE),
            Self::Embedding(_) => plain(codes::INVALID_EMBEDDING),
            Self::Name { .. } | Self::PathNotText => plain(codes::INVALID_NAME),
            Self::Id(_) => plain(codes::INVALID_ID),
            Self::Field(_) => plain(codes::INVALID_FIELD),
            Self::BrokenForm(_) => plain(codes::BROKEN_FORM),
            Self::NotAForm => plain(codes::NOT_A_FORM),
            Self::Query | Self::QueryValue(_) => plain(codes::INVALID_QUERY),
            Self::Cursor => plain(codes::INVALID_CURSOR),
            Self::IdempotencyKey => plain(codes::INVALID_KEY),
            Self::Json(_) => plain(codes::INVALID_JSON),
            Self::NotJson => plain(codes::NOT_JSON),
            Self::BodyTooLarge { .. } => plain(codes::BODY_TOO_LARGE),
            Self::TooLarge { .. } | Self::TooLargeTogether { .. } => plain(codes::PICTURE_TOO_LARGE),
            Self::Busy => Description { retry_after: Some(BUSY), ..plain(codes::BUSY) },
            Self::TooSlow => plain(codes::TOO_SLOW),
            Self::KeyMissing => plain(codes::KEY_MISSING),
            Self::KeyUnknown => plain(codes::KEY_UNKNOWN),
            Self::RoleTooLow { .. } => plain(codes::ROLE_TOO_LOW),
            Self::EventNotAllowed | Self::EventNotNamed => plain(codes::EVENT_NOT_ALLOWED),
            Self::ForeignHost => plain(codes::FOREIGN_HOST),
            Self::ForeignOrigin => plain(codes::FOREIGN_ORIGIN),
            Self::NoSuchPath => plain(codes::NO_SUCH_PATH),
            Self::Method(_) => plain(codes::METHOD),
            Self::Other(status) => Description { other_status: Some(*status), ..plain(REFUSED) },
            Self::Internal => Description::fault(),
        }
    }
}

fn of_face(error: &FaceError, shape: Shape) -> Description {
    let unusable = |legacy, words: &str| {
        Description::of_picture(shape, legacy, words, Reason::of_face(error).into_iter().collect())
    };
    match error {
        // The limit of an upload, found later: it is the same 413 as when the form reader finds it.
        FaceError::Picture(PictureError::TooManyBytes { limit, .. }) => {
            ApiError::TooLarge { limit: *limit }.describe(shape)
        }
        FaceError::Picture(_) => unusable(codes::UNUSABLE_PICTURE, &error.to_string()),
        // The words of the replaced service, which its clients look for.
        FaceError::NoFace => unusable(codes::NO_FACE, codes::NO_FACE.example),
        FaceError::MultipleFaces { .. } => unusable(codes::MULTIPLE_FACES, codes::MULTIPLE_FACES.example),
        FaceError::Inference(_) | _ => Description::fault(),
    }
}

fn of_event(error: &EventError) -> Description {
    let plain = |code| Description::new(code, &error.to_string());
    let worded = |code, words: String| Description::new(code, &words);
    match error {
        EventError::UnknownEvent { event } => {
            worded(codes::NO_SUCH_EVENT, format!("Event '{event}' not found"))
        }
        EventError::NotSearchable { event } => {
            worded(codes::NO_SUCH_EVENT, format!("Event '{event}' not found or has no registered users"))
        }
        EventError::UnknownUser { event, user } => {
            worded(codes::NO_SUCH_USER, format!("User '{user}' not found in event '{event}'"))
        }
        EventError::UnknownSample { event, user, id } => worded(
            codes::NO_SUCH_FACE,
            format!("User '{user}' of event '{event}' has no face with the id {id}"),
        ),
        EventError::LastSample { event, user } => worded(
            codes::LAST_FACE,
            format!("It is the only face of user '{user}' of event '{event}': delete the user instead"),
        ),
        EventError::DuplicatePerson { user, distance, .. } => {
            let duplicate = DuplicateOf { user: user.to_string(), distance: distance.value() };
            Description { duplicate: Some(duplicate), ..plain(codes::DUPLICATE_PERSON) }
        }
        EventError::OtherPerson { user, face, distance, .. } => {
            let words = format!(
                "face {face} of the request (counted from 0) is not that of user '{user}': it is unlike the others, at a \
                 distance of {distance}"
            );
            let other_person = Some(UnlikeFace { index: *face, distance: distance.value() });
            Description { other_person, ..worded(codes::OTHER_PERSON, words) }
        }
        EventError::NoTemplate { .. } => plain(codes::NO_TEMPLATE),
        EventError::Embedding(_) => plain(codes::INVALID_EMBEDDING),
        EventError::RequestReused { .. } => worded(codes::KEY_REUSED, codes::KEY_REUSED.example.to_owned()),
        EventError::Rule { .. } => plain(codes::UNUSABLE_RULE),
        EventError::EventExists { .. } => plain(codes::CONFLICT),
        EventError::ModelMismatch { .. } => plain(codes::OTHER_MODEL),
        EventError::Store(error) => of_store(error),
        EventError::Score(_)
        | EventError::UnusableSamples { .. }
        | EventError::Policy(_)
        | EventError::Interrupted(_)
        | _ => Description::fault(),
    }
}

fn of_store(error: &StoreError) -> Description {
    match error {
        StoreError::Conflict { .. } => Description::new(codes::CONFLICT, &error.to_string()),
        StoreError::Unstorable { .. } => Description::new(codes::UNSTORABLE, &error.to_string()),
        // Not in the words of the store, which may name hosts and files.
        StoreError::Unavailable { .. } => Description {
            retry_after: Some(STORE_AWAY),
            ..Description::new(codes::STORE_UNAVAILABLE, codes::STORE_UNAVAILABLE.example)
        },
        // The domain makes an unknown event or user of `NotFound`: one that comes this far is a fault.
        StoreError::NotFound { .. } | StoreError::Corrupt { .. } | StoreError::Misconfigured { .. } | _ => {
            Description::fault()
        }
    }
}

/// Starts with a capital letter, as messages to people do.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
