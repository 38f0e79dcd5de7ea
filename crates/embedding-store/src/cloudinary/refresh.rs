//! What others changed: a list on a timer, and the documents in it that are not known yet.

use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::mirror::{Listed, Missing};
use super::store::Inner;
use crate::{Change, StoreError};

/// After so many intervals without a listing, listeners are told that they may miss changes.
const INTERVALS: u32 = 3;

impl Inner {
    /// Brings the mirror up to date, and tells listeners what others changed.
    ///
    /// # Errors
    /// Any failure to list or read. What was read until then counts.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        // Each listing costs counted calls, and `correct` forgets what a second one under way would still need.
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some(wait) = self.client.budget().wait(self.pages(), OffsetDateTime::now_utc()) {
            let reason = format!(
                "the calls of the Admin API are used up for {} s: ask for them less often, or for more",
                wait.as_secs()
            );
            return Err(StoreError::unavailable(true, reason));
        }
        // Before the call: what is newer than this may be missing from the list without being gone.
        let started = Instant::now();
        let mut listed = self.list().await?;
        // The mirror's lock is taken for each step and never over a call: readers would wait for the network.
        self.mirror_mut().correct(&mut listed, started);
        let unread = self.mirror().unread(&listed);
        self.read_places(unread).await?;
        // After the reads: what is missing has mostly been superseded by a revision that was just read. Removed
        // before them, it would leave readers without the user in between.
        let missing = self.mirror().missing(&listed, started);
        self.remove_gone(missing).await?;
        self.look_again_at_unreadable(&listed).await?;
        self.mirror_mut().set_aside(&listed, started);
        Ok(())
    }

    /// Removes the revisions that are not there any more. A list may be late, so each that readers see
    /// is asked for.
    async fn remove_gone(&self, missing: Vec<Missing>) -> Result<(), StoreError> {
        stream::iter(missing.into_iter().map(Ok))
            .try_for_each_concurrent(self.parallel.get(), |Missing { place, revision, is_seen }| async move {
                // `explicit` is not counted by the hour. What nobody sees is not worth a call: if it is still
                // there, the next list brings it back.
                if is_seen && self.client.is_there(&self.prefix.id(&place, revision)).await? {
                    return Ok(());
                }
                // Asked before the removal, which may take the place along with its last revision.
                let subject = self.mirror().subject(&place);
                self.mirror_mut().remove(&place, revision, Instant::now());
                self.feed.changed(subject.filter(|_| is_seen));
                Ok(())
            })
            .await
    }

    /// Lets users and events back in whose unreadable documents are superseded, or are certainly gone.
    async fn look_again_at_unreadable(&self, listed: &Listed) -> Result<(), StoreError> {
        let to_look_at = self.mirror().unreadable_to_look_at(listed);
        for (place, revision, is_superseded) in to_look_at {
            // As for `remove_gone`: a list may be late.
            if !is_superseded && self.client.is_there(&self.prefix.id(&place, revision)).await? {
                continue;
            }
            if self.mirror_mut().forget_unreadable(&place, revision) {
                let subject = self.mirror().subject(&place);
                self.feed.changed(subject);
            }
        }
        Ok(())
    }

    /// Lists on and on. Ends with the task that runs it.
    pub(super) async fn keep_up_to_date(&self, interval: Duration) {
        let (mut last, mut is_interrupted) = (Instant::now(), false);
        loop {
            // Before the first pause, so that what an earlier process left behind goes at the start.
            self.sweep().await;
            let pause = self.client.budget().pause(self.pages(), interval);
            sleep(pause).await;
            match self.refresh().await {
                Ok(()) => {
                    last = Instant::now();
                    if std::mem::take(&mut is_interrupted) {
                        self.feed.send(Change::Everything);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "what others changed at Cloudinary cannot be read");
                    if !is_interrupted && last.elapsed() > pause * INTERVALS {
                        is_interrupted = true;
                        self.feed.send(Change::Interrupted);
                    }
                }
            }
        }
    }
}
