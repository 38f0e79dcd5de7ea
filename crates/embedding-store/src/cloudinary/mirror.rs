//! Everything that is stored, in memory: reads are served from here.
//!
//! Two layers: the revisions of every place, and what follows from them, by name. A change of the
//! first brings the second up to date before anyone reads it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::time::Instant;
use uuid::Uuid;

use super::calls::Row;
use super::document::Document;
use super::merge::{self, EventState, UserState};
use super::path::{Element, Place};
use super::revisions::Revisions;
use super::unreadable::Unreadable;
use crate::{EventName, StoreError, Subject, Username};

/// What a listing showed: the revisions of every place.
pub(super) type Listed = BTreeMap<Place, BTreeMap<Uuid, Row>>;

#[derive(Debug, Default)]
pub(super) struct Mirror {
    places: BTreeMap<Place, Revisions>,
    events: BTreeMap<EventName, Event>,
    /// What this process destroyed while a listing may have been under way, and when.
    destroyed: HashMap<Uuid, Instant>,
    unreadable: Unreadable,
}

/// A live revision that a listing does not show.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) place: Place,
    pub(super) revision: Uuid,
    /// Readers see what it says: it is not of an event that has ended.
    pub(super) is_seen: bool,
}

/// An event that is there, with its users.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) state: EventState,
    pub(super) users: BTreeMap<Username, UserState>,
}

impl Event {
    pub(super) fn has_samples(&self) -> bool {
        self.users.values().any(|user| !user.samples.is_empty())
    }
}

impl Mirror {
    pub(super) fn events(&self) -> &BTreeMap<EventName, Event> {
        &self.events
    }

    pub(super) fn event(&self, event: &EventName) -> Option<&Event> {
        self.events.get(event)
    }

    pub(super) fn user(&self, event: &EventName, user: &Username) -> Option<&UserState> {
        self.events.get(event)?.users.get(user)
    }

    /// The user, or what is missing.
    pub(super) fn existing_user(&self, event: &EventName, user: &Username) -> Result<&UserState, StoreError> {
        let users = &self.existing_event(event)?.users;
        self.unreadable.check(&Place::user(event, user))?;
        users.get(user).ok_or_else(|| StoreError::user_not_found(event, user))
    }

    pub(super) fn existing_event(&self, event: &EventName) -> Result<&Event, StoreError> {
        self.check_readable(&Place::event(event))?;
        self.events.get(event).ok_or_else(|| StoreError::event_not_found(event))
    }

    /// Refuses a place that holds what cannot be read, and a user of such an event.
    pub(super) fn check_readable(&self, place: &Place) -> Result<(), StoreError> {
        if let Place::User(event, _) = place {
            self.unreadable.check(&Place::Event(event.clone()))?;
        }
        self.unreadable.check(place)
    }

    pub(super) fn unreadable(&self) -> &Unreadable {
        &self.unreadable
    }

    /// Keeps the place out of what readers see, since a revision of it cannot be read. Says whether that is new.
    pub(super) fn keep_out(&mut self, place: &Place, revision: Uuid, row: Row) -> bool {
        let is_new = self.unreadable.insert(place, revision, row);
        self.derive(place);
        is_new
    }

    /// Forgets an unreadable revision that is superseded or gone. Says whether readers see the place by that.
    pub(super) fn forget_unreadable(&mut self, place: &Place, revision: Uuid) -> bool {
        let is_whole = self.unreadable.remove(place, revision);
        if is_whole {
            self.derive(place);
        }
        is_whole
    }

    pub(super) fn places(&self) -> &BTreeMap<Place, Revisions> {
        &self.places
    }

    pub(super) fn revisions(&self, place: &Place) -> Option<&Revisions> {
        self.places.get(place)
    }

    /// Whose place it is, as far as that is known.
    pub(super) fn subject(&self, place: &Place) -> Option<Subject> {
        self.places.get(place)?.subject().cloned()
    }

    /// The place's revisions, to note something about one that changes nothing for readers.
    pub(super) fn revisions_mut(&mut self, place: &Place) -> &mut Revisions {
        self.places.entry(place.clone()).or_default()
    }

    /// Takes a revision that is there; returns what does not count any more by it.
    pub(super) fn adopt(
        &mut self,
        place: &Place,
        document: Document,
        since: Instant,
        settled: bool,
    ) -> Vec<Uuid> {
        self.unreadable.remove(place, document.revision);
        let superseded = self.revisions_mut(place).adopt(document, since, settled);
        self.derive(place);
        superseded
    }

    /// Notes that a revision is not there any more.
    pub(super) fn remove(&mut self, place: &Place, revision: Uuid, now: Instant) {
        self.destroyed.insert(revision, now);
        self.forget_unreadable(place, revision);
        let Some(revisions) = self.places.get_mut(place) else { return };
        revisions.was_destroyed(revision);
        self.derive(place);
        if self.places.get(place).is_some_and(Revisions::is_empty) {
            self.places.remove(place);
        }
    }

    /// Leaves out of a listing that began at `started` what was destroyed since.
    pub(super) fn correct(&mut self, listed: &mut Listed, started: Instant) {
        // Listings do not overlap (`refreshing`): what was destroyed before this one began is of no more use.
        self.destroyed.retain(|_, destroyed| *destroyed >= started);
        for rows in listed.values_mut() {
            rows.retain(|revision, _| !self.destroyed.contains_key(revision));
        }
    }

