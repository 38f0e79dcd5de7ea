//! Tests on a disk that fails and recovers.

use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embedding::{DIMENSIONS, Embedding, ModelId};
use redb::backends::FileBackend;
use redb::{BackendError, Builder, Database, StorageBackend};
use time::OffsetDateTime;

use super::RedbStore;
use super::format::lay_out;
use super::open_file::OpenFile;
use super::place::Place;
use crate::{EmbeddingStore, EventName, FaceSample, Keyring, Outage, StoreError, Username};

/// A file whose writes fail while `fails` is set, as on a full disk.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    fails: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        if self.fails.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
}

fn open(path: &PathBuf, fails: &Arc<AtomicBool>) -> Result<Database, StoreError> {
    let full = |e: &dyn std::error::Error| StoreError::unavailable(false, e.to_string());
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).map_err(|e| full(&e))?;
    let file = FileBackend::new(file).map_err(|e| full(&e))?;
    let mut builder = Builder::new();
    let builder = builder.set_check_integrity_on_open(true);
    builder.create_with_backend(Disk { file, fails: Arc::clone(fails) }).map_err(|e| full(&e))
}

fn sample(user: &str) -> FaceSample {
    let embedding = Embedding::new(ModelId::new("test").unwrap(), [0.5; DIMENSIONS]).unwrap();
    let (event, user) = (EventName::new("conference").unwrap(), Username::new(user).unwrap());
    FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_refuses_while_the_disk_is_full_and_goes_on_by_itself_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faces.redb");
    std::fs::File::create(&path).unwrap();
    let fails = Arc::new(AtomicBool::new(false));
    let database = open(&path, &fails).unwrap();
    lay_out(&database, 1).unwrap();
    let reopen = {
        let (path, fails) = (path.clone(), Arc::clone(&fails));
        move || open(&path, &fails)
    };
    let file = OpenFile::start(Place::of_file(path.clone()), database, Keyring::plain(), reopen).unwrap();
    let store = RedbStore { file: Arc::new(file) };
    let conference = EventName::new("conference").unwrap();

    store.append_sample(sample("before")).await.unwrap();
    fails.store(true, Ordering::SeqCst);
    let error = store.append_sample(sample("during")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { retryable: false, .. }), "{error:?}");
    assert!(error.to_string().contains("there is no room"), "{error}");
    assert_eq!(store.check().await.unwrap_err().outage(), Some(Outage::NoRoom));
    for _ in 0..2 {
        let error = store.append_sample(sample("during")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        if let Err(error) = store.load_event(&conference).await {
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        }
    }

    fails.store(false, Ordering::SeqCst);
    assert_eq!(store.load_event(&conference).await.unwrap().users[0].user.name.as_str(), "before");
    assert_eq!(store.append_sample(sample("after")).await.unwrap(), 1);
    store.check().await.unwrap();
    drop(store);
    let store = RedbStore::open(&path).await.unwrap();
    let users = store.load_event(&conference).await.unwrap().users;
    let names: Vec<_> =
        users.iter().map(|user| user.user.name.as_str()).filter(|name| *name != "during").collect();
    assert_eq!(names, ["after", "before"]);
}
