//! One set-up at a time on one checkout.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::say;

/// Waits until no other set-up works on the folder. The lock ends with the returned file, and with the
/// process, however that ends.
pub(super) fn hold(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let cannot = || format!("cannot lock {}", path.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let file = File::create(&path).with_context(cannot)?;
    // Tried first, so that the wait can be told.
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            say("another set-up is at work; waiting for it");
            file.lock().with_context(cannot)?;
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
    }
    // The file is never removed: two could then hold locks on two files of one name.
    Ok(file)
}

#[cfg(test)]
mod tests {

    use std::fs::File;

    use super::hold;

    #[test]
    fn a_held_folder_cannot_be_locked_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let held = hold(folder.path()).unwrap();
        let other = File::open(folder.path().join("lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        other.try_lock().unwrap();
    }
}
