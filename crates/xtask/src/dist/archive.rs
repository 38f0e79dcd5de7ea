//! The folder as one compressed file, with its sum beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use super::{files, output};

/// Packs the folder into `NAME.tar.gz` in the output folder. The same files make the same archive: neither times nor
/// owners are kept.
pub(super) fn pack(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = output().join(format!("{name}.tar.gz"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut archive = Builder::new(GzEncoder::new(file, Compression::default()));
    for inner in files::listed(folder)? {
        let bytes = fs::read(folder.join(&inner))?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(if inner.starts_with("face-server") { 0o755 } else { 0o644 });
        archive.append_data(&mut header, Path::new(name).join(&inner), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()?;
    let sum = files::sum(&path)?;
    files::write(&output().join(format!("{name}.tar.gz.sha256")), &format!("{sum}  {name}.tar.gz\n"))?;
    Ok(path)
}

/// Unpacks an archive into a folder.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let file = File::open(archive).with_context(|| format!("cannot read {}", archive.display()))?;
    Archive::new(GzDecoder::new(file)).unpack(folder)?;
    Ok(())
}
