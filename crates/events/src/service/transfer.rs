//! An event as an archive: out of the store, and into it.

use std::io::{Read, Write};

use embedding_store::archive::{self, ArchiveError, ExportOptions, ImportOptions, Summary};
use embedding_store::{EncryptionKey, EventName};

use super::EventService;

impl EventService {
    /// Writes an event with its users and their samples into an archive, encrypted where a key is given. Each
    /// user is in it as they are at one moment. Blocks where `out` does.
    ///
    /// # Errors
    /// Those of [`archive::export`]; nothing was written when there is no such event.
    pub async fn export(
        &self,
        event: &EventName,
        out: impl Write,
        key: Option<EncryptionKey>,
    ) -> Result<Summary, ArchiveError> {
        let mut options = ExportOptions::default();
        options.events = Some([event.clone()].into());
        options.key = key;
        archive::export(&*self.inner.store, out, &options, |_| {}).await
    }

    /// Adds what an archive of this event holds to the store; again changes nothing. Searches see what came
    /// when it is done, wholly or not; other writes to the event go on meanwhile. Blocks where `input` does.
    ///
    /// # Errors
    /// Those of [`archive::import`]; [`ArchiveError::OtherEvent`] for an archive of another event. What came
    /// before the place of an error is in the store.
    pub async fn import(
        &self,
        event: &EventName,
        input: impl Read,
        key: Option<EncryptionKey>,
    ) -> Result<Summary, ArchiveError> {
        let mut options = ImportOptions::default();
        options.only = Some(event.clone());
        options.key = key;
        let imported = archive::import(&*self.inner.store, input, &options, |_| {}).await;
        // Not before: an archive may come slowly, and nobody's enrolment is to wait for it.
        self.inner.galleries.turn(event).await.stale();
        imported
    }
}
