//! The store at Cloudinary, `cloudinary://KEY:SECRET@CLOUD/PREFIX`: immutable revisions, merged when read.
//!
//! A change of a user or an event is a new document (`document`, found at `path`) that names what it
//! supersedes (`revisions`); what is live is merged (`merge`), so that two processes lose nothing of
//! each other. Everything is held in memory (`mirror`), loaded when the store is opened (`load`) and
//! brought up to date on a timer (`refresh`); a write (`writes`) uploads one document and answers when
//! that is acknowledged and verified. What is superseded is destroyed behind it (`sweep`), and samples that were
//! removed while another process wrote with them are taken out of what is not (`removals`). A document that cannot
//! be read keeps out the user or event that it is of, and nobody else (`unreadable`).
//!
//! Below that is the `client` with one file a call (`calls`), `signature`s, `retry`, and the
//! `budget` of the calls that Cloudinary counts.

mod account;
mod answer;
mod appends;
mod budget;
mod calls;
mod client;
mod credentials;
mod document;
mod feed;
mod fields;
mod legacy;
mod load;
mod locks;
mod merge;
mod mirror;
mod moved_user;
mod options;
mod path;
mod refresh;
mod removals;
mod retry;
mod revisions;
pub mod signature;
mod store;
mod sweep;
mod unreadable;
mod writes;

pub use client::CloudinaryClient;
pub use credentials::{ApiSecret, CloudinaryAccess};
pub use options::CloudinaryOptions;
pub(crate) use options::CloudinaryUrl;
pub use store::CloudinaryStore;
