//! Who may ask for what: keys, their roles, and the events they are for.
//!
//! A route says in the table which [`Role`] it needs; whoever reads an event's name asks the [`Caller`] whether
//! it may be theirs. Without a key file there are no keys, and the server is for its own machine alone.

mod caller;
mod change;
mod file;
mod key;
mod keys;
mod middleware;
mod record;
mod replace;
mod ring;
mod role;
mod usage;

pub(crate) use caller::Caller;
pub(crate) use change::{KeyChange, KeyChangeError, KeyUpdate, Rotation, may};
pub(crate) use file::{KeyFile, KeyFileError};
pub(crate) use key::ApiKey;
pub(crate) use keys::Keys;
pub(crate) use middleware::{Access, needs};
pub(crate) use record::KeyRecord;
pub(crate) use ring::KeyRing;
pub(crate) use role::Role;
pub(crate) use usage::LastUses;
