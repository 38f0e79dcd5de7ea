//! The records of events: made, read, changed and listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use embedding::ModelId;
use embedding_store::{
    Cursor, DuplicatePolicy, EventName, EventRecord, Listing, MatchRule, Metadata, Page, PageRoom, StoreError,
};
use time::OffsetDateTime;

use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::models::mismatch;
use super::{EventService, Inner, to_the_end};
use crate::{Action, AuditEntry, EventError, EventRules};

/// How often a change is made anew of what another service has made meanwhile. Each time one of them has got on.
pub(super) const ATTEMPTS: usize = 64;

/// An event as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDetails {
    /// What is stored of it.
    pub record: EventRecord,
    /// How many users it has; it may have none.
    pub user_count: usize,
}

/// What a new event is to be. The default leaves all to the service and is kept until it is deleted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSettings {
    /// The model of its faces, for life.
    pub model: Option<ModelId>,
    /// When two faces are the same person's.
    pub match_rule: Option<MatchRule>,
    /// What to do when a face to enrol is already there under another name.
    pub on_duplicate: Option<DuplicatePolicy>,
    /// What to do when a face to enrol is unlike the user's others.
    pub on_other_person: Option<DuplicatePolicy>,
    /// When it is to be erased with all that belongs to it.
    pub retain_until: Option<OffsetDateTime>,
    /// The caller's own data.
    pub metadata: Metadata,
}

/// What of an event is to be another. `None` keeps what is there, and so does the default of all;
/// `Some(None)` takes it away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventChange {
    /// The model that the event is expected to be of: it keeps its own for life.
    pub model: Option<ModelId>,
    /// When two faces are the same person's.
    pub match_rule: Option<Option<MatchRule>>,
    /// What to do when a face to enrol is already there under another name.
    pub on_duplicate: Option<Option<DuplicatePolicy>>,
    /// What to do when a face to enrol is unlike the user's others.
    pub on_other_person: Option<Option<DuplicatePolicy>>,
    /// When it is to be erased with all that belongs to it.
    pub retain_until: Option<Option<OffsetDateTime>>,
    /// The caller's own data, as a whole.
    pub metadata: Option<Metadata>,
}

/// The event that [`EventService::put_event`] made or changed.
#[derive(Debug, Clone, PartialEq)]
pub struct PutEvent {
    /// The event as it is now.
    pub details: EventDetails,
    /// Whether it was made: it was not there before.
    pub is_new: bool,
}

impl PutEvent {
    /// The audit's entry about it: which of the two actions it was, is known only afterwards.
    #[must_use]
    pub fn audited(&self, mut entry: AuditEntry) -> AuditEntry {
        entry.action = if self.is_new { Action::CreateEvent } else { Action::UpdateEvent };
        entry
    }
}

impl From<EventSettings> for EventChange {
    /// A change of everything: what is not set is taken away.
    fn from(settings: EventSettings) -> Self {
        let EventSettings { model, match_rule, on_duplicate, on_other_person, retain_until, metadata } =
            settings;
        Self {
            model,
            match_rule: Some(match_rule),
            on_duplicate: Some(on_duplicate),
            on_other_person: Some(on_other_person),
            retain_until: Some(retain_until),
            metadata: Some(metadata),
        }
    }
}

impl EventChange {
    /// The record as it is to be. A time of change never goes back, whatever the clock does.
    fn applied_to(self, mut record: EventRecord, now: OffsetDateTime) -> EventRecord {
        // An expectation that the caller has checked; the model never changes.
        let Self { model: _, match_rule, on_duplicate, on_other_person, retain_until, metadata } = self;
        record.match_rule = match_rule.unwrap_or(record.match_rule);
        record.on_duplicate = on_duplicate.unwrap_or(record.on_duplicate);
        record.on_other_person = on_other_person.unwrap_or(record.on_other_person);
        record.retain_until = retain_until.unwrap_or(record.retain_until);
        record.metadata = metadata.unwrap_or(record.metadata);
        record.updated = record.updated.max(now);
        record
    }
}

