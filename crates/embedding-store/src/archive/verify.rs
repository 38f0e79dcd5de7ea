//! Reads an archive to its end and takes nothing in.

use std::io::Read;

use super::error::ArchiveError;
use super::progress::{Progress, Summary};
use super::reader::Reader;
use crate::EncryptionKey;

/// Checks a whole archive: every frame, every record, their order, and the end. Tells `progress` after
/// each record.
///
/// # Errors
/// As for [`import`](super::import), but for what a store says.
pub fn verify(
    input: impl Read,
    key: Option<&EncryptionKey>,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, ArchiveError> {
    let mut reader = Reader::open(input, key)?;
    while reader.next()?.is_some() {
        progress(reader.read());
    }
    Ok(Summary { total: reader.read(), kept_events: vec![] })
}
