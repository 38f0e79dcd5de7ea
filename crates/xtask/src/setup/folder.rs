//! Folders that are whole or not there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{lock, write};
use crate::workspace::say;

/// The folder `name` below `cache`, filled by `fill` if it is not there yet. It comes into its place by one
/// rename, so that what is there needs no look inside.
pub(super) fn whole(cache: &Path, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = cache.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let _lock = lock::hold(cache)?;
    // Whoever held the lock may have done the work.
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = cache.join(format!("{name}.part"));
    // What an interrupted run left: an installer may take it for its own.
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(|| format!("cannot remove {}", unfinished.display()))?;
    }
    say(&format!("making {}", folder.display()));
    fill(&unfinished)
        .with_context(|| format!("cannot make {}", folder.display()))
        .map_err(write::with_advice)?;
    fs::rename(&unfinished, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_folder_is_filled_once_and_without_what_an_interrupted_run_left() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("sdk.part/rest")).unwrap();
        for expected in [true, false] {
            let mut ran = false;
            let folder = whole(cache.path(), "sdk", |folder| {
                ran = true;
                fs::create_dir_all(folder)?;
                Ok(fs::write(folder.join("whole"), "")?)
            });
            assert_eq!(ran, expected);
            let files = fs::read_dir(folder.unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
            assert!(files.eq(["whole"]));
        }
    }

    #[test]
    fn what_fails_leaves_nothing_that_is_taken_for_whole() {
        let cache = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let error = whole(cache.path(), "sdk", |folder| {
                fs::create_dir_all(folder)?;
                bail!("no network")
            });
            assert!(format!("{:#}", error.unwrap_err()).ends_with("no network"));
        }
    }
}
