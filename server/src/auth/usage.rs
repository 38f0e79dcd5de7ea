//! When each key was used last: kept in memory, and written beside the key file once a minute.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::key::KeyId;
use super::record::whole;
use super::replace::Changing;

/// The last use of keys, by their public parts.
pub(crate) type LastUses = BTreeMap<KeyId, OffsetDateTime>;

/// What is known of the use of keys.
#[derive(Debug)]
pub(super) struct KeyUsage {
    file: PathBuf,
    uses: Mutex<Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    last: LastUses,
    /// Whether there is a use that is not written.
    is_new: bool,
}

impl KeyUsage {
    /// Goes on with what the file has; one that cannot be read is no reason not to serve.
    pub(super) fn open(key_file: &Path) -> Self {
        let file = usage_file(key_file);
        let last = read(&file).unwrap_or_else(|error| {
            tracing::warn!(%error, "when keys were used before cannot be read");
            LastUses::new()
        });
        Self { file, uses: Mutex::new(Uses { last, is_new: false }) }
    }

    /// A key that held was used.
    pub(super) fn add(&self, id: KeyId, now: OffsetDateTime) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back does not take a use away.
        let last = uses.last.entry(id).or_insert(now);
        *last = now.max(*last);
        uses.is_new = true;
    }

    pub(super) fn last(&self) -> LastUses {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).last.clone()
    }

    /// Writes what is new, together with what other servers wrote; of keys that are gone nothing is kept.
    ///
    /// # Errors
    /// Those of the file; it is tried again with the next call.
    pub(super) fn write(&self, known: &HashSet<KeyId>) -> io::Result<()> {
        let uses = {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.last.retain(|id, _| known.contains(id));
            if !std::mem::take(&mut uses.is_new) {
                return Ok(());
            }
            uses.last.clone()
        };
        let written = self.merge(uses, known);
        if written.is_err() {
            self.uses.lock().unwrap_or_else(PoisonError::into_inner).is_new = true;
        }
        written
    }

    fn merge(&self, mut uses: LastUses, known: &HashSet<KeyId>) -> io::Result<()> {
        let turn = Changing::begin(&self.file)?;
        // What cannot be read is written anew: it is only about the past.
        for (id, time) in read(&self.file).unwrap_or_default() {
            if known.contains(&id) {
                let last = uses.entry(id).or_insert(time);
                *last = time.max(*last);
            }
        }
        let mut text = String::new();
        for (id, time) in uses {
            let time = whole(time).format(&Rfc3339).map_err(io::Error::other)?;
            text.push_str(&format!("{id} {time}\n"));
        }
        turn.end(&text)
    }
}

/// When the keys of a file were used last, as servers wrote it.
///
/// # Errors
/// Those of the file; that there is none is no error.
pub(super) fn last_uses(key_file: &Path) -> io::Result<LastUses> {
    read(&usage_file(key_file))
}

fn usage_file(key_file: &Path) -> PathBuf {
    // A file of its own: the key file may be for the server to read alone, and is read again when it has changed.
    let mut name = key_file.to_owned().into_os_string();
    name.push(".last-used");
    name.into()
}

/// A line each: a key's public part, and a time in RFC 3339.
fn read(file: &Path) -> io::Result<LastUses> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LastUses::new()),
        text => text?,
    };
    let line = |line: &str| {
        let (id, time) = line.split_once(' ')?;
        Some((KeyId::new(id), OffsetDateTime::parse(time, &Rfc3339).ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn uses_are_written_when_there_are_new_ones_and_together_with_those_of_another_server() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys.toml");
        let at = |minutes| OffsetDateTime::UNIX_EPOCH + Duration::minutes(minutes);
        let [door, desk, gone] = ["door", "desk", "gone"].map(KeyId::new);
        let known = HashSet::from([door.clone(), desk.clone()]);
        let (one, other) = (KeyUsage::open(&keys), KeyUsage::open(&keys));
        one.write(&known).unwrap();
        assert!(!usage_file(&keys).exists(), "nothing was used");
        one.add(door.clone(), at(5));
        one.add(door.clone(), at(4));
        one.add(gone, at(5));
        one.write(&known).unwrap();
        other.add(door.clone(), at(3));
        other.add(desk.clone(), at(7));
        other.write(&known).unwrap();
        let expected = LastUses::from([(door.clone(), at(5)), (desk, at(7))]);
        assert_eq!(last_uses(&keys).unwrap(), expected);
        assert_eq!(KeyUsage::open(&keys).last(), expected);
        // What was not written is, the next time.
        fs::remove_file(usage_file(&keys)).unwrap();
        fs::create_dir(usage_file(&keys)).unwrap();
        one.add(door.clone(), at(9));
        one.write(&known).unwrap_err();
        fs::remove_dir(usage_file(&keys)).unwrap();
        one.write(&known).unwrap();
        assert_eq!(last_uses(&keys).unwrap().get(&door), Some(&at(9)));
    }
}
