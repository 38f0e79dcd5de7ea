//! The programs of one PostgreSQL, and the user that may run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ServerError;
use crate::error::Outcome;

/// A folder with `postgres`, `initdb`, `createdb` and `dropdb`.
#[derive(Debug, Clone)]
pub struct Installation {
    bin: PathBuf,
}

impl Installation {
    /// Takes the folder of the programs, `.../bin`.
    ///
    /// # Errors
    /// When there is no `postgres` in it.
    pub fn at(bin: impl Into<PathBuf>) -> Outcome<Self> {
        let bin = bin.into();
        if bin.join("postgres").is_file() || bin.join("postgres.exe").is_file() {
            return Ok(Self { bin });
        }
        Err(ServerError::new(format!("there is no `postgres` in {}", bin.display())))
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        // The environment's PGHOST, PGOPTIONS and the like are meant for other servers. LC_ALL, because
        // `server.rs` searches the log for English messages.
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH")).env("LC_ALL", "C");
        command
    }

    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Runs a program to its end.
    pub(crate) fn run(command: &mut Command) -> Outcome<String> {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_owned();
        let output = command.output().map_err(ServerError::at(Path::new(&name)))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(ServerError::new(format!("{} failed: {said}", name.display())))
    }
}

/// PostgreSQL refuses to run as root: then somebody else must.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unprivileged {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

#[cfg(unix)]
impl Unprivileged {
    /// Whom to run as; `None` leaves it to who runs the tests. `folder` is one that this process has made.
    pub(crate) fn instead_of_the_owner_of(folder: &Path) -> Outcome<Option<Self>> {
        use std::os::unix::fs::MetadataExt;

        // The standard library cannot say who runs this process, but the owner of a new folder is known.
        if fs::metadata(folder).map_err(ServerError::at(folder))?.uid() != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::in_list(&users, name));
        found.map(Some).ok_or_else(|| {
            ServerError::new(
                "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
            )
        })
    }

    /// The user of that name in the text of a password file.
    fn in_list(users: &str, name: &str) -> Option<Self> {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }

    pub(crate) fn own(self, path: &Path) -> Outcome {
        std::os::unix::fs::chown(path, Some(self.user), Some(self.group)).map_err(ServerError::at(path))
    }

    pub(crate) fn run(self, command: &mut Command) {
        use std::os::unix::process::CommandExt;

        command.uid(self.user).gid(self.group);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0:root:/:/bin/sh\nnobody2:x:7:8:::\nnobody:x:65534:65533:::\n";
        let found = Unprivileged::in_list(users, "nobody").unwrap();
        assert_eq!((found.user, found.group), (65534, 65533));
        assert!(Unprivileged::in_list(users, "postgres").is_none());
    }

    #[test]
    fn a_folder_without_the_server_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Installation::at(folder.path()).unwrap_err();
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    }
}
