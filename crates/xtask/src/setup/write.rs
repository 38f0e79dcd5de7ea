//! Writing a file so that it is whole or not there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What a full disk needs, with the downloads: about 150 MB of packages and 70 MB of files.
pub(super) const NO_ROOM: &str = "the disk is full: set-up needs 500 MB in target/setup and models; \
                                  make room and run it again, it goes on where it was";

/// Writes beside `path` and renames onto it. Only the holder of the set-up's lock writes there, so one
/// name for the unfinished file is enough, and a later run replaces what an interrupted one left.
pub(super) fn atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    write_synced(&unfinished, bytes)
        .and_then(|()| fs::rename(&unfinished, path))
        .inspect_err(|_| {
            // The first error is the one to report.
            let _ = fs::remove_file(&unfinished);
        })
        .with_context(|| format!("cannot write {}", path.display()))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    // A rename may reach the disk before the data does, unless the data is there first.
    file.sync_all()
}

/// The error, with what to do about it if it is a full disk.
pub(super) fn with_advice(error: anyhow::Error) -> anyhow::Error {
    let full = |error: &io::Error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    if error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(full)) {
        error.context(NO_ROOM)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/model.onnx");
        for bytes in [b"first".as_slice(), b"second"] {
            atomically(&path, bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_no_unfinished_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        fs::create_dir(&path).unwrap();
        atomically(&path, b"a folder is in the way").unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_told_with_the_room_that_is_needed() {
        let full = io::Error::from(ErrorKind::StorageFull);
        let error = with_advice(anyhow::Error::from(full).context("cannot write resnet.onnx"));
        assert!(error.to_string().contains("500 MB"));
        let other = with_advice(io::Error::from(ErrorKind::PermissionDenied).into());
        assert!(!other.to_string().contains("500 MB"));
    }
}
