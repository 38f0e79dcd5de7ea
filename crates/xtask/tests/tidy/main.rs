//! The rules of the house that no compiler checks, over every file that belongs to the repository.
#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing)]

mod circles;
mod dependency_edges;
mod files;
mod lines;
mod packages;
mod product;
mod text;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reports all that was found at once.
fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}
