//! Tests that end the program, or the power, at every operation on the disk of a script of writes.

use std::io;
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use embedding::{DIMENSIONS, Embedding, ModelId};
use redb::{BackendError, Database, StorageBackend};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::RedbStore;
use super::file::builder;
use super::format::{FORMAT_VERSION, admit, lay_out};
use super::open_file::OpenFile;
use super::place::Place;
use crate::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, Erase, EventName, EventSnapshot, FaceSample,
    JournalEntry, JournalPage, Keyring, StoreError, Topic, UserRecord, Username,
};

/// What was done, in its order.
#[derive(Debug, Clone)]
enum Step {
    Write(usize, Vec<u8>),
    SetLen(usize),
    Sync,
    /// A write of the script was acknowledged.
    Acknowledged,
}

/// A disk in memory that writes down what is done to it, and fails from some step on.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<DiskState>>);

#[derive(Debug, Default)]
struct DiskState {
    bytes: Vec<u8>,
    steps: Vec<Step>,
    /// The step that fails; the disk is as before after it.
    fails_at: Option<usize>,
}

impl Disk {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(DiskState { bytes, ..DiskState::default() })))
    }

    fn step(&self, step: Step) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let fails = state.fails_at == Some(state.steps.len());
        state.steps.push(if fails { Step::Sync } else { step.clone() });
        if fails {
            return Err(io::ErrorKind::StorageFull.into());
        }
        apply(&mut state.bytes, &step);
        Ok(())
    }

    fn steps(&self) -> usize {
        self.0.lock().unwrap().steps.len()
    }
}

