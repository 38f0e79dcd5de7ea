//! What renaming and merging have in common: all faces of a user go to another name, in the store and in the gallery.

use embedding::Template;
use embedding_store::{EventName, FaceSample, FormerName, StoreError, UserRecord, Username};
use time::OffsetDateTime;

use super::Inner;
use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::users::UserDetails;
use crate::{AuditEntry, EventError, Outcome};

/// So many former names of a user are kept, the last ones.
const MOST_FORMER_NAMES: usize = 32;

/// What came of renaming a user, or of merging one into another.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedUser {
    /// The user under the name that holds now.
    pub details: UserDetails,
    /// When the former name was given up.
    pub since: OffsetDateTime,
    /// Whether it had been done before: nothing was written.
    pub repeated: bool,
}

impl MovedUser {
    /// The audit's entry about it, which stands at the time of the change: what the audit has of the former name from
    /// then on is of somebody else.
    #[must_use]
    pub fn audited(&self, mut entry: AuditEntry) -> AuditEntry {
        entry.time = self.since;
        if self.repeated { entry.with_outcome(Outcome::Repeated) } else { entry }
    }
}

impl Inner {
    /// Moves the samples of `seen` to the name of `to`, to those of `onto` where somebody has it, and then what is
    /// attached.
    pub(super) async fn move_user(
        &self,
        turn: &Turn<'_>,
        loaded: Option<LoadedEvent>,
        seen: &UserRecord,
        mut to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<MovedUser, EventError> {
        let (event, name) = (turn.event(), to.name.clone());
        let samples = self.samples_of_both(event, seen, onto).await?;
        let all = || samples.iter().map(FaceSample::embedding);
        // Before anything is written: what is stored must always make a template.
        Template::check(all())
            .map_err(|_| EventError::NoTemplate { event: event.clone(), user: name.clone() })?;
        let now_loaded = match loaded {
            Some(LoadedEvent::InMemory(gallery)) => {
                let template = Template::from_embeddings(gallery.scale(), all())?;
                Some(self.keep(gallery.with(&name, &template)?.without(&seen.name)))
            }
            loaded @ (Some(LoadedEvent::InStore(..)) | None) => loaded,
        };
        let since = OffsetDateTime::now_utc();
        // Never back, whatever the clock does.
        to.updated = seen.updated.max(to.updated).max(since);
        give_up_name(&mut to, seen, since);

        let change = turn.change();
        let sample_count = match self.store.move_user(seen, to.clone(), onto).await {
            Ok(count) => count,
            Err(error @ (StoreError::Changed { .. } | StoreError::Unstorable { .. })) => {
                change.nothing_written();
                return Err(error.into());
            }
            Err(error) => return Err(EventError::from_absence(error)),
        };
        match now_loaded {
            // The store had other samples than were read: the template made above is not theirs.
            Some(LoadedEvent::InMemory(_)) if sample_count != samples.len() => drop(change),
            Some(loaded) => change.done(Some(loaded)),
            // An event that was not known here is to be read.
            None => drop(change),
        }
        // After the store: whoever finds the first name gone finds who has it, and does the same.
        self.attached.rename_rest(event, &seen.name, &name).await?;
        Ok(MovedUser { details: UserDetails { record: to, sample_count }, since, repeated: false })
    }

    /// The samples of two users, by id; each once, also where a move was cut off that left it with both.
    async fn samples_of_both(
        &self,
        event: &EventName,
        seen: &UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<Vec<FaceSample>, EventError> {
        let mut samples = self.store.samples(event, &seen.name).await.map_err(EventError::from_absence)?;
        if let Some(onto) = onto {
            let theirs = self.store.samples(event, &onto.name).await.map_err(EventError::from_absence)?;
            samples.retain(|sample| theirs.iter().all(|other| other.id() != sample.id()));
            samples.extend(theirs);
        }
        // As when the event is read: another order rounds otherwise.
        samples.sort_by_key(FaceSample::id);
        Ok(samples)
    }

    /// What a request that finds nobody of the first name did when it was made before, and what of that is left to do.
    pub(super) async fn moved_before(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
    ) -> Result<MovedUser, EventError> {
        if let Some(record) = self.store.user(event, to).await?
            && let Some(former) = record.former_names.iter().rev().find(|former| former.name == *from)
        {
            self.attached.rename_rest(event, from, to).await?;
            let (details, since) = (self.user(event, to).await?, former.until);
            return Ok(MovedUser { details, since, repeated: true });
        }
        // Says whether the event is missing or only the user.
        self.user(event, from).await?;
        Err(EventError::UnknownUser { event: event.clone(), user: from.clone() })
    }
}

/// Adds the name that a user gives up, and those from before, to the former ones of what they become.
fn give_up_name(to: &mut UserRecord, seen: &UserRecord, since: OffsetDateTime) {
    let mut names = std::mem::take(&mut to.former_names);
    names.extend(seen.former_names.iter().cloned());
    names.sort_by_key(|former| former.until);
    names.push(FormerName::new(seen.name.clone(), since));
    names.dedup();
    to.former_names = names.split_off(names.len().saturating_sub(MOST_FORMER_NAMES));
}
