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
        // Found out before a lock is made beside the folder, which would stay there.
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // What a link leads to is changed, and the link stays.
        let path = match fs::canonicalize(path) {
            // A link that leads nowhere is an error: the rename at the end would put a file in its place.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
            found => found?,
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&folder)?;
        // A file of its own: the file itself is another one after each change.
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        // It is never removed: a program that waits for a removed lock would get its turn
        // together with one that has made a new lock.
        let lock = lock(Path::new(&name), &path, &folder)?;
        wait_for(&lock)?;
        Ok(Self { path, folder, _lock: lock })
    }

    /// Puts this text in its place. Durable on return; whoever reads it meanwhile sees the old file or the new one,
    /// whole. It stays its owner's, as readable as it was; a new one is for its owner alone.
    ///
    /// # Errors
    /// Those of the files; the old one then stays.
    pub(super) fn end(self, text: &str) -> io::Result<()> {
        // In the same folder, because a rename is atomic within one file system only.
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        // The owner before the mode: until the group is the right one, the file stays readable to its owner alone.
        owner::give(file.as_file(), &self.path, &self.folder)?;
        if let Some(permissions) = permissions(&self.path)? {
            file.as_file().set_permissions(permissions)?;
        }
        // The content before the name: otherwise the name could be on disk after a crash and its content not.
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        owner::sync_names(&self.folder)
    }
}

/// Makes the lock, or opens the one that is there, which may be a link that somebody else has put there: nothing of it
/// is changed.
fn lock(name: &Path, path: &Path, folder: &Path) -> io::Result<File> {
    match owner::owner_only_options().create_new(true).open(name) {
        Ok(lock) => {
            // Also the file's owner is to take turns.
            owner::give(&lock, path, folder)?;
            Ok(lock)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::options().write(true).open(name),
        Err(error) => Err(error),
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
        // Asked again and again, because a lock that blocks has no deadline.
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

    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
    use std::path::Path;

    /// Makes files that only their owner can open, and so hold.
    pub(super) fn owner_only_options() -> OpenOptions {
        let mut options = File::options();
        options.write(true).mode(0o600);
        options
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

    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn owner_only_options() -> OpenOptions {
        let mut options = File::options();
        options.write(true);
        options
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
    fn nobody_else_can_hold_the_lock_and_what_a_link_in_its_place_leads_to_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("file.lock");
        Changing::begin(&folder.path().join("file")).unwrap().end("").unwrap();
        assert_eq!(fs::metadata(&lock).unwrap().mode() & 0o777, 0o600);

        let victim = folder.path().join("victim");
        fs::write(&victim, "as it was").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(&lock).unwrap();
        symlink(&victim, &lock).unwrap();
        Changing::begin(&folder.path().join("file")).unwrap().end("").unwrap();
        assert_eq!(fs::metadata(&victim).unwrap().mode() & 0o777, 0o644);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
    }

    #[test]
    fn neither_a_folder_nor_a_link_that_leads_nowhere_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink(folder.path().join("nowhere"), &link).unwrap();
        assert!(Changing::begin(&link).is_err() && link.is_symlink());
        assert!(Changing::begin(folder.path()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
