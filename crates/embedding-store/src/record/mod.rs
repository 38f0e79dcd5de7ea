//! What is stored: events, users and face samples, with the time and the model of each.
//!
//! Fields that this version does not know are kept when a record is read and written back, so that a
//! newer and an older program can share a store. A store that keeps bytes keeps them as `to_bytes`
//! makes them; one that does not refuses what they refuse, with `check_storable`.

mod encoding;
mod event;
mod metadata;
mod rate;
mod sample;
mod snapshot;
mod user;

pub use encoding::{MAX_METADATA_DEPTH, MAX_RECORD_BYTES};
pub(crate) use encoding::{SEALED_SAMPLE, SampleParts, assemble, body, is_plain_sample, split_counted};
pub use event::{DuplicatePolicy, EventRecord, MatchRule};
pub use metadata::Metadata;
pub(crate) use metadata::UnknownFields;
pub use rate::{FalseMatchRate, InvalidRate};
pub use sample::{FaceSample, InvalidScore};
pub use snapshot::{EventSnapshot, UserSnapshot};
pub use user::{FormerName, UserRecord};
