//! The keys of a running server: who has them, as their file goes on saying, and changes of it over HTTP.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::task::spawn_blocking;

use super::change::KeyChange;
use super::file::{KeyFile, KeyFileError};
use super::key::ApiKey;
use super::usage::{KeyUsage, LastUses};
use super::{Caller, KeyRecord, KeyRing};

/// How often it is written when keys were used.
const PERIOD: Duration = Duration::from_secs(60);

/// A key file, the keys that hold, and when they were used.
#[derive(Debug)]
pub(crate) struct Keys {
    file: KeyFile,
    ring: RwLock<Arc<KeyRing>>,
    usage: KeyUsage,
}

impl Keys {
    /// The keys of a file, and what keeps reading it and writes when they were used, which never ends.
    ///
    /// # Errors
    /// [`KeyFileError`]; that there is no key in it is one at the start alone.
    pub(crate) fn open(
        file: &KeyFile,
    ) -> Result<(Arc<Self>, impl Future<Output = ()> + use<>), KeyFileError> {
        let (mut latest, reloading) = file.reload_on_change()?;
        let ring = Arc::clone(&latest.borrow_and_update());
        let keys = Arc::new(Self::new(file.clone(), ring));
        let (reader, writer) = (Arc::clone(&keys), Arc::clone(&keys));
        let following = async move {
            while latest.changed().await.is_ok() {
                reader.put(Arc::clone(&latest.borrow_and_update()));
            }
        };
        let background = async move {
            tokio::select! {
                () = reloading => {}
                () = following => {}
                () = writer.write_usage() => {}
            }
        };
        Ok((keys, background))
    }

    pub(crate) fn new(file: KeyFile, ring: Arc<KeyRing>) -> Self {
        let usage = KeyUsage::open(file.path());
        Self { file, ring: RwLock::new(ring), usage }
    }

    /// Whose key it is; `None` for one that does not hold now.
    pub(super) fn caller(&self, key: &ApiKey, now: OffsetDateTime) -> Option<Caller> {
        // Cloned, because the borrow is a lock that holds up whoever puts changed keys in place.
        let caller = self.ring().caller(key, now).cloned()?;
        self.usage.add(key.id(), now);
        Some(caller)
    }

    /// The keys of the file, in the order in which they were made, and when each was used last.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) async fn list(&self) -> Result<(Vec<KeyRecord>, LastUses), KeyFileError> {
        let file = self.file.clone();
        let records =
            spawn_blocking(move || file.records()).await.map_err(|error| self.file.failed(error.into()))?;
        Ok((records?, self.usage.last()))
    }

    /// When each key was used last, as far as this server knows.
    pub(crate) fn last_uses(&self) -> LastUses {
        self.usage.last()
    }

    /// Makes a change for somebody, in the file and at once in this server. The key as it is now, or as it was when it
    /// was revoked. It is carried through when the future is dropped.
    ///
    /// # Errors
    /// [`KeyFileError::Change`], and those of the file.
    pub(crate) async fn change(&self, change: KeyChange, by: Caller) -> Result<KeyRecord, KeyFileError> {
        let (file, now) = (self.file.clone(), OffsetDateTime::now_utc());
        // Not on the event loop: it waits for its turn and for the disk.
        let changed = spawn_blocking(move || file.change(change, Some(&by), now)).await;
        let (record, records) = changed.map_err(|error| self.file.failed(error.into()))??;
        match KeyRing::from_records(records) {
            Ok(ring) => self.put(Arc::new(ring)),
            // A key was revoked in a file that no server takes: what it says now is logged as it is read again.
            Err(detail) => tracing::error!(detail, "the keys stay as they were"),
        }
        Ok(record)
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, ring: Arc<KeyRing>) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    async fn write_usage(self: Arc<Self>) {
        let mut turns = tokio::time::interval(PERIOD);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failed = false;
        loop {
            turns.tick().await;
            let keys = Arc::clone(&self);
            let written = spawn_blocking(move || {
                let known: HashSet<_> = keys.ring().ids().cloned().collect();
                keys.usage.write(&known)
            });
            let error = written.await.map_err(Into::into).flatten().err();
            // Once, and not each minute: the folder may be one that this server is to read alone.
            if let Some(error) = error.as_ref().filter(|_| !failed) {
                tracing::warn!(%error, "when keys were used last cannot be written beside the key file");
            }
            failed = error.is_some();
        }
    }
}
