//! The key file: which keys there are, by their digests, in TOML.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{KeyRecord, KeyRing};
use crate::follow::{Followed, Latest, follow};

/// The only version there is.
const VERSION: u32 = 1;

/// A file of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFile(PathBuf);

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    #[serde(default, rename = "key")]
    keys: Vec<KeyRecord>,
}

/// Why a key file cannot be used or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// There is a key of this name.
    #[error("there is a key of the name '{0}': revoke it first, or choose another name")]
    NameTaken(String),
    /// There is none.
    #[error("there is no key of the name '{0}'")]
    NoSuchKey(String),
    /// What was to be added is no key that could be used.
    #[error("{0}")]
    Unfit(String),
}

impl KeyFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The keys that hold, as the file goes on saying, and what keeps reading it.
    ///
    /// # Errors
    /// [`KeyFileError::Empty`], and those of the file.
    pub(crate) fn follow(self) -> Result<(Latest<KeyRing>, impl Future<Output = ()>), KeyFileError> {
        let path = self.0.clone();
        let (keys, following) = follow(self)?;
        if keys.borrow().is_empty() { Err(KeyFileError::Empty(path)) } else { Ok((keys, following)) }
    }

    /// The keys in it, in the order in which they were made; none when there is no such file.
    ///
    /// # Errors
    /// [`KeyFileError::File`], [`KeyFileError::Broken`].
    pub(crate) fn records(&self) -> Result<Vec<KeyRecord>, KeyFileError> {
        match self.read() {
            Ok(text) => self.parsed(&text),
            Err(KeyFileError::Missing(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds a key. Durable on return; the file is made when it is not there, for its owner alone.
    ///
    /// # Errors
    /// [`KeyFileError::NameTaken`], [`KeyFileError::Unfit`], and those of the file.
    pub(crate) fn add(&self, record: KeyRecord) -> Result<(), KeyFileError> {
        self.change(|records| {
            if records.iter().any(|other| other.name == record.name) {
                return Err(KeyFileError::NameTaken(record.name.to_string()));
            }
            records.push(record);
            KeyRing::of(records.clone()).map(drop).map_err(KeyFileError::Unfit)
        })
    }

    /// Takes a key away. Durable on return; servers that use the file notice it by themselves.
    ///
    /// # Errors
    /// [`KeyFileError::NoSuchKey`], and those of the file.
    pub(crate) fn revoke(&self, name: &str) -> Result<(), KeyFileError> {
        self.change(|records| {
            let before = records.len();
            records.retain(|record| record.name.as_str() != name);
            if records.len() == before { Err(KeyFileError::NoSuchKey(name.to_owned())) } else { Ok(()) }
        })
    }

    /// Changes it, one at a time: whoever reads it meanwhile sees the old file or the new one, whole.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<KeyRecord>) -> Result<(), KeyFileError>,
    ) -> Result<(), KeyFileError> {
        let failed = |source| self.failed(source);
        let folder =
            self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        // A file of its own: the key file is another one after each change.
        let mut lock = self.0.clone().into_os_string();
        lock.push(".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut keys = self.records()?;
        change(&mut keys)?;
        let contents = Contents { version: VERSION, keys };
        let text = toml::to_string(&contents).map_err(|error| self.broken(error.to_string()))?;
        let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&self.0).map_err(|error| self.failed(error.error))?;
        sync_names(folder).map_err(failed)
    }

    fn parsed(&self, text: &str) -> Result<Vec<KeyRecord>, KeyFileError> {
        // Its `Display` would quote the line, which may hold a digest.
        let contents: Contents =
            toml::from_str(text).map_err(|error| self.broken(error.message().to_owned()))?;
        if contents.version != VERSION {
            return Err(self.broken(format!("it is of version {}, and not {VERSION}", contents.version)));
        }
        Ok(contents.keys)
    }

    fn broken(&self, detail: String) -> KeyFileError {
        KeyFileError::Broken { path: self.0.clone(), detail }
    }

    fn failed(&self, source: io::Error) -> KeyFileError {
        KeyFileError::File { path: self.0.clone(), source }
    }
}

impl Followed for KeyFile {
    type Text = String;
    type Value = KeyRing;
    type Error = KeyFileError;
    const NAME: &'static str = "keys";

    fn read(&self) -> Result<String, KeyFileError> {
        fs::read_to_string(&self.0).map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            if is_missing { KeyFileError::Missing(self.0.clone()) } else { self.failed(error) }
        })
    }

    fn value(&self, text: &String) -> Result<KeyRing, KeyFileError> {
        KeyRing::of(self.parsed(text)?).map_err(|detail| self.broken(detail))
    }
}