impl EventService {
    /// Makes an event without users. Durable on return.
    ///
    /// # Errors
    /// [`EventError::EventExists`]; nothing was written on [`EventError::SimilarEvent`], on [`EventError::Rule`], when the rule cannot be kept,
    /// on [`EventError::ModelMismatch`], when the model is not served,
    /// and on [`StoreError::Unstorable`], such as metadata nested too deep. On another
    /// [`EventError::Store`] see the store's error, on [`EventError::Interrupted`] it may have been made.
    pub async fn create_event(
        &self,
        event: &EventName,
        settings: EventSettings,
    ) -> Result<EventDetails, EventError> {
        let (inner, event) = (Arc::clone(&self.inner), event.clone());
        to_the_end(async move { inner.create_event(&event, settings).await }).await
    }

    /// Makes an event, or replaces all settings of the one that is there. Durable on return.
    ///
    /// # Errors
    /// As for [`create_event`](Self::create_event) and [`update_event`](Self::update_event); that it exists is none.
    pub async fn put_event(
        &self,
        event: &EventName,
        settings: EventSettings,
    ) -> Result<PutEvent, EventError> {
        // Created first, as the store decides whether it is there: after a look another server could make it in
        // between.
        match self.create_event(event, settings.clone()).await {
            Err(EventError::EventExists { .. }) => {
                Ok(PutEvent { details: self.update_event(event, settings.into()).await?, is_new: false })
            }
            created => Ok(PutEvent { details: created?, is_new: true }),
        }
    }

    /// Reads an event from the store.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; [`EventError::Store`] when it could not be read, or changes have not
    /// been seen for too long.
    pub async fn event(&self, event: &EventName) -> Result<EventDetails, EventError> {
        let record = self.inner.store.event(event).await?;
        self.inner.details(record.ok_or_else(|| unknown(event))?).await
    }

    /// Changes an event's record, and what is searched and enrolled from then on goes by it. Durable on
    /// return. Of two services that change it in the same moment neither undoes what the other did, where the store can
    /// tell ([`embedding_store::EmbeddingStore::replace_event`]).
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; nothing was written on [`EventError::ModelMismatch`], when the event is of
    /// another model than expected, on [`EventError::Rule`], when the new rule cannot be kept, and on [`StoreError::Unstorable`]. On another
    /// [`EventError::Store`] see the store's error, on [`EventError::Interrupted`] it may have been changed.
    pub async fn update_event(
        &self,
        event: &EventName,
        change: EventChange,
    ) -> Result<EventDetails, EventError> {
        let (inner, event) = (Arc::clone(&self.inner), event.clone());
        to_the_end(async move { inner.update_event(&event, change).await }).await
    }

    /// One page of all events in name order, from the store.
    ///
    /// # Errors
    /// As for [`EventService::event`]; no event is unknown.
    pub async fn events_page(&self, page: Page) -> Result<Listing<EventDetails>, EventError> {
        let Listing { items, next } = self.inner.store.list_events(page).await?;
        let mut events = Vec::with_capacity(items.len());
        for record in items {
            events.push(self.inner.details(record).await?);
        }
        Ok(Listing { items: events, next })
    }

