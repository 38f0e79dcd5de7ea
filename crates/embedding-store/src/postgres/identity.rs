//! What a store is among the stores of its database: its name in notices, and how it keeps samples.

use embedding::{DistanceScale, Embedding, Template};
use uuid::Uuid;

use super::failure::Failure;
use super::notice::{self, Changed};
use super::rows::belongs;
use crate::{EventName, FaceSample, Keyring, StoreError, Username};

/// One opened store.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) writer: Uuid,
    pub(super) channel: String,
    pub(super) keyring: Keyring,
}

impl Identity {
    pub(super) fn new(schema: &str, keyring: Keyring) -> Self {
        Self { writer: Uuid::now_v7(), channel: notice::channel(schema), keyring }
    }

    pub(super) fn notice(&self, changed: &Changed) -> String {
        notice::notice(self.writer, changed)
    }

    /// The bytes that are kept of a sample.
    pub(super) fn seal(&self, sample: &FaceSample) -> Result<Vec<u8>, StoreError> {
        self.keyring.seal(sample)
    }

    /// Reads what [`Identity::seal`] made.
    pub(super) fn sample(
        &self,
        event: &EventName,
        user: &Username,
        id: Uuid,
        record: &[u8],
    ) -> Result<FaceSample, Failure> {
        let sample = self.keyring.open(record)?;
        let is_theirs = sample.event() == event && sample.user() == user && sample.id() == id;
        belongs(is_theirs, "face sample").map(|()| sample)
    }

    /// Whether templates may lie in the database: not beside encrypted samples.
    pub(super) fn keeps_templates(&self) -> bool {
        // A template says as much of a face as the samples that it is the mean of.
        !self.keyring.encrypts()
    }

    /// The template to be kept, as numbers for the table; none where the samples cancel out.
    pub(super) fn template<'a>(&self, samples: impl IntoIterator<Item = &'a Embedding>) -> Option<Vec<f32>> {
        let template = || Template::from_embeddings(DistanceScale::UNIT, samples).ok();
        self.keeps_templates().then(template).flatten().map(|template| template.values().to_vec())
    }
}

/// What a new event is told by from an earlier one of its name.
pub(super) fn new_life() -> i64 {
    // The last eight bytes of a UUID v7 are random but for the two bits that say which kind of UUID it is.
    let [.., a, b, c, d, e, f, g, h] = Uuid::now_v7().into_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
