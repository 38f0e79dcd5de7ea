//! The program ends at each of the writes of a script of enrolments, check-ins, deletions and erasures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use embedding_store::{
    Appended, EmbeddingStore, Erase, EventName, EventRecord, EventSnapshot, FaceSample, InMemory, Journal,
    JournalEntry, JournalListing, JournalPage, Listing, Page, StoreError, Topic, UserRecord, Username,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{embedding, event, face, open, user};
use crate::{
    CheckInOptions, CheckInOutcome, CheckInPage, CheckInRequest, CheckInService, CheckIns, DuplicatePolicy,
    EventService, EventSettings, RetentionGuard,
};

const END: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A store with its journal that does so many writes, and nothing more: as of a process that ends. The last one is
/// done and not acknowledged, if it is to be.
#[derive(Debug)]
struct Ending {
    store: Arc<InMemory>,
    journal: Arc<dyn Journal>,
    writes: AtomicUsize,
    ends_after: usize,
    does_last: bool,
}

impl Ending {
    fn over(store: &Arc<InMemory>, ends_after: usize, does_last: bool) -> Arc<Self> {
        let (store, journal, writes) = (Arc::clone(store), store.journal().unwrap(), AtomicUsize::new(0));
        Arc::new(Self { store, journal, writes, ends_after, does_last })
    }

    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst);
        if number < self.ends_after {
            return write.await;
        }
        if number == self.ends_after && self.does_last {
            let _ = write.await;
        }
        Err(StoreError::unavailable(true, "a trial"))
    }

    /// Whether it has ended.
    fn has_ended(&self) -> bool {
        self.writes.load(Ordering::SeqCst) > self.ends_after
    }
}

#[async_trait]
impl EmbeddingStore for Ending {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.write(self.store.create_event(event)).await
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        self.store.event(event).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.write(self.store.update_event(event)).await
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.write(self.store.delete_event(event)).await
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.store.list_events(page).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.write(self.store.append_sample(sample)).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        self.write(self.store.delete_sample(event, user, id)).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        self.store.user(event, user).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.write(self.store.update_user(user)).await
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        self.write(self.store.move_user(seen, to, onto)).await
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.write(self.store.delete_user(event, user)).await
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        self.store.list_users(event, page).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        self.store.samples(event, user).await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        self.store.load_event(event).await
    }
}

#[async_trait]
impl Journal for Ending {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        self.write(self.journal.append(entry, unless_since)).await
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        self.journal.entry(topic, id).await
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        self.journal.by_key(topic, key).await
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        self.journal.latest(topic, subject, kind).await
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        self.journal.list(topic, page).await
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.write(self.journal.amend(entry)).await
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        self.write(self.journal.erase(topic, what)).await
    }
}

/// A service, and the check-ins of its users.
async fn opened(store: &Arc<Ending>) -> (Arc<EventService>, CheckInService) {
    let events = Arc::new(open(Arc::clone(store) as Arc<dyn EmbeddingStore>).await);
    let list = CheckIns::new(Arc::clone(store) as Arc<dyn Journal>, CheckInOptions::default());
    events.attach(Arc::new(list.clone()));
    (Arc::clone(&events), CheckInService::new(events, list))
}

/// The faces of each user and the check-ins, of each event that is there.
type Content = Vec<(String, Vec<(String, usize)>, Vec<String>)>;

async fn content(store: &Arc<InMemory>) -> Content {
    let (events, check_ins) = opened(&Ending::over(store, usize::MAX, false)).await;
    let mut content = Vec::new();
    for event in ["ball", "fair"].map(event) {
        let mut users = Vec::new();
        for name in events.users(&event).await.unwrap_or_default() {
            users.push((name.to_string(), store.samples(&event, &name).await.unwrap().len()));
        }
        let page = CheckInPage::oldest(std::num::NonZeroUsize::new(100).unwrap());
        let came = check_ins.list().list(&event, page).await.unwrap().items;
        content.push((event.to_string(), users, came.iter().map(|came| came.user.to_string()).collect()));
    }
    content
}

