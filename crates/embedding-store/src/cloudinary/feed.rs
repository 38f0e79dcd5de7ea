//! What others changed, passed on to those who listen.

use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Sender};

use crate::{Change, ChangeFeed, Subject};

/// A listener who is further behind gets the change of everything.
const BACKLOG: usize = 1024;

#[derive(Debug)]
pub(super) struct Feed(Sender<Change>);

impl Feed {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    /// The changes from now on. Ends with the store.
    pub(super) fn listen(&self) -> ChangeFeed {
        let receiver = self.0.subscribe();
        ChangeFeed::new(stream::unfold(receiver, |mut receiver| async {
            match receiver.recv().await {
                Ok(change) => Some((change, receiver)),
                // It goes on with the oldest change kept; hearing that one again does no harm.
                Err(RecvError::Lagged(_)) => Some((Change::Everything, receiver)),
                Err(RecvError::Closed) => None,
            }
        }))
    }

    pub(super) fn changed(&self, subjects: impl IntoIterator<Item = Subject>) {
        for subject in subjects {
            match subject {
                Subject::Event(event) => self.send(Change::Event(event)),
                Subject::User(event, user) | Subject::Sample(event, user, _) => {
                    self.send(Change::User(event, user));
                }
                // Entries belong to a journal, and there is none at Cloudinary.
                Subject::Entry(..) => {}
            }
        }
    }

    /// Passes on a change. That nobody listens is no error.
    pub(super) fn send(&self, change: Change) {
        drop(self.0.send(change));
    }
}
