//! Snapshots of the whole store: files in a folder of their own, of which the latest are kept.

mod folder;
mod name;
mod write;

pub(crate) use folder::{Snapshots, StoredSnapshot};
pub(crate) use name::SnapshotName;
pub(crate) use write::{SnapshotError, copy_whole, records, write_whole};
