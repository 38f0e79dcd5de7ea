//! What can go wrong with a test server.

use std::io;
use std::path::{Path, PathBuf};

/// Why a server or a database is not there.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct ServerError {
    what: String,
    source: Option<io::Error>,
}

/// A result of this crate.
pub(crate) type Outcome<T = ()> = Result<T, ServerError>;

impl ServerError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }

    /// For `map_err` on work with a file or folder.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path: PathBuf = path.to_owned();
        move |source| Self { what: format!("{}: {source}", path.display()), source: Some(source) }
    }
}
