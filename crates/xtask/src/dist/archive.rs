//! The archive, and the sums of what is in it.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::{PROGRAM, digest};

/// The file with the SHA-256 of every other.
const SUMS: &str = "SHA256SUMS";

/// The time of every file, 1 January 2000: equal files give an equal archive.
const TIME: u64 = 946_684_800;

/// Writes the sums of all files of a folder, as `sha256sum --check` reads them.
pub(super) fn write_sums(folder: &Path) -> Result<()> {
    let mut text = String::new();
    for file in files(folder)? {
        text += &format!("{}  {}\n", digest(&folder.join(&file))?, file.display());
    }
    fs::write(folder.join(SUMS), text).context("cannot write the sums")
}

/// Compares every file of a folder with the sums.
pub(super) fn check_sums(folder: &Path) -> Result<()> {
    let text = fs::read_to_string(folder.join(SUMS)).context("the archive has no sums")?;
    let mut listed = 0;
    for line in text.lines() {
        let (sum, file) = line.split_once("  ").context("a line of the sums cannot be read")?;
        if digest(&folder.join(file))?.to_string() != sum {
            bail!("{file} is not as its sum says");
        }
        listed += 1;
    }
    let found = files(folder)?.len();
    // The sums themselves are not among them.
    if found != listed + 1 {
        bail!("the folder has {found} files and the sums {listed}");
    }
    Ok(())
}

/// Packs a folder under a name.
pub(super) fn pack(folder: &Path, name: &str, archive: &Path) -> Result<()> {
    let file = File::create(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    let mut builder = Builder::new(GzEncoder::new(BufWriter::new(file), Compression::default()));
    for path in files(folder)? {
        let whole = folder.join(&path);
        let file = File::open(&whole).with_context(|| format!("cannot read {}", whole.display()))?;
        let mut header = Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mtime(TIME);
        header.set_mode(if path == Path::new(PROGRAM) { 0o755 } else { 0o644 });
        builder.append_data(&mut header, Path::new(name).join(&path), file)?;
    }
    builder.into_inner()?.finish()?.into_inner().map(drop).context("the archive was not written to its end")
}

/// All files below a folder, in order, by their paths from there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_folders_give_equal_archives_and_a_changed_or_new_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content");
        fs::create_dir_all(content.join("deep")).unwrap();
        fs::write(content.join(PROGRAM), "program").unwrap();
        fs::write(content.join("deep/model"), "model").unwrap();
        write_sums(&content).unwrap();
        check_sums(&content).unwrap();
        let archives = ["one.tar.gz", "other.tar.gz"].map(|name| folder.path().join(name));
        for archive in &archives {
            pack(&content, "face-server-1", archive).unwrap();
        }
        assert_eq!(fs::read(&archives[0]).unwrap(), fs::read(&archives[1]).unwrap());
        fs::write(content.join("deep/model"), "other").unwrap();
        assert!(check_sums(&content).unwrap_err().to_string().contains("deep/model"));
        fs::write(content.join("deep/model"), "model").unwrap();
        fs::write(content.join("more"), "").unwrap();
        assert!(check_sums(&content).is_err());
    }
}
