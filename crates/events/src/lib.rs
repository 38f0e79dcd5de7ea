//! People at events: enrol a face, say whose face it is, list and delete.
//!
//! [`EventService`] is the most of it. It keeps every event's [`Gallery`] in memory, coherent with an
//! [`EmbeddingStore`](embedding_store::EmbeddingStore) that other services may write to as well, and takes
//! the decision that a [`MatchPolicy`] asks for. It sees embeddings, never a picture and never a request.
//!
//! Beside it, over a [`Journal`](embedding_store::Journal): [`CheckIns`], who came to an event and when, and
//! [`AuditTrail`], what was done and how it ended.
//!
//! ```
//! use std::sync::Arc;
//!
//! use embedding::{Embedding, ModelId};
//! use embedding_store::InMemory;
//! use events::{Decision, EnrolmentFace, EventName, EventService, MatchPolicy, Metadata, Username};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = ModelId::new("dlib-resnet-v1")?;
//! let service = EventService::open(Arc::new(InMemory::new()), model.clone(), MatchPolicy::default()).await?;
//!
//! let (event, user) = (EventName::new("conference_2024")?, Username::new("Zoë")?);
//! let embedding = Embedding::new(model, [0.1; 128])?;
//! let face = EnrolmentFace {
//!     embedding: embedding.clone(),
//!     detection_score: 0.98,
//!     quality: Metadata::new(),
//!     source: "upload".into(),
//! };
//! service.enrol(&event, &user, face).await?;
//!
//! let verdict = service.identify(&event, &embedding).await?;
//! assert_eq!(verdict.decision, Decision::Match);
//! assert_eq!(verdict.matched(), Some(&user));
//! # Ok(())
//! # }
//! ```

mod audit;
mod bounded_text;
mod calibration;
mod check_in;
mod decision;
mod distance_field;
mod error;
mod export;
mod gallery;
mod journal;
mod limit;
mod policy;
mod retention;
mod rules;
mod service;
mod string_enum;
#[cfg(test)]
mod test_journal;
#[cfg(test)]
mod test_log;

pub use audit::{
    Action, AuditDetails, AuditEntry, AuditError, AuditFilter, AuditListing, AuditOptions, AuditPage,
    AuditStatus, AuditTrail, ErasedAudit, Outcome, Recorded,
};
pub use bounded_text::{
    Actor, IdempotencyKey, MAX_ACTOR_CHARACTERS, MAX_KEY_BYTES, MAX_NOTE_CHARACTERS, Note, TextError,
};
pub use calibration::{
    Calibration, CalibrationData, CalibrationError, CalibrationPoint, CalibrationSetting, OutsideCalibration,
    ThresholdBasis,
};
pub use check_in::{
    CheckIn, CheckInDetails, CheckInError, CheckInListing, CheckInMethod, CheckInOptions, CheckInOutcome,
    CheckInPage, CheckInRequest, CheckInService, CheckIns, Correction, FaceCheckIn, Named, OrphanedCheckIns,
    PastCorrection,
};
pub use decision::{Decision, Verdict};
pub use embedding::{DistanceScale, Metric};
pub use embedding_store::{
    DuplicatePolicy, EventName, FalseMatchRate, JournalCursor, MatchRule, Metadata, NameError, Username,
};
pub use error::EventError;
pub use export::ExportFormat;
pub use gallery::{Gallery, Nearest};
pub use limit::{MANY_STRANGERS, MatchLimit, RuleError};
pub use policy::{DEFAULT_MARGIN, DEFAULT_RAW_THRESHOLD, DEFAULT_THRESHOLD, MatchPolicy};
pub use retention::{ClockState, Doubt, Reading, RetentionClock, RetentionGuard};
pub use rules::EventRules;
pub use service::{
    AttachedRecords, Comparison, Duplicate, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, Erasure,
    EventChange, EventDetails, EventService, EventSettings, EventSummary, ImportError, MatchObserver,
    MovedUser, OtherPerson, PutEvent, SampleDetails, ServedModel, ServiceOptions, ServiceStatus, UserDetails,
};
pub use string_enum::UnknownWord;
