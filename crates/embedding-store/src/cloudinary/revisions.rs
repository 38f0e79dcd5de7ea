//! The revisions of one place: which count, which are superseded, which may yet turn up.
//!
//! A revision counts ("is live") as long as no live one supersedes it. A new one names as superseded
//! whatever could be taken for live without it:
//! - the live ones, which it was made from, and no others: a user's revision of an event's life that this
//!   process has not read yet stays live beside it;
//! - superseded ones that are still there, since whoever superseded them goes with this revision;
//! - ones whose upload came to no answer, since the upload may arrive late;
//! - ones that its forerunners named, unless they are certainly gone, or so old that Cloudinary takes no
//!   request of that time any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::document::{Body, Document, EventBody};
use super::path::{milliseconds, next_revision};
use crate::{EventName, StoreError, Subject, Username};

/// For how long a revision is named that may yet turn up: a signature is good for an hour, and clocks may
/// be wrong by an hour.
// Ages are the maker's time seen by the reader's clock. A request expires an hour after that time; a reader
// whose clock is an hour ahead sees that at an age of two hours. The third is a margin.
const NAMED_FOR: Duration = Duration::from_secs(3 * 3600);

/// The revisions of one place that this process knows of.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    subject: Option<Subject>,
    live: BTreeMap<Uuid, Live>,
    /// Those that are there but do not count.
    superseded: BTreeMap<Uuid, Superseded>,
    /// Those whose upload came to no answer, with what they say of an event.
    doubtful: BTreeMap<Uuid, Option<EventBody>>,
    /// Destroyed for good, though a live one still names them.
    gone: BTreeSet<Uuid>,
}

/// A revision that counts.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) document: Arc<Document>,
    /// When this process came to know of it.
    pub(super) since: Instant,
    /// No copy of its upload can still arrive.
    pub(super) settled: bool,
}

/// A revision that is there and does not count.
#[derive(Debug, Clone, Copy)]
struct Superseded {
    since: Instant,
    settled: bool,
}

impl Revisions {
    pub(super) fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// Whose revisions they are, where that is a user.
    pub(super) fn user(&self) -> Option<(&EventName, &Username)> {
        match self.subject()? {
            Subject::User(event, user) | Subject::Sample(event, user, _) => Some((event, user)),
            Subject::Event(_) | Subject::Entry(..) => None,
        }
    }

    /// The live ones, oldest first.
    pub(super) fn live(&self) -> impl DoubleEndedIterator<Item = &Live> {
        self.live.values()
    }

    pub(super) fn superseded(&self) -> impl Iterator<Item = Uuid> {
        self.superseded.keys().copied()
    }

    pub(super) fn knows(&self, revision: Uuid) -> bool {
        self.live.contains_key(&revision) || self.superseded.contains_key(&revision)
    }

    /// Whether a live one supersedes it.
    pub(super) fn supersedes(&self, revision: Uuid) -> bool {
        self.live.values().any(|live| live.document.supersedes.contains(&revision))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.superseded.is_empty() && self.doubtful.is_empty()
    }

    /// A revision above all others, and what it supersedes: of the live ones those that `is_known`, which it was
    /// made from. `now` is in milliseconds since 1970.
    pub(super) fn next(
        &self,
        now: u64,
        is_known: impl Fn(&Body) -> bool,
    ) -> Result<(Uuid, BTreeSet<Uuid>), StoreError> {
        let may_turn_up = |revision: &Uuid| {
            let age = now.saturating_sub(milliseconds(*revision));
            Duration::from_millis(age) < NAMED_FOR
        };
        let known = self.live.iter().filter(|(_, live)| is_known(&live.document.body));
        let known = known.map(|(revision, _)| revision);
        let mut supersedes: BTreeSet<Uuid> = known.chain(self.superseded.keys()).copied().collect();
        let named = self.live.values().flat_map(|live| &live.document.supersedes);
        let named = named.filter(|revision| !self.gone.contains(revision));
        // Bounded by age: every document carries its whole list, and each would be longer than the one before.
        supersedes.extend(named.chain(self.doubtful.keys()).filter(|revision| may_turn_up(revision)));
        // Doubtful ones of any age: one may be there, and the greatest live one gives the record.
        let others = self.live.keys().next_back().max(self.doubtful.keys().next_back());
        let greatest = supersedes.last().max(others).copied();
        Ok((next_revision(greatest)?, supersedes))
    }

