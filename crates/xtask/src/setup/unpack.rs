//! One member out of a package's archive: a wheel is a zip file, an sdist a gzipped tar.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use zip::ZipArchive;

use super::packages::Kind;

/// The bytes of the member of that name. The archive's hash has been checked, so its sizes are trusted.
pub(super) fn member(archive: &Path, kind: Kind, name: &str) -> Result<Vec<u8>> {
    let file = File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let file = BufReader::with_capacity(1 << 16, file);
    match kind {
        Kind::Wheel => wheel_member(file, name),
        Kind::Sdist => sdist_member(file, name),
    }
    .with_context(|| format!("cannot take {name} out of {}", archive.display()))
}

fn wheel_member(file: BufReader<File>, name: &str) -> Result<Vec<u8>> {
    let mut wheel = ZipArchive::new(file)?;
    let mut member = wheel.by_name(name)?;
    let mut bytes = Vec::with_capacity(usize::try_from(member.size())?);
    member.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn sdist_member(file: BufReader<File>, name: &str) -> Result<Vec<u8>> {
    let mut sdist = tar::Archive::new(GzDecoder::new(file));
    // A tar has no table of contents: it is read up to the member.
    for entry in sdist.entries()? {
        let mut entry = entry?;
        if *entry.path()? == *Path::new(name) {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size())?);
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bail!("it has no such member")
}
