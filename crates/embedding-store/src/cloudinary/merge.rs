//! What the live revisions of an event or a user say together.
//!
//! One live revision is the rule. Two processes that changed a user at once made two, from one and the same: the
//! user then has the samples of both but for those that either removed, and of the record each field as it was changed
//! last (`fields`). The next change makes one of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::document::{Body, Bytes, Encoded, EventBody, UserBody};
use super::fields::{self, Stamps};
use super::revisions::Revisions;
use crate::{EventRecord, FaceSample, Keyring, StoreError, UserRecord};

/// Former lives of an event that are remembered: users of older ones are swept as those of unknown ones.
// The list is copied into every later document of the event, so it has to end somewhere.
const REMEMBERED: usize = 64;

/// An event that is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventState {
    pub(super) record: EventRecord,
    pub(super) stamps: Stamps,
    /// The lives that its users belong to.
    pub(super) incarnations: BTreeSet<Uuid>,
    pub(super) ended: BTreeSet<Uuid>,
    pub(super) unknown: Map<String, Value>,
}

/// A user who is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserState {
    pub(super) record: UserRecord,
    pub(super) stamps: Stamps,
    pub(super) samples: BTreeMap<Uuid, Bytes>,
    pub(super) removed: BTreeSet<Uuid>,
    pub(super) unknown: Map<String, Value>,
}

/// The lives of an event that are over, as far as its revisions say.
pub(super) fn ended_lives(revisions: &Revisions) -> BTreeSet<Uuid> {
    let named = |body: &Body| match body {
        Body::Event(EventBody { ended, .. }) => ended.clone(),
        Body::DeletedEvent(deleted) => deleted.ended.clone(),
        Body::Key(_) | Body::User(_) | Body::DeletedUser(_) => BTreeSet::new(),
    };
    let all: BTreeSet<_> = revisions.live().flat_map(|live| named(&live.document.body)).collect();
    // Lives are UUIDs v7: the greatest are the latest.
    all.into_iter().rev().take(REMEMBERED).collect()
}

/// All lives of an event that its revisions name, over or not.
pub(super) fn lives(revisions: &Revisions) -> BTreeSet<Uuid> {
    let mut lives = ended_lives(revisions);
    lives.extend(event_bodies(revisions).flat_map(|body| &body.incarnations));
    lives
}

/// The event; `None` when all its lives are over.
pub(super) fn event(revisions: &Revisions) -> Option<EventState> {
    let ended = ended_lives(revisions);
    // Lives decide, not revisions: an update that another process made at the moment of the deletion is not
    // superseded by the tombstone, and must not bring the event back.
    let is_alive = |body: &&EventBody| body.incarnations.iter().any(|life| !ended.contains(life));
    let bodies: Vec<_> = event_bodies(revisions).filter(is_alive).collect();
    let last = bodies.last()?;
    // The greatest revision may be of the older state: taken from it alone, `updated` could go back.
    let all: Vec<_> = bodies.iter().map(|body| (&body.record.0, &body.stamps)).collect();
    let (mut record, stamps) = fields::merged(&all)?;
    for EventBody { record: Encoded(other), .. } in &bodies {
        record.created = record.created.min(other.created);
        record.updated = record.updated.max(other.updated);
    }
    let incarnations = bodies.iter().flat_map(|body| &body.incarnations).copied();
    let incarnations = incarnations.filter(|life| !ended.contains(life)).collect();
    let unknown = last.unknown.clone();
    Some(EventState { record, stamps, incarnations, ended, unknown })
}