    /// One page of those of these events that there are, in name order, from the store.
    ///
    /// # Errors
    /// As for [`EventService::event`]; no event is unknown.
    pub async fn events_page_among(
        &self,
        events: &BTreeSet<EventName>,
        page: Page,
    ) -> Result<Listing<EventDetails>, EventError> {
        let after = page.after.as_ref().map(Cursor::as_str);
        let (mut items, mut room): (Vec<EventDetails>, _) = (Vec::new(), PageRoom::new(page.limit));
        for event in events.iter().filter(|event| after.is_none_or(|after| event.as_str() > after)) {
            match self.event(event).await {
                Ok(details) if room.takes(&details.record) => items.push(details),
                // Asked once more than there is room for: names may be of no event, so only one that is there shows
                // that there is another page.
                Ok(_) => {
                    let next = items.last().map(|last| Cursor::new(last.record.name.as_str()));
                    return Ok(Listing { items, next });
                }
                Err(EventError::UnknownEvent { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Listing { items, next: None })
    }
}

impl Inner {
    async fn details(&self, record: EventRecord) -> Result<EventDetails, EventError> {
        let user_count = match self.user_count(&record.name).await? {
            Some(count) => count,
            // Another service made it, and that was not told yet; or it is gone again.
            None => self.stored_user_count(&record.name).await?.ok_or_else(|| unknown(&record.name))?,
        };
        Ok(EventDetails { record, user_count })
    }

    pub(super) fn check_rule(&self, record: &EventRecord) -> Result<(), EventError> {
        let Some(rule) = record.match_rule else { return Ok(()) };
        let limits = self.models.of_event(&record.name, &record.model)?;
        limits.check(rule).map_err(|source| EventError::Rule { event: record.name.clone(), source })
    }

    async fn create_event(
        &self,
        event: &EventName,
        settings: EventSettings,
    ) -> Result<EventDetails, EventError> {
        let model = settings.model.clone().unwrap_or_else(|| self.models.default_model().clone());
        self.models.of_event(event, &model)?;
        let now = OffsetDateTime::now_utc();
        let record = EventChange::from(settings).applied_to(EventRecord::new(event.clone(), model, now), now);
        record.check_storable()?;
        self.check_rule(&record)?;

        let turn = self.galleries.turn(event).await;
        let known = self.current(&turn).await?.is_some();
        if !known {
            self.expect_distinct_event(event)?;
        }
        let change = turn.change();
        match self.store.create_event(record.clone()).await {
            Ok(()) => {
                change.done(Some(self.keep(self.empty(&record.model).with_rules(EventRules::from(&record)))));
                tracing::info!(%event, "event created");
                Ok(EventDetails { record, user_count: 0 })
            }
            Err(StoreError::Conflict { .. }) => {
                // If it was not known here, another service made it unheard: dropping the change has it read.
                if known {
                    change.nothing_written();
                }
                Err(EventError::EventExists { event: event.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn update_event(&self, event: &EventName, change: EventChange) -> Result<EventDetails, EventError> {
        let turn = self.galleries.turn(event).await;
        let held = self.current(&turn).await?;
        let record = self.replace_event(&turn, held, change).await?;
        // `details` may have to read a stale event, and would wait for this very turn for ever.
        drop(turn);
        tracing::info!(%event, "event changed");
        self.details(record).await
    }

    /// Changes the record that the store holds, whatever another service makes of it at the same moment.
    async fn replace_event(
        &self,
        turn: &Turn<'_>,
        held: Option<LoadedEvent>,
        change: EventChange,
    ) -> Result<EventRecord, EventError> {
        let event = turn.event();
        for _ in 0..ATTEMPTS {
            // From the store: what is held in memory is the rules and the model, not the whole record.
            let Some(seen) = self.store.event(event).await? else {
                turn.publish(None);
                return Err(unknown(event));
            };
            if let Some(given) = change.model.as_ref().filter(|given| **given != seen.model) {
                return Err(mismatch(event, &seen.model, given));
            }
            let record = change.clone().applied_to(seen.clone(), OffsetDateTime::now_utc());
            record.check_storable()?;
            // Only a new one: an event whose rule of old cannot be kept any more must still be open to changes.
            if change.match_rule.is_some() {
                self.check_rule(&record)?;
            }
            let write = turn.change();
            match self.store.replace_event(&seen, record.clone()).await {
                Ok(()) => {
                    match held {
                        Some(held) if *held.model() == record.model => {
                            write.done(Some(held.with_rules(EventRules::from(&record))));
                        }
                        // Not the event that was known here, if one was: it is to be read.
                        Some(_) | None => drop(write),
                    }
                    return Ok(record);
                }
                // By another service, which has written what is now read.
                Err(StoreError::Changed { .. }) => write.nothing_written(),
                Err(StoreError::NotFound { .. }) => {
                    write.done(None);
                    return Err(unknown(event));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::unavailable(true, "other servers change the event faster than it is read").into())
    }
}

fn unknown(event: &EventName) -> EventError {
    EventError::UnknownEvent { event: event.clone() }
}
