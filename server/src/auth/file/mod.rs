//! The key file: which keys there are, by their digests, in TOML.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::change::{KeyChange, KeyChangeError};
use super::replace::Changing;
use super::usage::{LastUses, last_uses};
use super::{Caller, KeyRecord, KeyRing};
use crate::reload::{Latest, Reloadable, open_regular, reload_on_change};
use crate::toml_line::line_of;

/// The only version there is.
const VERSION: u32 = 1;

/// What is said of all that no key file says.
const NOT_UNDERSTOOD: &str = "it is not TOML, or a field is missing, unknown, or not of its kind (a role is verify, \
                              enrol or admin)";

/// A file of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFile(PathBuf);

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
// A misspelt `[[key]]` that was passed over would be a file without keys.
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    #[serde(default, rename = "key")]
    keys: Vec<KeyRecord>,
}

/// Why a key file cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It could not be read or written.
    #[error("the key file '{}' cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is none.
    #[error("there is no key file '{}': make one with `face-server keys add NAME --role ROLE`", .0.display())]
    Missing(PathBuf),
    /// Others than its owner can write it.
    #[error("others can write the key file '{}', and so let themselves in: `chmod go-w` it", .0.display())]
    Writable(PathBuf),
    /// It is no key file, or was changed into none.
    #[error("the key file '{}' cannot be understood: {detail}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong; it quotes no digest.
        detail: String,
    },
    /// There is nobody whom a server could let in, which stops its start.
    #[error("the key file '{}' has no key: make one with `face-server keys add`", .0.display())]
    Empty(PathBuf),
    /// What was to be changed cannot be.
    #[error(transparent)]
    Change(#[from] KeyChangeError),
}

impl KeyFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The keys that hold, as the file goes on saying, and what keeps reading it.
    ///
    /// # Errors
    /// [`KeyFileError::Empty`], and those of the file.
    pub(crate) fn reload_on_change(
        &self,
    ) -> Result<(Latest<KeyRing>, impl Future<Output = ()> + use<>), KeyFileError> {
        let (keys, reloading) = reload_on_change(self.clone())?;
        // Asked at the start alone: when the last key of a running server is revoked, it has to let nobody in.
        self.expect_some(&keys.borrow())?;
        Ok((keys, reloading))
    }

    /// The keys that hold now, one at least.
    ///
    /// # Errors
    /// [`KeyFileError::Empty`], and those of the file.
    pub(crate) fn some(&self) -> Result<KeyRing, KeyFileError> {
        let keys = self.now()?;
        self.expect_some(&keys)?;
        Ok(keys)
    }

    fn expect_some(&self, keys: &KeyRing) -> Result<(), KeyFileError> {
        if keys.is_empty() { Err(KeyFileError::Empty(self.0.clone())) } else { Ok(()) }
    }

    /// The keys in it, in the order in which they were made.
    ///
    /// # Errors
    /// [`KeyFileError::Missing`], [`KeyFileError::Writable`], [`KeyFileError::File`], [`KeyFileError::Broken`].
    pub(crate) fn records(&self) -> Result<Vec<KeyRecord>, KeyFileError> {
        self.parsed(&self.read()?)
    }

    /// Whether a server would take these.
    ///
    /// # Errors
    /// [`KeyFileError::Broken`] says what is wrong.
    pub(crate) fn check(&self, records: &[KeyRecord]) -> Result<(), KeyFileError> {
        KeyRing::from_records(records.to_vec()).map(drop).map_err(|detail| self.broken(detail))
    }

    /// Makes a change of the command's. Durable on return; the file is made when it is not there, for its owner alone,
    /// and servers that use it notice it by themselves.
    ///
    /// # Errors
    /// [`KeyFileError::Change`], and those of the file.
    pub(crate) fn change_by_command(&self, change: KeyChange) -> Result<KeyRecord, KeyFileError> {
        Ok(self.change(change, None, OffsetDateTime::now_utc())?.0)
    }

    /// The same for somebody who asks over HTTP, with all keys as they are then.
    ///
    /// # Errors
    /// [`KeyFileError::Change`], and those of the file.
    pub(super) fn change(
        &self,
        change: KeyChange,
        by: Option<&Caller>,
        now: OffsetDateTime,
    ) -> Result<(KeyRecord, Vec<KeyRecord>), KeyFileError> {
        // Nothing is made beside a file that is not there or cannot be used; the first key makes it.
        match self.records() {
            Err(KeyFileError::Missing(_)) if matches!(change, KeyChange::Add(_)) => {}
            records => drop(records?),
        }
        // The turn comes before the reading: of two programs that had both read the file, the second
        // would write back the key that the first has revoked.
        let turn = Changing::begin(&self.0).map_err(|source| self.failed(source))?;
        let mut keys = match self.records() {
            // The first key makes the file.
            Err(KeyFileError::Missing(_)) => Vec::new(),
            records => records?,
        };
        let changed = change.apply(&mut keys, by, now)?;
        let contents = Contents { version: VERSION, keys };
        let text = toml::to_string(&contents).map_err(|error| self.broken(error.to_string()))?;
        turn.end(&text).map_err(|source| self.failed(source))?;
        Ok((changed, contents.keys))
    }

    /// When its keys were used last, as servers wrote it beside it.
    ///
    /// # Errors
    /// [`KeyFileError::File`].
    pub(crate) fn last_uses(&self) -> Result<LastUses, KeyFileError> {
        last_uses(&self.0).map_err(|source| self.failed(source))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn parsed(&self, text: &str) -> Result<Vec<KeyRecord>, KeyFileError> {
        let contents: Contents = toml::from_str(text)
            .map_err(|error| self.broken(format!("{NOT_UNDERSTOOD}, near line {}", line_of(&error, text))))?;
        if contents.version != VERSION {
            return Err(self.broken(format!("it is of version {}, and not {VERSION}", contents.version)));
        }
        Ok(contents.keys)
    }

    fn broken(&self, detail: String) -> KeyFileError {
        KeyFileError::Broken { path: self.0.clone(), detail }
    }

    pub(super) fn failed(&self, source: io::Error) -> KeyFileError {
        KeyFileError::File { path: self.0.clone(), source }
    }
}

impl Reloadable for KeyFile {
    type Text = String;
    type Value = KeyRing;
    type Error = KeyFileError;
    const NAME: &'static str = "keys";

    fn read(&self) -> Result<String, KeyFileError> {
        let failed = |error: io::Error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            if is_missing { KeyFileError::Missing(self.0.clone()) } else { self.failed(error) }
        };
        let mut file = open_regular(&self.0).map_err(failed)?;
        // Asked of the open file: another one may lie at the path by now.
        if is_writable_by_others(&file).map_err(failed)? {
            return Err(KeyFileError::Writable(self.0.clone()));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        Ok(text)
    }

    fn value(&self, text: &String) -> Result<KeyRing, KeyFileError> {
        KeyRing::from_records(self.parsed(text)?).map_err(|detail| self.broken(detail))
    }
}

/// Whoever could write the file could let themselves in.
#[cfg(unix)]
fn is_writable_by_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    Ok(file.metadata()?.mode() & 0o022 != 0)
}

/// What others may do with a file cannot be seen.
#[cfg(not(unix))]
fn is_writable_by_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests;