/// The user of an event that has these lives; `None` when none of them has the user, or when processes that
/// removed samples at once have removed them all: no user is without one.
pub(super) fn user(revisions: &Revisions, incarnations: &BTreeSet<Uuid>) -> Option<UserState> {
    let bodies: Vec<_> = user_bodies(revisions, incarnations).collect();
    let last = bodies.last()?;
    let all: Vec<_> = bodies.iter().map(|body| (&body.record.0, &body.stamps)).collect();
    let (record, stamps) = fields::merged(&all)?;
    let mut state = UserState { stamps, ..UserState::new(record) };
    state.unknown = last.unknown.clone();
    for UserBody { record: Encoded(other), samples, removed, .. } in &bodies {
        state.record.created = state.record.created.min(other.created);
        state.record.updated = state.record.updated.max(other.updated);
        state.samples.extend(samples.iter().map(|(id, sealed)| (*id, sealed.clone())));
        state.removed.extend(removed);
    }
    // After the loop: a revision that removes a sample may sort before one that still has it.
    state.samples.retain(|id, _| !state.removed.contains(id));
    Some(state).filter(|state| !state.samples.is_empty())
}

/// Whether a live revision of a user still holds a sample that another one removed.
pub(super) fn holds_removed(revisions: &Revisions, incarnations: &BTreeSet<Uuid>) -> bool {
    let bodies = || user_bodies(revisions, incarnations);
    let removed: BTreeSet<&Uuid> = bodies().flat_map(|body| &body.removed).collect();
    bodies().any(|body| body.samples.keys().any(|id| removed.contains(id)))
}

fn user_bodies<'a>(
    revisions: &'a Revisions,
    incarnations: &'a BTreeSet<Uuid>,
) -> impl Iterator<Item = &'a UserBody> {
    let bodies = revisions.live().filter_map(|live| live.document.body.as_user());
    // Documents of former lives may still be there; an event made anew must not show their users.
    bodies.filter(|body| incarnations.contains(&body.incarnation))
}

fn event_bodies(revisions: &Revisions) -> impl Iterator<Item = &EventBody> {
    revisions.live().filter_map(|live| live.document.body.as_event())
}

impl UserState {
    /// A user without samples.
    pub(super) fn new(record: UserRecord) -> Self {
        let (stamps, samples, removed) = (Stamps::new(), BTreeMap::new(), BTreeSet::new());
        Self { record, stamps, samples, removed, unknown: Map::new() }
    }