    /// What of a listing is to be read: revisions that are not known here and not superseded by known ones.
    pub(super) fn unread(&self, listed: &Listed) -> Listed {
        let mut unread = Listed::new();
        for (place, rows) in listed {
            let known = self.places.get(place);
            let is_new = |revision: &Uuid| {
                known.is_none_or(|known| !known.knows(*revision) && !known.supersedes(*revision))
            };
            let rows: BTreeMap<_, _> = rows
                .iter()
                .filter(|(revision, row)| {
                    is_new(revision) && !self.unreadable.is_unchanged(place, **revision, row)
                })
                .map(|(revision, row)| (*revision, row.clone()))
                .collect();
            if !rows.is_empty() {
                unread.insert(place.clone(), rows);
            }
        }
        unread
    }

    /// Unreadable revisions that are superseded (`true`) or that a listing does not show.
    pub(super) fn unreadable_to_look_at(&self, listed: &Listed) -> Vec<(Place, Uuid, bool)> {
        let look_at = self.unreadable.all().filter_map(|(place, revision, _)| {
            let is_superseded = self.places.get(place).is_some_and(|known| known.supersedes(revision));
            let is_listed = listed.get(place).is_some_and(|rows| rows.contains_key(&revision));
            (is_superseded || !is_listed).then(|| (place.clone(), revision, is_superseded))
        });
        look_at.collect()
    }

    /// The live revisions that were there before a listing began and are not in it.
    pub(super) fn missing(&self, listed: &Listed, started: Instant) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (place, revisions) in &self.places {
            let rows = listed.get(place);
            for live in revisions.live().filter(|live| live.since < started) {
                let revision = live.document.revision;
                if rows.is_none_or(|rows| !rows.contains_key(&revision)) {
                    missing.push(Missing {
                        place: place.clone(),
                        revision,
                        is_seen: self.is_seen(revisions),
                    });
                }
            }
        }
        missing
    }

    fn is_seen(&self, revisions: &Revisions) -> bool {
        match (revisions.user(), revisions.subject()) {
            (Some((event, user)), _) => self.user(event, user).is_some(),
            (None, Some(Subject::Event(event))) => self.event(event).is_some(),
            (None, _) => true,
        }
    }

    /// Takes over from a listing, which began at `started`, which superseded revisions are there.
    pub(super) fn set_aside(&mut self, listed: &Listed, started: Instant) {
        for (place, revisions) in &mut self.places {
            let rows = listed.get(place);
            let is_listed = |revision: &Uuid| rows.is_some_and(|rows| rows.contains_key(revision));
            revisions.forget_superseded(started, is_listed);
            for revision in rows.into_iter().flat_map(BTreeMap::keys) {
                if revisions.supersedes(*revision) {
                    revisions.set_aside(*revision, started);
                }
            }
        }
        // A place is made before its first upload; an upload that is refused leaves it empty.
        self.places.retain(|_, revisions| !revisions.is_empty());
    }

    /// Brings what follows from a place's revisions up to date.
    fn derive(&mut self, place: &Place) {
        match place {
            Place::Key => {}
            Place::Event(element) => self.derive_event(place, element),
            Place::User(..) => {
                let Some(Subject::User(name, user)) = self.subject(place) else { return };
                // Documents are read in any order: users of an unknown event are derived with the event.
                let Some(event) = self.events.get(&name) else { return };
                let incarnations = event.state.incarnations.clone();
                self.derive_user(place, &name, &user, &incarnations);
            }
        }
    }

    fn derive_user(
        &mut self,
        place: &Place,
        event: &EventName,
        user: &Username,
        incarnations: &BTreeSet<Uuid>,
    ) {
        let revisions = self.places.get(place).filter(|_| !self.unreadable.contains(place));
        let state = revisions.and_then(|revisions| merge::user(revisions, incarnations));
        let Some(event) = self.events.get_mut(event) else { return };
        match state {
            Some(state) => event.users.insert(user.clone(), state),
            None => event.users.remove(user),
        };
    }

    fn derive_event(&mut self, place: &Place, element: &Element) {
        let Some(Subject::Event(name)) = self.subject(place) else { return };
        let revisions = self.places.get(place).filter(|_| !self.unreadable.contains(place));
        let Some(state) = revisions.and_then(merge::event) else {
            self.events.remove(&name);
            return;
        };
        let incarnations = state.incarnations.clone();
        match self.events.get_mut(&name) {
            // The users follow from their own revisions and the event's lives.
            Some(event) if event.state.incarnations == incarnations => {
                event.state = state;
                return;
            }
            // A life has begun or ended: users of the ended go, those of the new may have been read.
            Some(_) | None => {
                self.events.insert(name.clone(), Event { state, users: BTreeMap::new() });
            }
        }
        let users = self
            .below(element)
            .filter_map(|(place, revisions)| Some((place.clone(), revisions.user()?.1.clone())));
        for (place, user) in users.collect::<Vec<_>>() {
            self.derive_user(&place, &name, &user, &incarnations);
        }
    }

    /// The places of the users of an event.
    pub(super) fn below<'a>(
        &'a self,
        event: &'a Element,
    ) -> impl Iterator<Item = (&'a Place, &'a Revisions)> {
        let start = Place::User(event.clone(), Element::spell(""));
        let is_below = move |place: &Place| matches!(place, Place::User(element, _) if element == event);
        self.places.range(start..).take_while(move |(place, _)| is_below(place))
    }
}
