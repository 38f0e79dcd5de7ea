//! What the client is told of an error: its row of the table, or one chosen for an error of another crate.

use actix_web::http::StatusCode;
use embedding::Distance;
use embedding_store::{StoreError, Username};
use events::{AuditError, CheckInError, EventError, ImportError};
use face_core::{FaceError, PictureError};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::{self, Code};
use super::{ApiError, Reason, WhichPicture};
use crate::http::Shape;
use crate::scores::{Score, Scores};

/// What the client is told.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) code: &'static Code,
    /// Where it is not the code's.
    other_status: Option<StatusCode>,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
    /// What happened and what to do; nothing of the inside for errors of ours.
    pub(crate) message: String,
    /// What is wrong with a picture.
    pub(crate) reasons: Vec<Reason>,
    /// Who else has the face.
    pub(crate) duplicate: Option<DuplicateOf>,
    /// Which face is unlike the user's others.
    pub(crate) other_person: Option<UnlikeFace>,
}

/// A face of a request that is unlike the user's others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct UnlikeFace {
    /// Its place among what was sent, from 0.
    #[schema(example = 1)]
    index: usize,
    /// How far it is from the others; null for a key below admin.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.5126)]
    distance: Score<f32>,
}

impl UnlikeFace {
    pub(crate) fn new(index: usize, distance: Distance, scores: Scores) -> Self {
        Self { index, distance: scores.show_other(distance.value()) }
    }
}

/// Another user of the event who has the face.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct DuplicateOf {
    /// Their name.
    #[schema(example = "john_doe")]
    user: String,
    /// How far the face is from theirs; null for a key below admin.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.2127)]
    distance: Score<f32>,
}

impl DuplicateOf {
    pub(crate) fn new(user: &Username, distance: Distance, scores: Scores) -> Self {
        Self { user: user.to_string(), distance: scores.show_other(distance.value()) }
    }
}

/// A status that a layer below answered without words.
const REFUSED: &Code =
    &Code { status: StatusCode::BAD_REQUEST, name: "refused", example: "", retry_after: None };

impl Description {
    fn new(code: &'static Code, words: &str) -> Self {
        // Of a fault the client learns nothing but where to look.
        let words = if code == codes::INTERNAL { code.example } else { words };
        let (other_status, reasons, duplicate, other_person) = (None, Vec::new(), None, None);
        let (retry_after, message) = (code.retry_after, sentence(words));
        Self { code, other_status, retry_after, message, reasons, duplicate, other_person }
    }

    /// An error that always reads as the example of its code.
    fn from_code(code: &'static Code) -> Self {
        Self::new(code, code.example)
    }

    /// A picture that cannot be used: in the words and with the status of the path.
    fn unusable_picture(shape: Shape, legacy: &'static Code, words: &str, reasons: Vec<Reason>) -> Self {
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
        self.reasons = self.reasons.into_iter().map(|reason| reason.with_picture(picture)).collect();
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.other_status.unwrap_or(self.code.status)
    }
}

impl ApiError {
    /// The seconds to wait, where they are other than the code's.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most errors have none")]
    fn wait(&self) -> Option<u32> {
        match self {
            Self::KeyLimited { seconds }
            | Self::AddressLimited { seconds }
            | Self::TooManyFailedKeys { seconds } => Some(*seconds),
            _ => None,
        }
    }

    /// The status, code and words for a client of a path that answers in this shape, who is told so much of distances.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most variants have their code in the table")]
    pub(crate) fn describe(&self, shape: Shape, scores: Scores) -> Description {
        if let Some(code) = self.code() {
            let described = Description::new(code, &self.to_string());
            let retry_after = self.wait().or(described.retry_after);
            return Description { retry_after, ..described };
        }
        match self {
            Self::Face(error) => describe_face_error(error, shape),
            Self::OneOfTwo { picture, error } => describe_face_error(error, shape).about(*picture),
            Self::LowQuality(reasons) => {
                let hint = reasons.first().map_or_else(|| self.to_string(), |first| first.hint().to_owned());
                Description::unusable_picture(shape, codes::LOW_QUALITY, &hint, reasons.clone())
            }
            Self::NoPictureUsable(reasons) => Description {
                reasons: reasons.clone(),
                ..Description::new(codes::PICTURE_UNUSABLE, &self.to_string())
            },
            Self::Event(error)
            | Self::CheckIn(CheckInError::Event(error))
            | Self::Import(ImportError::Event(error)) => describe_event_error(error, scores),
            Self::CheckIn(CheckInError::Store(error)) | Self::Audit(AuditError::Store(error)) => {
                describe_store_error(error)
            }
            Self::CheckIn(CheckInError::KeyReused) => Description::from_code(codes::KEY_REUSED),
            Self::CheckIn(CheckInError::NotFound { .. }) => {
                Description::new(codes::NO_SUCH_CHECK_IN, &self.to_string())
            }
            Self::Import(
                ImportError::Archive(_)
                | ImportError::Empty
                | ImportError::Over { .. }
                | ImportError::UnusableFaces { .. },
            ) => Description::new(codes::INVALID_ARCHIVE, &self.to_string()),
            Self::Other(status) => {
                let described = Description::new(REFUSED, &self.to_string());
                Description { other_status: Some(*status), ..described }
            }
            // The enums of the crates are `non_exhaustive`: a variant that is not known here must not tell a client of
            // the inside. So it is wherever a match below ends in `_`.
            _ => Description::from_code(codes::INTERNAL),
        }
    }
}

