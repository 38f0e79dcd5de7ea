//! The place of the file: whether its path still leads to the file that is open, and whether its disk has room.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outage;

/// Room that a commit is sure to find enough in, in bytes. Below it the disk counts as full before a write fails.
const LEAST_ROOM: u64 = 1 << 20;

/// Where the file was opened, and which file that was.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    identity: Option<Identity>,
}

/// What tells a file from every other that is there at the same time: the numbers of its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Place {
    /// The place of the file that is there now. To be taken before it is opened: if it is replaced meanwhile, the place is
    /// what is wrong, and not where the writes go.
    pub(super) fn of_file(path: PathBuf) -> Self {
        let identity = fs::metadata(&path).ok().map(|found| Identity::from_metadata(&found));
        Self { path, identity }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to the file that was opened. What is written to one that has no name any more
    /// is gone with the process, whatever the system says of the write.
    pub(super) fn check(&self) -> Result<(), Outage> {
        match fs::metadata(&self.path) {
            Ok(found) if self.identity == Some(Identity::from_metadata(&found)) => Ok(()),
            Ok(_) => Err(Outage::FileReplaced),
            Err(_) => Err(Outage::FileGone),
        }
    }

    /// Whether the disk has room for another commit.
    pub(super) fn check_room(&self) -> Result<(), Outage> {
        if room(&self.path).is_some_and(|bytes| bytes < LEAST_ROOM) { Err(Outage::NoRoom) } else { Ok(()) }
    }
}

impl Identity {
    #[cfg(unix)]
    fn from_metadata(found: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: found.dev(), inode: found.ino() }
    }

    /// Elsewhere an open file can neither be removed nor replaced.
    #[cfg(not(unix))]
    fn from_metadata(_: &fs::Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

/// Bytes that are free for this user on the disk of a file; `None` where the system does not say.
#[cfg(unix)]
fn room(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    // Some file systems have no number of blocks at all, and are never full.
    (disk.f_blocks > 0).then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &Path) -> Option<u64> {
    None
}
