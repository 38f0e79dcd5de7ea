//! The note that a store's file was there, so that one that has vanished is not taken for one that is still to be made.
//!
//! It lies in a folder of its own, which is there when the disk of the store is not; beside the store where that
//! folder cannot be written.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::bail;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::telemetry::private_folder;

/// The note of one file, whether or not it has been made.
#[derive(Debug)]
pub(crate) struct StoreMarker {
    file: PathBuf,
    /// Where it is made, the best place first.
    places: Vec<PathBuf>,
}

impl StoreMarker {
    /// That of a store's or a journal's file, in this folder.
    pub(crate) fn for_file(file: &Path, folder: Option<&Path>) -> Self {
        let name = file.file_name().unwrap_or_default();
        let named = |end: &str| {
            let mut named = OsString::from(name);
            named.push(end);
            named
        };
        // Two stores may have one name in different folders.
        let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let digest = HEXLOWER.encode(&Sha256::digest(whole.as_os_str().as_encoded_bytes()));
        let digest = digest.get(..16).unwrap_or_default();
        let in_folder = folder.map(|folder| folder.join(named(&format!("-{digest}.marker"))));
        let beside = file.with_file_name(named(".marker"));
        Self { file: file.to_owned(), places: in_folder.into_iter().chain([beside]).collect() }
    }

    /// Refuses to go on when the file was there at an earlier start and is not there now.
    ///
    /// # Errors
    /// When it has vanished, with what to do.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.file.exists() {
            return Ok(());
        }
        let Some(note) = self.places.iter().find(|place| place.exists()) else { return Ok(()) };
        bail!(
            "'{}' is gone, which was there before: mount its disk or restore it from a backup; if a new, empty one is \
             meant, remove the note '{}' first",
            self.file.display(),
            note.display()
        )
    }

    /// Notes that the file is there. That it cannot be noted keeps nobody from their work, and is in the log.
    pub(crate) fn make(&self) {
        if self.places.iter().any(|place| self.make_at(place).is_ok()) {
            return;
        }
        tracing::warn!(file = %self.file.display(), "cannot note that the file is there: give a --state folder that can be written");
    }

    fn make_at(&self, place: &Path) -> io::Result<()> {
        if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_folder(folder)?;
        }
        let text = format!(
            "{} was there. Without this note a new one is made when it is not.\n",
            self.file.display()
        );
        match fs::File::create_new(place)
            .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_there_is_missed_with_its_whole_folder_until_the_note_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (data, state) = (folder.path().join("data"), folder.path().join("state"));
        fs::create_dir(&data).unwrap();
        let file = data.join("faces.redb");
        let marker = StoreMarker::for_file(&file, Some(&state));
        marker.check().unwrap();
        fs::write(&file, "").unwrap();
        marker.make();
        marker.make();
        marker.check().unwrap();
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "nothing is put beside the store");

        fs::remove_dir_all(&data).unwrap();
        let text = marker.check().unwrap_err().to_string();
        assert!(text.contains("faces.redb' is gone") && text.contains("remove the note"), "{text}");
        let other = StoreMarker::for_file(&folder.path().join("other/faces.redb"), Some(&state));
        other.check().unwrap();
        fs::remove_dir_all(&state).unwrap();
        marker.check().unwrap();
    }

    #[test]
    fn without_a_folder_for_it_the_note_lies_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("faces.redb");
        fs::write(&file, "").unwrap();
        // A file where the folder should be: it can be made by nobody.
        for marker in
            [StoreMarker::for_file(&file, None), StoreMarker::for_file(&file, Some(&file.join("state")))]
        {
            marker.make();
            fs::rename(&file, folder.path().join("elsewhere")).unwrap();
            let text = marker.check().unwrap_err().to_string();
            assert!(text.contains("faces.redb.marker"), "{text}");
            fs::rename(folder.path().join("elsewhere"), &file).unwrap();
            fs::remove_file(folder.path().join("faces.redb.marker")).unwrap();
        }
    }
}
