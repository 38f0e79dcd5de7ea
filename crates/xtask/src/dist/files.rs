//! Copying, writing and summing the files of the archive.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Copies a file and makes the folders above.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Copies the files of a folder, and of the folders in it, whose names are wanted; links as what they lead to.
pub(super) fn copy_folder(from: &Path, to: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Result<()> {
    for file in listed(from)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if is_wanted(&name) {
            copy(&from.join(&file), &to.join(&file))?;
        }
    }
    Ok(())
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    make_parent(path)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The SHA-256 of each file in a folder, as `sha256sum --check` reads them.
pub(super) fn sums(folder: &Path) -> Result<String> {
    let files = listed(folder)?;
    files.iter().map(|file| Ok(format!("{}  {}\n", sum(&folder.join(file))?, file.display()))).collect()
}

/// The SHA-256 of a file in hexadecimal digits.
pub(super) fn sum(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher)?;
    Ok(HEXLOWER.encode(&hasher.finalize()))
}

/// The paths of all files in a folder, relative to it, in order.
pub(super) fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        let path = folder.join(&inner);
        for entry in fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))? {
            let name = inner.join(entry?.file_name());
            let target = folder.join(&name);
            if target.is_dir() { folders.push(name) } else { files.push(name) }
        }
    }
    files.sort();
    Ok(files)
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path.parent().context("a file without a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_copied_but_for_what_is_not_wanted_and_every_file_is_summed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (path, text) in [("a", "abc"), ("deep/b", ""), ("deep/c", "x")] {
            write(&from.join(path), text).unwrap();
        }
        copy_folder(&from, &to, &|name| name != "c").unwrap();
        assert_eq!(
            sums(&to).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  deep/b\n"
        );
    }
}
