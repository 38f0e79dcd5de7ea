//! A small file that is changed as a whole, by one program at a time.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// How long to wait for another program that is changing the file: it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to see whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// The right to change a file, for as long as this lives.
#[derive(Debug)]
pub(super) struct Changing {
    path: PathBuf,
    folder: PathBuf,
    _lock: File,
}

impl Changing {
    /// Waits for its turn. The folder is made where it is not there, the file is not.
    ///
    /// # Errors
    /// Those of the files; `ResourceBusy` when another program does not end its change.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // What a link leads to is changed, and the link stays.
        let path = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            found => found?,
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&folder)?;
        // A file of its own: the file itself is another one after each change.
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(name)?;
        // Whoever could open it could hold it.
        owner::keep(&lock)?;
        // What it is changed to is the owner's: another user's program could else not take its turn any more.
        owner::give(&lock, &path, &folder)?;
        wait_for(&lock)?;
        Ok(Self { path, folder, _lock: lock })
    }

    /// Puts this text in its place. Durable on return; whoever reads it meanwhile sees the old file or the new one,
    /// whole. It stays its owner's, as readable as it was; a new one is for its owner alone.
    ///
    /// # Errors
    /// Those of the files; the old one then stays.
    pub(super) fn end(self, text: &str) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        owner::give(file.as_file(), &self.path, &self.folder)?;
        if let Some(permissions) = permissions(&self.path)? {
            file.as_file().set_permissions(permissions)?;
        }
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        owner::sync_names(&self.folder)
    }
}

fn permissions(path: &Path) -> io::Result<Option<Permissions>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn wait_for(lock: &File) -> io::Result<()> {
    let started = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::WouldBlock) if started.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another program is changing it"));
            }
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(unix)]
mod owner {
    //! Whose a file is. A server runs as another user than whoever makes its keys, often enough.

    use std::fs::{self, File, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    use std::path::Path;

    /// For its owner alone.
    pub(super) fn keep(file: &File) -> io::Result<()> {
        if file.metadata()?.mode() & 0o777 == 0o600 {
            return Ok(());
        }
        file.set_permissions(Permissions::from_mode(0o600))
    }

    /// Gives a file to the owner of the one at `path`, or, when there is none, to that of its folder as far as that
    /// is allowed.
    pub(super) fn give(file: &File, path: &Path, folder: &Path) -> io::Result<()> {
        let own = file.metadata()?;
        let (model, is_there) = match fs::metadata(path) {
            Ok(model) => (model, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (fs::metadata(folder)?, false),
            Err(error) => return Err(error),
        };
        if (own.uid(), own.gid()) == (model.uid(), model.gid()) {
            return Ok(());
        }
        match fchown(file, Some(model.uid()), Some(model.gid())) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !is_there => Ok(()),
            given => given,
        }
    }

    /// A new name is durable when the folder that holds it is.
    pub(super) fn sync_names(folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

#[cfg(not(unix))]
mod owner {
    //! Files are the user's who makes them, and names durable by themselves.

    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn keep(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn give(_: &File, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn sync_names(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_a_link_leads_to_is_changed_and_stays_as_readable_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        Changing::begin(&file).unwrap().end("one").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        Changing::begin(&link).unwrap().end("two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn nobody_else_can_hold_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("file.lock");
        fs::write(&lock, "").unwrap();
        fs::set_permissions(&lock, Permissions::from_mode(0o644)).unwrap();
        Changing::begin(&folder.path().join("file")).unwrap().end("").unwrap();
        assert_eq!(fs::metadata(&lock).unwrap().mode() & 0o777, 0o600);
    }
}
