//! Where the workspace is, and a line to the person at the terminal.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The root folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

/// Writes a line to standard error, which standard output's reader does not get.
pub(crate) fn say(line: &str) {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
