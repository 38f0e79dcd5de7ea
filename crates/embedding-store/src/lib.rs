//! Durable stores for face embeddings, behind one trait.
//!
//! A store keeps *events*, the *users* registered at them, and each user's *face samples*, and most have a
//! [`Journal`] beside them. Which store
//! it is, its [`StoreUrl`] says; what every store promises, [`EmbeddingStore`] says.
//!
//! ```
//! use embedding::{Embedding, ModelId};
//! use embedding_store::{EmbeddingStore, EventName, FaceSample, StoreUrl, Username};
//! use time::OffsetDateTime;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = "memory:".parse::<StoreUrl>()?.open().await?;
//!
//! let (event, user) = (EventName::new("conference_2024")?, Username::new("Zoë")?);
//! let embedding = Embedding::new(ModelId::new("dlib-resnet-v1")?, [0.1; 128])?;
//! let now = OffsetDateTime::now_utc();
//! let sample = FaceSample::new(event.clone(), user.clone(), embedding, 0.98, "upload", now)?;
//!
//! assert_eq!(store.append_sample(sample.clone()).await?, 1, "it is the user's first sample");
//! assert_eq!(store.samples(&event, &user).await?, [sample]);
//! # Ok(())
//! # }
//! ```
//!
//! | URL | store | kept |
//! |---|---|---|
//! | `memory:` | [`InMemory`] | as long as the value |
//! | `redb:PATH` | `RedbStore` (feature `redb`, on by default) | in one file, durable on return |
//! | `cloudinary://KEY:SECRET@CLOUD/PREFIX` | `CloudinaryStore` (feature `cloudinary`) | in a folder of an account, durable on return |
//! | `postgres://...` | `PostgresStore` (feature `postgres`) | in a PostgreSQL database that several servers share |
//!
//! A store of one's own implements [`EmbeddingStore`] and passes the suite in `conformance` (feature
//! `conformance`).

pub mod archive;
mod changes;
#[cfg(feature = "cloudinary")]
pub mod cloudinary;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod journal;
mod keyring;
pub mod legacy;
mod memory;
mod moved_user;
mod names;
mod opening;
mod page;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "redb")]
mod redb;
mod search;
mod store;
mod store_ext;
mod stored;
mod text_type;
mod url;
mod versions;
mod visible_form;

#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresConfig, PostgresStore};
#[cfg(feature = "redb")]
pub use self::redb::{RedbJournal, RedbStore};
pub use changes::{Change, ChangeFeed};
#[cfg(feature = "cloudinary")]
pub use cloudinary::{CloudinaryAccess, CloudinaryOptions, CloudinaryStore};
pub use error::{Cause, Outage, StoreError, Subject};
pub use journal::{
    Appended, Erase, InvalidCursor, InvalidTopic, Journal, JournalCursor, JournalEntry, JournalListing,
    JournalPage, MAX_LABEL_BYTES, MAX_TOPIC_BYTES, Topic,
};
pub use keyring::{EncryptionKey, InvalidKey, KeyId, Keyring};
pub use memory::{InMemory, InMemoryJournal};
pub use names::{EventName, MAX_NAME_BYTES, MAX_NAME_CHARACTERS, NameError, Username};
pub use page::{Cursor, Listing, MAX_PAGE_BYTES, Page, PageRoom};
pub use record::{
    DuplicatePolicy, EventRecord, EventSnapshot, FaceSample, FalseMatchRate, FormerName, InvalidRate,
    InvalidScore, MAX_METADATA_DEPTH, MAX_RECORD_BYTES, MatchRule, Metadata, UserRecord, UserSnapshot,
};
pub use search::{NearestTemplates, TemplateSearch};
pub use store::EmbeddingStore;
pub use store_ext::EmbeddingStoreExt;
pub use stored::{StoredRecord, StoredRecords};
pub use url::{StoreOptions, StoreUrl, StoreUrlError};
pub use versions::{AppendedAt, ChangedUsers, EventVersion, EventVersions};
