//! The look at the file each second, so that one that is gone is noticed without a write.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::handle::Handle;
use crate::StoreError;

/// How often it is looked.
const PERIOD: Duration = Duration::from_secs(1);

pub(super) struct Watch {
    /// Dropped to end the thread; `None` once ended.
    running: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(handle: Arc<Handle>) -> Result<Self, StoreError> {
        let (running, ended) = mpsc::channel();
        // No task of a runtime: the file may outlive the runtime that it was opened on.
        let thread = thread::Builder::new().name("face-store-watch".to_owned());
        let thread = thread.spawn(move || {
            let mut outage = None;
            while ended.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                tell(&handle, &mut outage);
            }
        });
        let thread = thread.map_err(|e| StoreError::Unavailable {
            retryable: true,
            reason: "the system gives no thread to watch the file".to_owned(),
            source: Some(e.into()),
        })?;
        Ok(Self { running: Some(running), thread: Some(thread) })
    }

    pub(super) fn finish(&mut self) {
        self.running = None;
        if let Some(thread) = self.thread.take() {
            // It ends by a panic only if logging does; there is nothing to be done about that.
            drop(thread.join());
        }
    }
}

/// Looks, and logs what has changed since the last time: once when it begins, and once when it is over.
fn tell(handle: &Handle, outage: &mut Option<String>) {
    let file = handle.path().display();
    let now = handle.check_with_write().err().map(|failure| failure.into_error(handle.path()).to_string());
    if *outage == now {
        return;
    }
    match &now {
        Some(error) => {
            tracing::error!(%file, %error, "store file: cannot be written, requests that write are refused")
        }
        None => tracing::info!(%file, "store file: can be used again"),
    }
    *outage = now;
}