fn describe_face_error(error: &FaceError, shape: Shape) -> Description {
    let unusable = |legacy, words: &str| {
        Description::unusable_picture(
            shape,
            legacy,
            words,
            Reason::from_face_error(error).into_iter().collect(),
        )
    };
    match error {
        // The limit of an upload, found later: it is the same 413 as when the form reader finds it.
        FaceError::Picture(PictureError::TooManyBytes { limit, .. }) => {
            Description::new(codes::PICTURE_TOO_LARGE, &ApiError::TooLarge { limit: *limit }.to_string())
        }
        FaceError::Picture(_) => unusable(codes::UNUSABLE_PICTURE, &error.to_string()),
        // The words of the replaced service, which its clients look for.
        FaceError::NoFace => unusable(codes::NO_FACE, codes::NO_FACE.example),
        FaceError::MultipleFaces { .. } => unusable(codes::MULTIPLE_FACES, codes::MULTIPLE_FACES.example),
        FaceError::Inference(_) | _ => Description::from_code(codes::INTERNAL),
    }
}

fn describe_event_error(error: &EventError, scores: Scores) -> Description {
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
        EventError::DuplicatePerson { event, user, distance } => {
            let words = format!("the face is that of user '{user}' of event '{event}'");
            let duplicate = Some(DuplicateOf::new(user, *distance, scores));
            Description { duplicate, ..worded(codes::DUPLICATE_PERSON, words + &at(*distance, scores)) }
        }
        EventError::OtherPerson { user, face, distance, .. } => {
            let words = format!(
                "face {face} of the request (counted from 0) is not that of user '{user}': it is unlike the others"
            );
            let other_person = Some(UnlikeFace::new(*face, *distance, scores));
            Description { other_person, ..worded(codes::OTHER_PERSON, words + &at(*distance, scores)) }
        }
        EventError::NoTemplate { .. } => plain(codes::NO_TEMPLATE),
        EventError::Embedding(_) => plain(codes::INVALID_EMBEDDING),
        EventError::RequestReused { .. } => Description::from_code(codes::KEY_REUSED),
        EventError::Rule { .. } => plain(codes::UNUSABLE_RULE),
        EventError::SimilarUser { .. } | EventError::SimilarEvent { .. } => {
            worded(codes::SIMILAR_NAME, format!("{error}: use the name that is there"))
        }
        EventError::UserExists { .. } => worded(
            codes::USER_EXISTS,
            format!("{error}: merge the two if they are one person, or choose another name"),
        ),
        EventError::SameUser { .. } => plain(codes::SAME_USER),
        EventError::EventExists { .. } => plain(codes::CONFLICT),
        EventError::ModelMismatch { .. } => plain(codes::OTHER_MODEL),
        EventError::Store(error) => describe_store_error(error),
        EventError::Score(_)
        | EventError::UnusableSamples { .. }
        | EventError::Policy(_)
        | EventError::Interrupted(_)
        | _ => Description::from_code(codes::INTERNAL),
    }
}

/// The end of a sentence about a face, for those who are told how far it is from another.
fn at(distance: Distance, scores: Scores) -> String {
    if scores.are_all() { format!(", at a distance of {distance}") } else { String::new() }
}

fn describe_store_error(error: &StoreError) -> Description {
    match error {
        StoreError::Conflict { .. } => Description::new(codes::CONFLICT, &error.to_string()),
        StoreError::Unstorable { .. } => Description::new(codes::UNSTORABLE, &error.to_string()),
        // Not in the words of the store, which may name hosts and files.
        // One that only a person can mend, such as a password that was changed, is away for clients all the same.
        StoreError::Unavailable { .. } | StoreError::Misconfigured { .. } => match error.outage() {
            Some(outage) => {
                Description::new(codes::STORE_UNAVAILABLE, &format!("The store is not available: {outage}"))
            }
            None => Description::from_code(codes::STORE_UNAVAILABLE),
        },
        // The domain makes an unknown event or user of `NotFound`: one that comes this far is a fault.
        StoreError::NotFound { .. } | StoreError::Corrupt { .. } | _ => {
            Description::from_code(codes::INTERNAL)
        }
    }
}

/// Starts with a capital letter, as messages to people do.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