    /// The samples by id, opened.
    pub(super) fn open(&self, keyring: &Keyring) -> Result<Vec<FaceSample>, StoreError> {
        self.samples.values().map(|sealed| keyring.open(sealed.as_slice())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use embedding::ModelId;
    use time::OffsetDateTime;
    use tokio::time::Instant;

    use super::super::document::{DeletedEventBody, DeletedUserBody, Document};
    use super::*;
    use crate::{EventName, Username};

    fn at(seconds: u64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn ids(numbers: &[u128]) -> BTreeSet<Uuid> {
        numbers.iter().copied().map(id).collect()
    }

    fn place(bodies: Vec<(u128, &[u128], Body)>) -> Revisions {
        let mut revisions = Revisions::default();
        for (revision, supersedes, body) in bodies {
            revisions.adopt(Document::new(id(revision), ids(supersedes), body), Instant::now(), true);
        }
        revisions
    }

    fn names() -> (EventName, Username) {
        (EventName::new("conference").unwrap(), Username::new("ada").unwrap())
    }

    fn ada(life: u128, created: u64, updated: u64, samples: &[u128], removed: &[u128]) -> Body {
        let (event, user) = names();
        let mut record = UserRecord::new(event.clone(), user.clone(), at(created));
        record.updated = at(updated);
        record.metadata.insert("updated".to_owned(), updated.into());
        let samples = samples.iter().map(|sample| (id(*sample), Bytes::from(vec![1]))).collect();
        let (incarnation, stamps, removed, unknown) = (id(life), Stamps::new(), ids(removed), Map::new());
        let record = Encoded(record);
        Body::User(UserBody { event, user, incarnation, record, stamps, samples, removed, unknown })
    }

    fn conference(lives: &[u128], ended: &[u128], created: u64) -> Body {
        let event = names().0;
        let record = EventRecord::new(event.clone(), ModelId::new("model-a").unwrap(), at(created));
        let (incarnations, ended, record) = (ids(lives), ids(ended), Encoded(record));
        let stamps = Stamps::new();
        Body::Event(EventBody { event, incarnations, ended, record, stamps, unknown: Map::new() })
    }

    #[test]
    fn a_user_of_two_live_revisions_has_the_samples_of_both_and_the_record_of_the_later() {
        let revisions = place(vec![
            (10, &[], ada(1, 50, 60, &[100], &[])),
            (11, &[10], ada(1, 50, 90, &[100, 101], &[])),
            (12, &[10], ada(1, 40, 70, &[100, 102], &[])),
        ]);
        let state = user(&revisions, &ids(&[1])).unwrap();
        assert!(state.samples.keys().copied().eq(ids(&[100, 101, 102])));
        assert_eq!((state.record.created, state.record.updated), (at(40), at(90)));
        assert_eq!(state.record.metadata["updated"], 70, "the rest is the later revision's");
    }

    #[test]
    fn a_removed_sample_does_not_count_whichever_revision_brings_it() {
        let revisions =
            place(vec![(11, &[10], ada(1, 0, 0, &[100, 101], &[])), (12, &[10], ada(1, 0, 0, &[], &[100]))]);
        let state = user(&revisions, &ids(&[1])).unwrap();
        assert!(state.samples.keys().copied().eq(ids(&[101])));
        assert!(holds_removed(&revisions, &ids(&[1])) && !holds_removed(&revisions, &ids(&[2])));
        let settled = place(vec![(13, &[], ada(1, 0, 0, &[101], &[100]))]);
        assert!(!holds_removed(&settled, &ids(&[1])));
    }

    #[test]
    fn a_user_whose_samples_were_all_removed_at_once_is_not_there() {
        let both = vec![
            (11, [10].as_slice(), ada(1, 0, 0, &[101], &[100])),
            (12, &[10], ada(1, 0, 0, &[100], &[101])),
        ];
        assert_eq!(user(&place(both), &ids(&[1])), None);
    }

    #[test]
    fn a_tombstone_ends_what_it_knows_of_and_nothing_else() {
        let (event, name) = names();
        let tombstone = || Body::DeletedUser(DeletedUserBody { event: event.clone(), user: name.clone() });
        let gone = place(vec![(10, &[], ada(1, 0, 0, &[100], &[])), (11, &[10], tombstone())]);
        assert_eq!(user(&gone, &ids(&[1])), None);
        let survives = place(vec![
            (10, &[], ada(1, 0, 0, &[100], &[])),
            (11, &[10], ada(1, 0, 0, &[100, 101], &[])),
            (12, &[10], tombstone()),
        ]);
        assert_eq!(user(&survives, &ids(&[1])).unwrap().samples.len(), 2);
    }

    #[test]
    fn a_user_of_another_life_of_the_event_is_not_there() {
        let revisions = place(vec![(10, &[], ada(1, 0, 0, &[100], &[]))]);
        assert!(user(&revisions, &ids(&[1, 2])).is_some());
        assert_eq!(user(&revisions, &ids(&[2])), None);
    }

    #[test]
    fn an_event_made_twice_has_both_lives_and_its_tombstone_ends_an_update_made_at_once() {
        let twice = place(vec![(10, &[], conference(&[1], &[], 50)), (11, &[], conference(&[2], &[], 40))]);
        let state = event(&twice).unwrap();
        assert_eq!((state.incarnations, state.record.created), (ids(&[1, 2]), at(40)));

        let tombstone = DeletedEventBody { event: names().0, ended: ids(&[1]) };
        let mut bodies = vec![
            (10, [].as_slice(), conference(&[1], &[], 50)),
            (11, &[10], conference(&[1], &[], 50)),
            (12, &[10], Body::DeletedEvent(tombstone)),
        ];
        assert_eq!(event(&place(bodies.clone())), None);
        bodies.push((13, &[11, 12], conference(&[3], &[1], 70)));
        let state = event(&place(bodies)).unwrap();
        assert_eq!((state.incarnations, state.ended), (ids(&[3]), ids(&[1])));
    }
}
