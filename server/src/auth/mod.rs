//! Who may ask for what: keys, their roles, and the events they are for.
//!
//! A route says in the table which [`Role`] it needs; whoever reads an event's name asks the [`Caller`] whether
//! it may be theirs. Without a key file there are no keys, and the server is for its own machine alone.

mod caller;
mod file;
mod key;
mod middleware;
mod record;
mod replace;
mod ring;
mod role;

pub(crate) use caller::Caller;
pub(crate) use file::KeyFile;
pub(crate) use key::ApiKey;
pub(crate) use middleware::{Access, needs};
pub(crate) use record::KeyRecord;
pub(crate) use ring::KeyRing;
pub(crate) use role::Role;
