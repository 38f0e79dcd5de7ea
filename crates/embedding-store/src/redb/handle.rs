//! The open file, shared by readers and the writer, and opened again when the engine has given up.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use redb::Database;

use super::failure::{Breakage, Failure};
use super::format;
use super::place::Place;
use crate::{Outage, StoreError};

/// Opens the file anew.
pub(super) type Reopen = Box<dyn Fn() -> Result<Database, StoreError> + Send + Sync>;

pub(super) struct Handle {
    place: Place,
    reopen: Reopen,
    /// Whether the last write found no room.
    is_full: AtomicBool,
    /// Since when the file cannot be reached.
    // std's, since it is held for an exchange alone.
    away_since: Mutex<Option<Instant>>,
    /// Whoever works on the database holds the lock for reading, so that closing waits for them.
    state: RwLock<State>,
}

enum State {
    Open {
        database: Database,
        /// Which opening this is, so that a failure of an earlier one does not close it.
        opening: u64,
    },
    /// The engine gave up: after an input/output error it refuses everything until the file is opened
    /// again, which the next call does.
    Lost {
        opening: u64,
    },
    Closed,
}

impl Handle {
    pub(super) fn new(place: Place, database: Database, reopen: Reopen) -> Self {
        Self {
            place,
            reopen,
            is_full: AtomicBool::new(false),
            away_since: Mutex::new(None),
            state: RwLock::new(State::Open { database, opening: 0 }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Since when the file cannot be reached, as far as the last call or look found out.
    pub(super) fn away_since(&self) -> Option<Instant> {
        *self.away_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the file can be read, and written as far as can be told without a write.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.check_place()?;
        self.place.check_room()?;
        if self.is_full.load(Ordering::SeqCst) {
            return Err(Outage::NoRoom.into());
        }
        self.open_again()
    }

    /// The same, after a trial write where the last one found no room.
    pub(super) fn check_with_write(&self) -> Result<(), Failure> {
        // Not tried without room: to fail it costs a reopening, which reads the whole file.
        if self.is_full.load(Ordering::SeqCst)
            && self.place.check_room().is_ok()
            && self.run(format::try_write).is_ok()
        {
            self.note_room();
        }
        self.check()
    }

    /// A commit was made: there is room.
    pub(super) fn note_room(&self) {
        self.is_full.store(false, Ordering::SeqCst);
    }

    /// Whether the path still leads to the open file. A write is acknowledged after this alone.
    pub(super) fn check_place(&self) -> Result<(), Failure> {
        let found = self.place.check();
        let mut since = self.away_since.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(()) => *since = None,
            Err(_) => drop(since.get_or_insert_with(Instant::now)),
        }
        Ok(found?)
    }

    /// Works on the database. The engine may panic over damaged data; here that is an error like others.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, Failure> {
        self.check_place()?;
        self.open_again()?;
        let state = self.read();
        // Another call may have given the file up or closed it between the two locks.
        // That is rare, so the caller is told to try again instead of looping here.
        let State::Open { database, opening } = &*state else { return Err(self.not_open()) };
        let opening = *opening;
        let outcome = catch_panic(|| work(database));
        // Giving up takes the lock for writing, so the one for reading must be let go before.
        drop(state);
        self.settle(opening, outcome)
    }

    /// Closes the file for good, once those who work on it are done.
    pub(super) fn close(&self) {
        close(&mut self.write(), State::Closed);
    }

    /// Gives unused room back, alone with the file.
    pub(super) fn compact(&self) -> Result<bool, Failure> {
        self.check_place()?;
        self.open_again()?;
        let mut state = self.write();
        // Alone with it because the engine refuses to compact while a transaction is open.
        let State::Open { database, opening } = &mut *state else { return Err(self.not_open()) };
        let opening = *opening;
        let outcome = catch_panic(|| database.compact().map_err(|e| redb::Error::from(e).into()));
        drop(state);
        self.settle(opening, outcome)
    }

    /// What came of some work, a panic's message among it; after some failures the file is to be opened again.
    fn settle<T>(&self, opening: u64, outcome: Result<Result<T, Failure>, String>) -> Result<T, Failure> {
        let result = outcome.unwrap_or_else(|message| Err(Failure::Broken(Breakage::Panicked(message))));
        if let Err(Failure::Broken(breakage)) = &result {
            if breakage.is_no_room() {
                self.is_full.store(true, Ordering::SeqCst);
            }
            if breakage.calls_for_reopening() {
                self.give_up(opening);
            }
        }
        result
    }

    fn give_up(&self, failed: u64) {
        let mut state = self.write();
        if matches!(*state, State::Open { opening, .. } if opening == failed) {
            close(&mut state, State::Lost { opening: failed });
        }
    }

    /// Opens the file again where it was given up.
    fn open_again(&self) -> Result<(), Failure> {
        // The usual case takes the lock for reading only, so that calls do not wait for each other.
        if !matches!(*self.read(), State::Lost { .. }) {
            return Ok(());
        }
        let mut state = self.write();
        // Asked again: of several calls that found the file lost one opens it, and
        // the others wait. Were they to open it too, they would fail on the first
        // one's lock. After a failure it stays lost, and the next call tries.
        if let State::Lost { opening } = *state {
            let database = (self.reopen)().map_err(|e| Failure::Broken(Breakage::NotOpen(e)))?;
            *state = State::Open { database, opening: opening + 1 };
        }
        Ok(())
    }

    fn not_open(&self) -> Failure {
        let reason = format!("{} is not open", self.path().display());
        Failure::Broken(Breakage::NotOpen(StoreError::unavailable(true, reason)))
    }

    // A panic under the lock is caught before it gets here; no state is ever half changed.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing is lost when closing fails: every commit has been synced, and the next opening repairs the rest.
fn close(state: &mut State, next: State) {
    // Dropped while the caller holds the lock: nobody may open the file again before it is closed.
    let last = std::mem::replace(state, next);
    drop(catch_panic(|| drop(last)));
}

/// Runs a step of the engine; a panic comes back as its message. The engine marks itself as broken, so
/// that nothing half done is used afterwards.
pub(super) fn catch_panic<T>(step: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("path", &self.path()).finish_non_exhaustive()
    }
}