    /// Notes that a revision is being uploaded: until it is adopted, it may be there or not.
    pub(super) fn doubt(&mut self, document: &Document) {
        self.doubtful.insert(document.revision, document.body.as_event().cloned());
    }

    /// What uploads without an answer say of the event.
    pub(super) fn doubtful_events(&self) -> impl Iterator<Item = &EventBody> {
        self.doubtful.values().flatten()
    }

    /// Notes that a revision was refused, so that it is not there.
    pub(super) fn was_refused(&mut self, revision: Uuid) {
        self.doubtful.remove(&revision);
    }

    /// Takes a revision that is there, and returns those that do not count any more by it. `settled`: no
    /// copy of its upload can still arrive.
    pub(super) fn adopt(&mut self, document: Document, since: Instant, settled: bool) -> Vec<Uuid> {
        let revision = document.revision;
        self.subject = document.subject();
        self.doubtful.remove(&revision);
        // A listing may have shown it before its own upload was answered.
        if self.knows(revision) {
            return vec![];
        }
        // It arrived late: whoever superseded it may never have seen it, and so not destroyed it.
        if self.supersedes(revision) {
            self.superseded.insert(revision, Superseded { since, settled });
            return vec![revision];
        }
        let ended: Vec<Uuid> =
            self.live.keys().filter(|live| document.supersedes.contains(live)).copied().collect();
        // Kept as long as the document is there: until it is destroyed, every later revision has to name it.
        for revision in &ended {
            if let Some(live) = self.live.remove(revision) {
                let Live { since, settled, .. } = live;
                self.superseded.insert(*revision, Superseded { since, settled });
            }
        }
        // Named by a live one from now on, which says itself what they said of the event.
        self.doubtful.retain(|doubtful, _| !document.supersedes.contains(doubtful));
        self.live.insert(revision, Live { document: Arc::new(document), since, settled });
        self.drop_unnamed();
        ended
    }

    /// Notes a revision that is there and superseded.
    pub(super) fn set_aside(&mut self, revision: Uuid, since: Instant) {
        if !self.knows(revision) {
            // Only a list has shown it: another attempt of its upload may still arrive.
            self.superseded.insert(revision, Superseded { since, settled: false });
        }
    }

    /// Forgets the superseded ones that a listing, which began at `started`, does not show. They may yet
    /// turn up, so they stay named where they are.
    pub(super) fn forget_superseded(&mut self, started: Instant, is_listed: impl Fn(&Uuid) -> bool) {
        self.superseded.retain(|revision, known| known.since >= started || is_listed(revision));
    }

    /// Notes that a revision has been destroyed.
    pub(super) fn was_destroyed(&mut self, revision: Uuid) {
        let live = self.live.remove(&revision).map(|live| live.settled);
        let superseded = self.superseded.remove(&revision).map(|known| known.settled);
        // Uploads create what is not there, so an attempt still under way would make the document anew after
        // this. Such a revision stays named; only one that cannot come back is forgotten.
        if superseded.or(live) == Some(true) {
            self.gone.insert(revision);
        }
        self.drop_unnamed();
    }

