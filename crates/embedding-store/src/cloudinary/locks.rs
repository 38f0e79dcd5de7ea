//! One lock for each event and user, made when it is needed: writes to one go one after another.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Locks by key.
// tokio's lock, because it is held over uploads; it is fair, so a deletion gets its turn among appends.
#[derive(Debug)]
pub(super) struct Locks<K>(Mutex<HashMap<K, Arc<RwLock<()>>>>);

impl<K: Eq + Hash + Clone + Debug> Locks<K> {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) async fn shared(&self, key: &K) -> OwnedRwLockReadGuard<()> {
        self.lock(key).read_owned().await
    }

    pub(super) async fn alone(&self, key: &K) -> OwnedRwLockWriteGuard<()> {
        self.lock(key).write_owned().await
    }

    fn lock(&self, key: &K) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(key) {
            return Arc::clone(lock);
        }
        // One that only the map holds is nobody's. Looked for when the map has doubled, so that it is cheap.
        // Clones are made under this mutex alone, so such a lock gets no holder meanwhile.
        if locks.len() == locks.capacity() {
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(locks.entry(key.clone()).or_default())
    }
}