/// A new name is durable when the folder that holds it is.
#[cfg(unix)]
fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A folder cannot be opened as a file, and its changes are durable by themselves.
#[cfg(not(unix))]
fn sync_names(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use ::events::{Actor, EventName};
    use tempfile::TempDir;

    use super::super::{ApiKey, Role};
    use super::*;

    fn scratch() -> (TempDir, KeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("private/keys.toml"));
        (folder, file)
    }

    fn record(name: &str, events: &[&str]) -> (ApiKey, KeyRecord) {
        let key = ApiKey::generate().unwrap();
        let events = events.iter().map(|name| EventName::new(name).unwrap());
        let record = KeyRecord::of(&key, Actor::new(name).unwrap(), Role::Verify, events.collect());
        (key, record)
    }

    fn names(file: &KeyFile) -> Vec<String> {
        file.records().unwrap().iter().map(|record| record.name.to_string()).collect()
    }

    #[test]
    fn keys_are_added_found_and_revoked() {
        let (_folder, file) = scratch();
        assert!(names(&file).is_empty());
        let (door, of_door) = record("door", &["Zo\u{eb}'s \"summit\"", "b"]);
        let (desk, of_desk) = record("desk", &[]);
        file.add(of_door).unwrap();
        file.add(of_desk).unwrap();
        let taken = file.add(record("door", &[]).1).unwrap_err();
        assert!(matches!(&taken, KeyFileError::NameTaken(name) if name == "door"), "{taken}");
        assert_eq!(names(&file), ["door", "desk"]);
        let text = file.read().unwrap();
        let ring = file.value(&text).unwrap();
        let events = ring.caller(&door).unwrap().events().unwrap();
        assert_eq!(
            events,
            &BTreeSet::from(["Zo\u{eb}'s \"summit\"", "b"].map(|name| EventName::new(name).unwrap()))
        );
        assert!(ring.caller(&desk).unwrap().events().is_none());
        assert!(!text.contains(door.as_secret_text().rsplit('_').next().unwrap()));

        file.revoke("door").unwrap();
        assert!(matches!(file.revoke("door"), Err(KeyFileError::NoSuchKey(_))));
        let ring = file.value(&file.read().unwrap()).unwrap();
        assert!(ring.caller(&door).is_none() && ring.caller(&desk).is_some());
        file.revoke("desk").unwrap();
        // Nobody's key holds any more.
        assert!(file.value(&file.read().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn of_many_that_add_keys_at_once_none_is_lost() {
        let (_folder, file) = scratch();
        let added: Vec<String> = (0..12).map(|number| format!("door {number:02}")).collect();
        thread::scope(|scope| {
            for name in &added {
                scope.spawn(|| file.add(record(name, &[]).1).unwrap());
            }
        });
        let mut found = names(&file);
        found.sort();
        assert_eq!(found, added);
    }

    #[test]
    fn a_key_that_would_make_the_file_unusable_is_not_added() {
        let (_folder, file) = scratch();
        file.add(record("door", &[]).1).unwrap();
        let refused = file.add(record("anonymous", &[]).1).unwrap_err().to_string();
        assert!(refused.contains("anonymous"), "{refused}");
        assert_eq!(names(&file), ["door"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;

        let (_folder, file) = scratch();
        file.add(record("door", &[]).1).unwrap();
        assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_key_file_is_refused_without_quoting_it() {
        let (_folder, file) = scratch();
        file.add(record("door", &[]).1).unwrap();
        let good = file.read().unwrap();
        let digest = good.split("sha256 = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        for (text, reason) in [
            (good.replace("verify", "guard"), "unknown variant"),
            (good.replace("version = 1", "version = 2"), "version 2"),
            (good.replace("role", "rule"), "unknown field"),
            (good.replace(&digest, &digest[1..]), "64 hexadecimal"),
            (good.replace("sha256 = \"", "sha256 = "), ""),
        ] {
            let refused = file.value(&text).unwrap_err().to_string();
            assert!(refused.contains("keys.toml") && refused.contains(reason), "{refused}");
            assert!(!refused.contains(&digest[1..]), "{refused}");
        }
    }
}
