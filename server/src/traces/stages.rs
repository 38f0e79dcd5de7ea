//! The stages of the request under way, noted wherever its work is done.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Stages of one request that are kept: more than a picture of many faces has within a second.
const MOST: usize = 256;

tokio::task_local! {
    /// Those of the request that this task, or this thread of the pool, works on.
    static CURRENT: Stages;
}

/// A stage that has ended.
#[derive(Debug)]
pub(super) struct StageTime {
    pub(super) name: &'static str,
    /// What was done, where the name alone does not say it.
    pub(super) operation: Option<&'static str>,
    pub(super) ended: SystemTime,
    pub(super) took: Duration,
}

/// The stages of one request. A clone is the same list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stages(Arc<Mutex<Vec<StageTime>>>);

/// Notes a stage that ended now in the request under way, if there is one that is traced.
pub(crate) fn note_stage(name: &'static str, operation: Option<&'static str>, took: Duration) {
    let stage = || StageTime { name, operation, ended: SystemTime::now(), took };
    // Outside of a request there is none.
    let _ = CURRENT.try_with(|stages| {
        let mut stages = stages.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stages.len() < MOST {
            stages.push(stage());
        }
    });
}

impl Stages {
    /// Those of the request that is worked on here.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Notes here what a future does.
    pub(crate) async fn note_in<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// Notes here what is done on another thread.
    pub(crate) fn on_thread<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    pub(super) fn take(&self) -> Vec<StageTime> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
