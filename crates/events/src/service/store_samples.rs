//! Samples into the store: under the version that was searched, and with the ids of their request.

use embedding_store::{EventName, EventVersion, FaceSample, StoreError, Subject, Username};
use time::OffsetDateTime;

use super::Inner;
use super::enrolment::{EnrolmentFace, EnrolmentOptions};
use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::repeat::free_numbers;
use crate::EventError;

/// On which version of an event something was decided.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    /// The store keeps none, or it does not matter.
    Unknown,
    /// This one; `None` for an event that was not there.
    Version(Option<EventVersion>),
}

impl Inner {
    /// What is held of the event brought up to what the store holds, and which version that is, where the store keeps
    /// versions: what others have written is read though no change has come of it yet.
    pub(super) async fn caught_up(
        &self,
        turn: &Turn<'_>,
        loaded: Option<LoadedEvent>,
    ) -> Result<(Option<LoadedEvent>, Seen), EventError> {
        let Some(versions) = self.store.versions() else { return Ok((loaded, Seen::Unknown)) };
        let event = turn.event();
        let (Some(_), Some(since)) = (&loaded, turn.version()) else {
            let loaded = self.read(turn).await?;
            return Ok((loaded, Seen::Version(turn.version())));
        };
        let changed = match versions.changed_users(event, since).await {
            Ok(changed) => changed,
            Err(StoreError::NotFound { .. }) => {
                turn.publish(None);
                return Ok((None, Seen::Version(None)));
            }
            Err(error) => return Err(error.into()),
        };
        match changed.users {
            Some(users) if !self.many(event, users.len()) => {
                for user in &users {
                    self.read_user(turn, user).await?;
                }
                // Not before: until then some of it was older.
                turn.is_at(Some(changed.version));
                Ok((self.current(turn).await?, Seen::Version(Some(changed.version))))
            }
            Some(_) | None => {
                let loaded = self.read(turn).await?;
                Ok((loaded, Seen::Version(turn.version())))
            }
        }
    }

    /// Stores samples of a user with so many, publishes what the event then is, and returns the new count. The first
    /// is appended under the version that was seen; those of one request are of one person, so the first speaks for all.
    pub(super) async fn append(
        &self,
        turn: &Turn<'_>,
        seen: Seen,
        before: usize,
        samples: Vec<FaceSample>,
        now_loaded: LoadedEvent,
    ) -> Result<usize, EventError> {
        let change = turn.change();
        let (mut count, mut expected, mut as_read, mut version) = (before, before, true, None);
        // One after another: if one fails those before it are stored, and each count is known beforehand.
        for sample in samples {
            expected += 1;
            let is_first = expected == before + 1;
            let appended = match (self.store.versions(), seen) {
                (Some(versions), Seen::Version(seen)) if is_first => {
                    let appended = versions.append_sample_at(sample, seen).await;
                    appended.map(|appended| {
                        version = appended.version;
                        appended.count
                    })
                }
                _ => self.store.append_sample(sample).await,
            };
            count = match appended {
                Ok(count) => count,
                // It was refused for what it says, or for what others did: what is published is as right as it was. Any
                // other error casts doubt on that.
                Err(
                    error @ (StoreError::Unstorable { .. }
                    | StoreError::Changed { .. }
                    | StoreError::Conflict { subject: Subject::User(..), .. }),
                ) if is_first => {
                    change.nothing_written();
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            };
            as_read &= count == expected;
        }
        // Another count means that the store held other samples than were read: a gallery is then stale.
        if as_read || matches!(now_loaded, LoadedEvent::InStore(..)) {
            change.done(Some(now_loaded));
            if version.is_some() {
                turn.is_at(version);
            }
        }
        Ok(count)
    }
}

/// What is to be stored of faces. All before the first is stored: a request that cannot be kept is refused as a whole.
pub(super) fn samples_of(
    event: &EventName,
    user: &Username,
    faces: &[&EnrolmentFace],
    options: &EnrolmentOptions,
    enrolled: &[FaceSample],
) -> Result<Vec<FaceSample>, EventError> {
    let samples = faces.iter().map(|face| sample(event, user, face)).collect::<Result<Vec<_>, _>>()?;
    let samples: Vec<_> = match options.request.as_deref() {
        Some(request) => {
            let numbers = free_numbers(event, user, request, enrolled);
            samples
                .into_iter()
                .zip(numbers)
                .map(|(sample, number)| sample.with_numbered_request(request, number))
                .collect()
        }
        None => samples,
    };
    samples.iter().try_for_each(FaceSample::check_storable)?;
    Ok(samples)
}

fn sample(event: &EventName, user: &Username, face: &EnrolmentFace) -> Result<FaceSample, EventError> {
    let EnrolmentFace { embedding, detection_score, quality, source } = face.clone();
    let now = OffsetDateTime::now_utc();
    let sample = FaceSample::new(event.clone(), user.clone(), embedding, detection_score, source, now)?;
    Ok(sample.with_quality(quality))
}