    fn drop_unnamed(&mut self) {
        let live = &self.live;
        // `next` looks at `gone` only for what a live one names; the rest would pile up with every write.
        self.gone.retain(|gone| live.values().any(|live| live.document.supersedes.contains(gone)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::{Bytes, KeyBody};
    use super::*;

    fn document(revision: Uuid, supersedes: &[Uuid]) -> Document {
        let body = KeyBody { record: Bytes::from(vec![]), unknown: serde_json::Map::new() };
        Document::new(revision, supersedes.iter().copied().collect(), Body::Key(body))
    }

    fn now() -> u64 {
        milliseconds(Uuid::now_v7())
    }

    fn write(revisions: &mut Revisions, settled: bool) -> Uuid {
        let (revision, supersedes) = revisions.next(now(), |_| true).unwrap();
        let supersedes: Vec<_> = supersedes.into_iter().collect();
        revisions.adopt(document(revision, &supersedes), Instant::now(), settled);
        revision
    }

    fn live(revisions: &Revisions) -> Vec<Uuid> {
        revisions.live().map(|live| live.document.revision).collect()
    }

    fn ids<const N: usize>() -> [Uuid; N] {
        let mut made = [Uuid::nil(); N];
        made.fill_with(Uuid::now_v7);
        made
    }

    #[test]
    fn whichever_order_they_come_in_the_superseded_do_not_count() {
        let [a, b, c] = ids();
        let all = [document(a, &[]), document(b, &[a]), document(c, &[a, b])];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut revisions = Revisions::default();
            for place in order {
                revisions.adopt(all[place].clone(), Instant::now(), false);
            }
            assert_eq!(live(&revisions), [c]);
            assert_eq!(revisions.superseded().collect::<Vec<_>>(), [a, b]);
        }
    }

    #[test]
    fn two_made_from_one_both_count_and_the_next_supersedes_both() {
        let [a, b, c] = ids();
        let mut revisions = Revisions::default();
        for made in [document(a, &[]), document(b, &[a]), document(c, &[a])] {
            revisions.adopt(made, Instant::now(), true);
        }
        assert_eq!(live(&revisions), [b, c]);
        let (next, supersedes) = revisions.next(now(), |_| true).unwrap();
        assert!(next > c && supersedes == BTreeSet::from([a, b, c]));
    }

    #[test]
    fn what_the_next_one_was_not_made_from_stays_live_beside_it() {
        let [a, b] = ids();
        let mut revisions = Revisions::default();
        revisions.adopt(document(b, &[a]), Instant::now(), true);
        let (next, supersedes) = revisions.next(now(), |_| false).unwrap();
        assert!(next > b && supersedes == BTreeSet::from([a]), "what is not live is named all the same");
        revisions.adopt(document(next, &[a]), Instant::now(), true);
        assert_eq!(live(&revisions), [b, next]);
    }

    #[test]
    fn an_upload_without_an_answer_is_superseded_by_the_next_one() {
        let mut revisions = Revisions::default();
        let first = write(&mut revisions, true);
        let (doubtful, _) = revisions.next(now(), |_| true).unwrap();
        revisions.doubt(&document(doubtful, &[first]));
        let (next, supersedes) = revisions.next(now(), |_| true).unwrap();
        assert!(next > doubtful && supersedes == BTreeSet::from([first, doubtful]));
        // It turns up after all.
        revisions.adopt(document(next, &[first, doubtful]), Instant::now(), true);
        revisions.adopt(document(doubtful, &[first]), Instant::now(), false);
        assert_eq!(live(&revisions), [next]);
    }

    #[test]
    fn what_is_still_there_is_named_though_its_superseder_has_gone() {
        let mut revisions = Revisions::default();
        let first = write(&mut revisions, true);
        let second = write(&mut revisions, true);
        let third = write(&mut revisions, true);
        revisions.was_destroyed(second);
        let (_, supersedes) = revisions.next(now(), |_| true).unwrap();
        assert_eq!(supersedes, BTreeSet::from([first, third]), "the one that is certainly gone is not named");
    }

    #[test]
    fn a_destroyed_one_whose_upload_may_arrive_again_is_named_for_hours() {
        let mut revisions = Revisions::default();
        let first = write(&mut revisions, false);
        let second = write(&mut revisions, true);
        revisions.was_destroyed(first);
        assert!(revisions.next(now(), |_| true).unwrap().1.contains(&first));
        let later = now() + 4 * 3600 * 1000;
        assert_eq!(revisions.next(later, |_| true).unwrap().1, BTreeSet::from([second]));
    }

    #[test]
    fn many_changes_leave_a_short_list() {
        let mut revisions = Revisions::default();
        let mut last = write(&mut revisions, true);
        for _ in 0..1000 {
            let next = write(&mut revisions, true);
            revisions.was_destroyed(last);
            last = next;
        }
        assert_eq!(revisions.next(now(), |_| true).unwrap().1, BTreeSet::from([last]));
        assert!(revisions.gone.len() <= 1);
    }
}
