//! Names, times and samples to test with.

use std::num::NonZeroUsize;

use embedding::{DIMENSIONS, Embedding, ModelId};
use time::{Duration, OffsetDateTime};

use super::harness::Outcome;
use crate::{EventName, EventRecord, FaceSample, Username};

pub(super) fn event(name: &str) -> Outcome<EventName> {
    Ok(EventName::new(name)?)
}

pub(super) fn user(name: &str) -> Outcome<Username> {
    Ok(Username::new(name)?)
}

pub(super) fn model() -> Outcome<ModelId> {
    Ok(ModelId::new("model-a")?)
}

pub(super) fn other_model() -> Outcome<ModelId> {
    Ok(ModelId::new("model-b")?)
}

/// Seconds after a day in 2024, with a fraction that needs all nine digits.
pub(super) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::new(1_720_000_000 + seconds, 123_456_789)
}

pub(super) fn limit(items: usize) -> Outcome<NonZeroUsize> {
    Ok(NonZeroUsize::new(items).ok_or("a limit is not zero")?)
}

/// A new event of [`model`].
pub(super) fn new_event(name: &str) -> Outcome<EventRecord> {
    Ok(EventRecord::new(event(name)?, model()?, at(0)))
}

/// A sample of [`model`] whose embedding and time go by `number`.
pub(super) fn sample(event_name: &str, username: &str, number: u16) -> Outcome<FaceSample> {
    sample_of(model()?, event_name, username, number)
}

pub(super) fn sample_of(
    model: ModelId,
    event_name: &str,
    username: &str,
    number: u16,
) -> Outcome<FaceSample> {
    let mut values = [0.0; DIMENSIONS];
    for (index, value) in (0_u8..).zip(&mut values) {
        *value = (f32::from(number) + f32::from(index) / 7.0).sin() / 11.0;
    }
    let embedding = Embedding::new(model, values)?;
    let created = at(i64::from(number));
    Ok(FaceSample::new(event(event_name)?, user(username)?, embedding, 0.913_579, "conformance", created)?)
}
