//! Writes a file so that it is either whole or not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes `bytes` beside `path` and renames the result onto it, so that an interruption leaves the
/// old file or none, never half a model.
pub(crate) fn atomic_write(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().with_context(|| format!("{} is not the path of a file", path.display()))?;
    // Beside the target, for a rename does not cross file systems; with the process in the name, so that
    // two exports to one path do not write into one file.
    let mut temporary_name = name.to_owned();
    temporary_name.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(temporary_name);
    write_synced(&temporary, bytes)
        // The folder is not synced: if a crash loses the rename, the old file is back, and that is whole
        // too.
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| {
            // The first error is the one to report; without the file there is nothing to remove.
            let _ = fs::remove_file(&temporary);
        })
        .with_context(|| format!("cannot write {}", path.display()))
}

/// A rename may reach the disk before the data does, unless the data is there first.
fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