fn apply(bytes: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Write(offset, data) => {
            bytes.resize(bytes.len().max(offset + data.len()), 0);
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
        Step::SetLen(length) => bytes.resize(*length, 0),
        Step::Sync | Step::Acknowledged => {}
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (state, offset) = (self.0.lock().unwrap(), usize::try_from(offset).unwrap());
        let read = state.bytes.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(read);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.step(Step::SetLen(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.step(Step::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.step(Step::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}

/// All that the store holds.
type Content = (Vec<EventSnapshot>, Vec<JournalEntry>);

/// A store on a disk, at a path at which there is a file, and the keys of before and after their change.
struct Trial {
    disk: Disk,
    path: PathBuf,
    changing: Keyring,
    /// Whether to look at what is there after every write, or after those alone that failed at first.
    looks_always: bool,
    /// What was there before the first write, and after each, where it was looked at.
    contents: Vec<Option<Content>>,
    ids: [Uuid; 3],
    entry: JournalEntry,
}

fn open(disk: &Disk, path: &Path, keyring: &Keyring) -> Result<Database, StoreError> {
    let unusable = |e: redb::DatabaseError| StoreError::unavailable(true, e.to_string());
    let database = builder().create_with_backend(disk.clone()).map_err(unusable)?;
    admit(&database, path, keyring)?;
    Ok(database)
}

fn store(disk: &Disk, path: &Path, keyring: &Keyring) -> Result<RedbStore, StoreError> {
    let database = open(disk, path, keyring)?;
    let reopen = {
        let (disk, path, keyring) = (disk.clone(), path.to_owned(), keyring.clone());
        move || open(&disk, &path, &keyring)
    };
    let file = OpenFile::start(Place::of_file(path.to_owned()), database, keyring.clone(), reopen)?;
    Ok(RedbStore { file: Arc::new(file) })
}

async fn content(store: &RedbStore) -> Content {
    let mut events = Vec::new();
    for event in store.all_events().await.unwrap() {
        events.push(store.load_event(&event.name).await.unwrap());
    }
    let page = JournalPage::oldest(NonZeroUsize::new(100).unwrap());
    (events, store.journal().unwrap().list(&topic(), page).await.unwrap().items)
}

fn event(name: &str) -> EventName {
    EventName::new(name).unwrap()
}

fn user(name: &str) -> Username {
    Username::new(name).unwrap()
}

fn topic() -> Topic {
    Topic::new("check-ins/fair").unwrap()
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn sample(event_name: &str, username: &str, value: f32) -> FaceSample {
    let embedding = Embedding::new(ModelId::new("test").unwrap(), [value; DIMENSIONS]).unwrap();
    FaceSample::new(event(event_name), user(username), embedding, 0.9, "test", at(1)).unwrap()
}

impl Trial {
    fn new(path: &Path) -> Self {
        let disk = Disk::default();
        let database = builder().create_with_backend(disk.clone()).unwrap();
        lay_out(&database, FORMAT_VERSION).unwrap();
        drop(database);
        let bytes = disk.0.lock().unwrap().bytes.clone();
        let changing = Keyring::new(EncryptionKey::generate().unwrap()).with_formerly_plain();
        let entry = JournalEntry::new(topic(), "check_in", at(1)).with_subject("ada").with_key("k");
        let (disk, path) = (Disk::holding(bytes), path.to_owned());
        Self { disk, path, changing, looks_always: true, contents: vec![], ids: [Uuid::nil(); 3], entry }
    }

    /// Does the script's writes in their order, each again until it succeeds, and looks at what is there after each.
    async fn run(&mut self) {
        let samples = [sample("fair", "ada", 0.1), sample("fair", "ada", 0.2), sample("ball", "ben", 0.3)];
        self.ids = samples.each_ref().map(FaceSample::id);
        let [first, second, other] = samples;
        let plain = Keyring::plain();
        let store = self.open(&plain);
        self.contents.push(Some(content(&store).await));
        let journal = store.journal().unwrap();
        self.done(&store, async || store.append_sample(first.clone()).await.map(drop)).await;
        self.done(&store, async || store.append_sample(second.clone()).await.map(drop)).await;
        let entry = self.entry.clone();
        self.done(&store, async || journal.append(entry.clone(), Some(at(0))).await.map(drop)).await;
        self.done(&store, async || store.append_sample(other.clone()).await.map(drop)).await;
        let mut ada = UserRecord::new(event("fair"), user("ada"), at(1));
        ada.metadata.insert("hall".to_owned(), "x".repeat(9_000).into());
        self.done(&store, async || store.update_user(ada.clone()).await).await;
        let (fair, ada, second) = (event("fair"), user("ada"), self.ids[1]);
        self.done(&store, async || gone(store.delete_sample(&fair, &ada, second).await)).await;
        let amended = entry.clone().with_subject("eve");
        self.done(&store, async || conflict(journal.amend(amended.clone()).await)).await;
        // A change of keys, as `rekey` makes it.
        drop((store, journal));
        let store = self.open(&self.changing.clone());
        let journal = store.journal().unwrap();
        for (event, user) in [("fair", "ada"), ("ball", "ben")].map(|(e, u)| (event(e), user(u))) {
            self.done(&store, async || store.reseal(&event, &user).await.map(drop)).await;
        }
        self.done(&store, async || store.finish_resealing().await).await;
        let seen = store.user(&fair, &ada).await.unwrap().unwrap();
        let mut renamed = seen.clone();
        renamed.name = user("eva");
        self.done(&store, async || gone(store.move_user(&seen, renamed.clone(), None).await)).await;
        let ada = renamed.name;
        self.done(&store, async || gone(store.delete_user(&fair, &ada).await)).await;
        self.done(&store, async || journal.erase(&topic(), Erase::Subject("eve".to_owned())).await.map(drop))
            .await;
        self.looks_always = true;
        self.done(&store, async || gone(store.delete_event(&event("ball")).await)).await;
    }

    fn open(&self, keyring: &Keyring) -> RedbStore {
        (0..3).find_map(|_| store(&self.disk, &self.path, keyring).ok()).unwrap()
    }

    async fn done(&mut self, store: &RedbStore, write: impl AsyncFn() -> Result<(), StoreError>) {
        let mut outcome = write().await;
        let looks = self.looks_always || outcome.is_err();
        for _ in 0..4 {
            if outcome.is_ok() {
                break;
            }
            outcome = write().await;
        }
        outcome.unwrap();
        self.disk.0.lock().unwrap().steps.push(Step::Acknowledged);
        self.contents.push(if looks { Some(content(store).await) } else { None });
    }
}

/// A deletion that is repeated after an error may find that it was made.
fn gone<T>(outcome: Result<T, StoreError>) -> Result<(), StoreError> {
    match outcome {
        Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same of an amendment.
fn conflict(outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    match outcome {
        Err(StoreError::Conflict { .. }) => Ok(()),
        outcome => outcome,
    }
}

#[tokio::test]
async fn at_every_step_a_crash_or_a_power_cut_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut trial = Trial::new(file.path());
    let start = trial.disk.0.lock().unwrap().bytes.clone();
    trial.run().await;
    let steps = trial.disk.0.lock().unwrap().steps.clone();
    assert!(steps.len() > 100, "{}", steps.len());

    let (mut on_disk, mut waiting, mut acknowledged) = (start, Vec::new(), 0);
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Sync => waiting.drain(..).for_each(|step| apply(&mut on_disk, &step)),
            Step::Acknowledged => acknowledged += 1,
            Step::Write(..) | Step::SetLen(_) => waiting.push(step.clone()),
        }
        // The process ends: all that was written is there. The power is cut: nothing is that was not synced, or any part.
        let all = waiting.len();
        for kept in [u64::MAX, 0, 0x5555_5555_5555_5555, 1 << all.saturating_sub(1).min(63)] {
            if waiting.is_empty() && kept != 0 {
                continue;
            }
            let mut bytes = on_disk.clone();
            let is_kept = |place: &usize| kept >> (place % 64) & 1 == 1;
            (0..all).filter(is_kept).for_each(|place| apply(&mut bytes, &waiting[place]));
            let store = store(&Disk::holding(bytes), file.path(), &trial.changing);
            let store = store.unwrap_or_else(|error| panic!("step {number}, kept {kept:x}: {error}"));
            let found = content(&store).await;
            let expected = &trial.contents[acknowledged..trial.contents.len().min(acknowledged + 2)];
            assert!(expected.contains(&Some(found)), "step {number}, kept {kept:x}: {expected:?}");
        }
    }
}

#[tokio::test]
async fn at_every_step_a_failure_of_the_disk_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut whole = Trial::new(file.path());
    whole.run().await;
    let summary = |content: &Content| {
        let names = |snapshot: &EventSnapshot| (snapshot.event.name.clone(), snapshot.users.len());
        (content.0.iter().map(names).collect::<Vec<_>>(), content.1.len())
    };
    let expected: Vec<_> = whole.contents.iter().flatten().map(summary).collect();
    for step in 0..whole.disk.steps() {
        let mut trial = Trial::new(file.path());
        trial.looks_always = false;
        trial.disk.0.lock().unwrap().fails_at = Some(step);
        trial.run().await;
        assert_eq!(trial.contents.len(), expected.len());
        for (found, expected) in trial.contents.iter().zip(&expected) {
            assert!(found.as_ref().is_none_or(|found| summary(found) == *expected), "step {step}: {found:?}");
        }
    }
}