/// Does the script until the store ends, and returns what was there after each step that was acknowledged.
async fn run(store: &Arc<InMemory>, ending: &Arc<Ending>) -> Vec<Content> {
    let mut contents = vec![content(store).await];
    let (events, check_ins) = opened(ending).await;
    let (fair, ball, ada, ben) = (event("fair"), event("ball"), user("ada"), user("ben"));
    for step in 0..11 {
        let came = || CheckInRequest::manual(END, Uuid::now_v7());
        let outcome = match step {
            0 => events.enrol(&fair, &ada, face(1, 1)).await.is_ok(),
            1 => events.enrol(&fair, &ada, face(1, 2)).await.is_ok(),
            2 => check_ins.check_in_named(&fair, &ada, came()).await.is_ok(),
            3 => events.enrol(&fair, &ben, face(2, 1)).await.is_ok(),
            4 => check_ins.check_in_face(&fair, &embedding(2, 3), true, came()).await.is_ok(),
            5 => {
                let settings = EventSettings { retain_until: Some(END), ..EventSettings::default() };
                events.create_event(&ball, settings).await.is_ok()
            }
            6 => events.enrol(&ball, &ada, face(1, 3)).await.is_ok(),
            7 => check_ins.check_in_named(&ball, &ada, came()).await.is_ok(),
            8 => events.delete_user(&fair, &ada).await.is_ok(),
            9 => {
                let erasure = events.erase_expired(END, RetentionGuard::Guarded).await;
                erasure.is_ok_and(|erasure| erasure.failed.is_empty())
            }
            _ => events.delete_event(&fair).await.is_ok(),
        };
        if ending.has_ended() {
            assert!(!outcome || step == 2 || step == 4 || step == 7, "step {step} is told as done");
            break;
        }
        assert!(outcome, "step {step}");
        contents.push(content(store).await);
    }
    contents
}

#[tokio::test]
async fn at_every_write_an_end_loses_nothing_acknowledged_and_a_repetition_finishes_what_was_begun() {
    let store = Arc::new(InMemory::new());
    let whole = Ending::over(&store, usize::MAX, false);
    let contents = run(&store, &whole).await;
    assert_eq!(contents.len(), 12);
    let writes = whole.writes.load(Ordering::SeqCst);
    assert!(writes > 15, "{writes}");
    for ends_after in 0..writes {
        for does_last in [false, true] {
            let store = Arc::new(InMemory::new());
            let done = run(&store, &Ending::over(&store, ends_after, does_last)).await.len();
            let found = content(&store).await;
            let at = format!("after {ends_after} writes, the last done: {does_last}");
            // Of a step under way some may be done, as check-ins go before their user: that is neither of the two,
            // and no check-in may be of somebody who is not there.
            for (event, users, came) in &found {
                for name in came {
                    assert!(users.iter().any(|(user, _)| user == name), "{event}, {name}: {at}");
                }
            }
            let faces =
                |content: &Content| content.iter().map(|(_, users, _)| users.clone()).collect::<Vec<_>>();
            let allowed = &contents[done - 1..contents.len().min(done + 1)];
            assert!(allowed.iter().any(|content| faces(content) == faces(&found)), "{found:?} {at}");
            let lost = allowed.iter().all(|content| {
                content.iter().zip(&found).any(|(expected, found)| found.2.len() < expected.2.len())
            });
            assert!(!lost, "{found:?} {at}");
        }
    }
}

#[tokio::test]
async fn a_rename_or_a_merge_that_is_cut_off_checks_nobody_in_twice_and_is_finished_by_the_same_request() {
    let (fair, ada) = (event("fair"), user("ada"));
    for (to, left) in [("eve", vec!["ben", "eve"]), ("ben", vec!["ben"])] {
        let (to, mut ends_after) = (user(to), 0);
        let ask = async |events: &EventService| match left.len() {
            1 => events.merge_users(&fair, &ada, &to, Some(DuplicatePolicy::Allow)).await,
            _ => events.rename_user(&fair, &ada, &to).await,
        };
        loop {
            let mut was_cut_off = false;
            for does_last in [false, true] {
                let store = Arc::new(InMemory::new());
                let whole = Ending::over(&store, usize::MAX, false);
                let (events, check_ins) = opened(&whole).await;
                for (name, person) in [("ada", 1), ("ben", 2)] {
                    events.enrol(&fair, &user(name), face(person, 1)).await.unwrap();
                    let came = CheckInRequest::manual(END, Uuid::now_v7());
                    check_ins.check_in_named(&fair, &user(name), came).await.unwrap();
                }
                let ending = Ending::over(&store, ends_after, does_last);
                let cut_off = ask(&opened(&ending).await.0).await;
                assert_eq!(cut_off.is_err(), ending.has_ended(), "{cut_off:?} after {ends_after}");
                was_cut_off |= ending.has_ended();

                let (events, check_ins) = opened(&whole).await;
                for name in events.users(&fair).await.unwrap() {
                    let came = CheckInRequest::manual(END, Uuid::now_v7());
                    let outcome = check_ins.check_in_named(&fair, &name, came).await.unwrap();
                    assert!(matches!(outcome, CheckInOutcome::Already(_)), "{outcome:?} after {ends_after}");
                }
                ask(&events).await.unwrap();
                let found = content(&store).await;
                let names: Vec<_> = found[1].1.iter().map(|(name, _)| name.as_str()).collect();
                let mut came = found[1].2.clone();
                came.sort_unstable();
                assert_eq!((&names, came), (&left, left.iter().map(ToString::to_string).collect()));
            }
            if !was_cut_off {
                break;
            }
            ends_after += 1;
        }
        assert!(ends_after >= 2, "the move, and the check-in that follows");
    }
}
