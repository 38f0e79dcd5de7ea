//! A file that is held in memory once, for all workers and requests, and read anew when it has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use actix_web::web::Bytes;
use tokio::sync::Mutex;

/// What tells one version of a file from another.
type Version = (Option<SystemTime>, u64);

/// A file; clones share what was read.
#[derive(Debug, Clone)]
pub(crate) struct SharedFile {
    path: PathBuf,
    read: Arc<Mutex<Option<(Version, Bytes)>>>,
}

impl SharedFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, read: Arc::default() }
    }

    /// Where it is, or would be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` when it cannot be read.
    pub(crate) async fn contents(&self) -> Option<Bytes> {
        let metadata = tokio::fs::metadata(&self.path).await.ok()?;
        let version = (metadata.modified().ok(), metadata.len());
        // Held while it is read, so that it is read once however many ask.
        let mut read = self.read.lock().await;
        if let Some((known, bytes)) = &*read
            && *known == version
        {
            return Some(bytes.clone());
        }
        let bytes = Bytes::from(tokio::fs::read(&self.path).await.ok()?);
        *read = Some((version, bytes.clone()));
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[actix_web::test]
    async fn a_file_is_in_memory_once_and_read_again_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = SharedFile::new(folder.path().join("script.js"));
        assert!(file.contents().await.is_none() && !file.path().exists());
        fs::write(folder.path().join("script.js"), "first").unwrap();
        let (one, other) = (file.contents().await.unwrap(), file.clone().contents().await.unwrap());
        assert!(one == "first" && one.as_ptr() == other.as_ptr());
        fs::write(folder.path().join("script.js"), "the second").unwrap();
        assert_eq!(file.contents().await.unwrap(), "the second");
    }
}
