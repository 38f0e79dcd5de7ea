//! The journal: an append-only record beside the faces, for check-ins and the audit.
//!
//! An entry stands under a [`Topic`], at a time, and says what kind of thing happened to whom. Topics have
//! nothing in common with one another, and none with events: whoever erases an event erases the topics that
//! tell of it. No entry ever holds an embedding or a picture.
//!
//! [`JournalEntry`] is what is kept, [`JournalPage`] how a part of it is read; [`InMemoryJournal`] keeps one as
//! long as the process lives.

mod cursor;
mod entry;
mod page;
mod topic;

use std::fmt::Debug;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

pub use cursor::{InvalidCursor, JournalCursor};
pub use entry::{JournalEntry, MAX_LABEL_BYTES};
pub use page::{JournalListing, JournalPage};
pub use topic::{InvalidTopic, MAX_TOPIC_BYTES, Topic};

/// Keeps the entries of topics.
///
/// What [`EmbeddingStore`](crate::EmbeddingStore) promises of its calls holds here too: atomic, durable on
/// return, in order, also against other processes of the same store. The entries of a topic are in the order of
/// their times, and those of one time in the order of their ids; "newest" is the last in that order. An entry of
/// an earlier time than the others takes its place among them, whenever it is appended.
///
/// An implementor finds that order in [`JournalCursor`], of which [`JournalPage::range`] gives the part that a page
/// is of, [`JournalPage::selects`] its other conditions, and [`JournalListing::from_entries`] the page itself.
/// [`JournalEntry::amending`] has the rules of an amendment. Entries are kept as [`JournalEntry::to_bytes`] makes
/// them, or else checked by [`JournalEntry::check_storable`]; [`JournalEntry::is_label`] says of a text that is
/// looked for whether any entry can have it. The suite in `conformance` (feature `conformance`) tries it all.
#[async_trait]
pub trait Journal: Debug + Send + Sync {
    /// Adds an entry, unless it is there already, or its key is, or something like it happened a moment ago.
    ///
    /// `unless_since`: an entry of the same topic, kind and subject at that time or later keeps the new one out, unless
    /// it is further after the new one's time than `unless_since` is before it ([`JournalCursor::around`]).
    /// Of several calls at one moment with one key, or with one subject and `unless_since`, exactly one is
    /// [`Appended::New`]. Repeating a call with the same entry, as after [`StoreError::Unavailable`], is safe.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] as for [`JournalEntry::check_storable`].
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError>;

    /// Reads an entry; `None` when there is none.
    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError>;

    /// Reads the entry of a topic that has this key; `None` when there is none.
    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError>;

    /// Reads the newest entry of a kind about a subject; `None` when there is none.
    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError>;

    /// Lists entries of a topic; one that nothing was appended to has none.
    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError>;

    /// Replaces kind, subject and body of an entry, and counts its `revision` up; topic, id, time and key
    /// stay as they are. Not idempotent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there; [`StoreError::Conflict`] when it is of another revision
    /// than this one, since somebody amended it in between: read it again. [`StoreError::Unstorable`] as for
    /// [`Journal::append`].
    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError>;

    /// Removes entries of a topic for good, all at once, and returns how many they were. Idempotent.
    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError>;

    /// Whether it can be read and written now, as far as it can tell by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// How an append ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Appended {
    /// The entry has been added.
    New,
    /// Nothing was added: the topic has this entry, which has the same id or the same key.
    Repeated(JournalEntry),
    /// Nothing was added: this entry is the newest of its kind and subject, not before `unless_since`.
    Recent(JournalEntry),
}

/// Which entries of a topic to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erase {
    /// Those about a subject.
    Subject(String),
    /// Those of before a time.
    Before(OffsetDateTime),
    /// All.
    All,
}
