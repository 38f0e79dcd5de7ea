//! Destroying what does not count any more: superseded revisions, users of events that have ended, and
//! tombstones when their time is over.
//!
//! What fails stays where it is, harmless, until the next sweep.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use uuid::Uuid;

use super::document::{Body, EventBody, UserBody};
use super::merge;
use super::mirror::Mirror;
use super::path::Place;
use super::revisions::{Live, Revisions};
use super::store::Inner;

/// Calls at one time: most of them are for those who wait for an answer.
const PARALLEL: usize = 4;

/// Revisions that are taken from the queue at once.
const BATCH: usize = 64;

impl Inner {
    /// Hands over what does not count any more.
    pub(super) fn discard(&self, revisions: impl IntoIterator<Item = (Place, Uuid)>) {
        for revision in revisions {
            // The queue ends with the store; the next one's sweep finds what was in it.
            drop(self.garbage.send(revision));
        }
    }

    /// Destroys what is handed over. Ends with the task that runs it.
    pub(super) async fn clean_up(&self, mut garbage: UnboundedReceiver<(Place, Uuid)>) {
        let mut batch = Vec::new();
        while garbage.recv_many(&mut batch, BATCH).await > 0 {
            self.destroy(std::mem::take(&mut batch)).await;
        }
    }

    /// Destroys everything that does not count any more; how much of it was destroyed.
    pub(super) async fn sweep(&self) -> usize {
        // First: what this supersedes goes in the same sweep.
        self.settle_removals().await;
        let garbage = garbage(&self.mirror(), Instant::now(), self.grace);
        // Some of it may be in the queue as well. That is harmless: destroying what is not there is a success.
        self.destroy(garbage).await
    }

    /// The users of an event that belong to a life that is over.
    pub(super) fn orphans_of(&self, event: &Place) -> Vec<(Place, Uuid)> {
        let mirror = self.mirror();
        let Some(revisions) = mirror.revisions(event) else { return vec![] };
        let ended = merge::ended_lives(revisions);
        let is_orphan =
            |live: &&Live| live.document.body.as_user().is_some_and(|body| ended.contains(&body.incarnation));
        let mut orphans = Vec::new();
        for (place, revisions) in mirror.users_of(event) {
            let revisions = revisions.live().filter(is_orphan).map(|live| live.document.revision);
            orphans.extend(revisions.map(|revision| (place.clone(), revision)));
        }
        // Of which life they are cannot be read. Whoever deletes the event means all who are seen in it.
        let unreadable = mirror.unreadable().all().filter(|(place, ..)| is_user_of(place, event));
        orphans.extend(unreadable.map(|(place, revision, _)| (place.clone(), revision)));
        orphans
    }

    async fn destroy(&self, garbage: Vec<(Place, Uuid)>) -> usize {
        let results = stream::iter(garbage).map(|(place, revision)| async move {
            let result = self.client.destroy(&self.prefix.id(&place, revision)).await;
            // What was not destroyed stays known: later revisions name it, and the next sweep finds it.
            if result.is_ok() {
                self.mirror_mut().remove(&place, revision, Instant::now());
            }
            result
        });
        let results: Vec<_> = results.buffer_unordered(PARALLEL).collect().await;
        let failed = results.iter().filter_map(|result| result.as_ref().err());
        // One line for all: when Cloudinary is out of reach, they all fail alike.
        if let Some(first) = failed.clone().next() {
            let (left, error) = (failed.count(), &first.error);
            tracing::warn!(left, %error, "documents that are not needed any more cannot be destroyed yet");
        }
        results.iter().filter(|result| result.is_ok()).count()
    }
}

fn garbage(mirror: &Mirror, now: Instant, grace: Duration) -> Vec<(Place, Uuid)> {
    let mut garbage = Vec::new();
    for (place, revisions) in mirror.places() {
        garbage.extend(revisions.superseded().map(|revision| (place.clone(), revision)));
        // What it says is not known: its users may be alive, and a tombstone may be what keeps it from coming back.
        if mirror.is_of_unreadable_event(place) {
            continue;
        }
        // From when this process came to know of it: the clocks of those who wrote it need not be right.
        let is_over = |live: &Live| now.saturating_duration_since(live.since) >= grace;
        let is_event = |live: &Live| live.document.body.as_event().is_some();
        let over = revisions.live().filter(|live| match &live.document.body {
            Body::Key(_) => false,
            // An update that another process made at the moment of the deletion. A copy of its upload may still
            // arrive and must find a tombstone then: it is kept for as long, and destroyed before the tombstone.
            Body::Event(EventBody { incarnations, .. }) => {
                is_over(live) && incarnations.is_subset(&merge::ended_lives(revisions))
            }
            Body::DeletedEvent(_) => {
                // Only the lives that it ends make leftover users orphans, and leave such an update without
                // effect, so it goes after the last one.
                let is_last = !revisions.live().any(is_event) && !mirror.has_users(place);
                is_over(live) && nothing_left(revisions) && is_last
            }
            Body::DeletedUser(_) => is_over(live) && nothing_left(revisions),
            Body::User(UserBody { incarnation, .. }) => {
                let event = mirror.event_of(place);
                let state = event.and_then(merge::event);
                let is_alive = state.is_some_and(|state| state.incarnations.contains(incarnation));
                let has_ended = event.is_some_and(|event| merge::ended_lives(event).contains(incarnation));
                // One of an unknown life may be of an event that is just being made.
                has_ended || (!is_alive && is_over(live))
            }
        });
        garbage.extend(over.map(|live| (place.clone(), live.document.revision)));
    }
    // Users whose documents cannot be read go with their event as others do.
    let unreadable = mirror.unreadable().all().filter(|(place, _, since)| {
        let is_alive = mirror.event_of(place).and_then(merge::event).is_some();
        let is_over = now.saturating_duration_since(*since) >= grace;
        !is_alive && is_over && !mirror.is_of_unreadable_event(place)
    });
    garbage.extend(unreadable.map(|(place, revision, _)| (place.clone(), revision)));
    garbage
}

fn is_user_of(place: &Place, event: &Place) -> bool {
    matches!((place, event), (Place::User(theirs, _), Place::Event(event)) if theirs == event)
}

/// Nothing is there that a tombstone keeps from coming back.
fn nothing_left(revisions: &Revisions) -> bool {
    revisions.superseded().next().is_none()
}

impl Mirror {
    /// The revisions of the event that the user of a place belongs to.
    pub(super) fn event_of(&self, user: &Place) -> Option<&Revisions> {
        let Place::User(event, _) = user else { return None };
        self.revisions(&Place::Event(event.clone()))
    }

    /// Whether the event that the place is or belongs to has a document that cannot be read.
    fn is_of_unreadable_event(&self, place: &Place) -> bool {
        let event = match place {
            Place::Key => return false,
            Place::Event(event) | Place::User(event, _) => event,
        };
        self.unreadable().contains(&Place::Event(event.clone()))
    }

    /// Whether documents of users of the event are there, whichever of its lives they belong to.
    fn has_users(&self, event: &Place) -> bool {
        self.users_of(event).next().is_some()
            || self.unreadable().all().any(|(place, ..)| is_user_of(place, event))
    }

    /// The places of an event's users, whichever of its lives they belong to.
    fn users_of<'a>(&'a self, event: &'a Place) -> impl Iterator<Item = (&'a Place, &'a Revisions)> {
        let element = if let Place::Event(element) = event { Some(element) } else { None };
        element.into_iter().flat_map(|element| self.below(element))
    }
}
