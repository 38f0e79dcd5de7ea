//! What the tests run that is no Rust, installed under target/: the official Cloudinary SDKs, and the tools
//! that hold the API to its document.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, Result, ensure};

use super::digest::Digest;
use super::python::Python;
use super::{cache, folder};
use crate::cargo;
use crate::workspace::root;

const OLD_PYTHON: &str = "\
the tools that hold the API to its document need Python 3.11 or later, first in the search path as python3
    Debian 12, Ubuntu 24.04 and later:  sudo apt-get install python3 python3-pip
    macOS:                              brew install python";

/// The interpreter, and the folder in which it finds the Python SDK.
pub(crate) fn python_sdk() -> Result<(PathBuf, PathBuf)> {
    python_packages("python-sdk", &sources().join("requirements.txt"))
}

/// The folder in which that interpreter finds the tools of the contract tests.
pub(crate) fn contract_tools() -> Result<PathBuf> {
    ensure!(Python::find()?.is_at_least(11), OLD_PYTHON);
    Ok(python_packages("contract-tools", &contract().join("requirements.txt"))?.1)
}

/// The interpreter, and a folder with the packages that a file pins.
fn python_packages(name: &str, requirements: &Path) -> Result<(PathBuf, PathBuf)> {
    let python = Python::find()?;
    let folder = installed(&cache(), name, &[requirements], |folder| {
        let mut pip = python.pip();
        // Wheels alone, so that no code of theirs runs here; no dependencies, since the file pins them all.
        pip.args(["install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]);
        pip.args([OsStr::new("--requirement"), requirements.as_os_str()]);
        pip.args([OsStr::new("--target"), folder.as_os_str()]);
        // A machine on which pip installs for the user by default.
        pip.env("PIP_USER", "0");
        cargo::finish(&mut pip)
    })?;
    Ok((PathBuf::from(python.command().get_program()), folder))
}

/// The folder in which `require` finds the Node SDK.
pub(crate) fn node_sdk(npm: &Path) -> Result<PathBuf> {
    let sources = ["package.json", "package-lock.json"].map(|name| sources().join(name));
    let folder = installed(&cache(), "node-sdk", &sources.each_ref(), |folder| {
        fs::create_dir_all(folder)?;
        for source in &sources {
            fs::copy(source, folder.join(source.file_name().unwrap_or_default()))?;
        }
        let mut command = Command::new(npm);
        // `ci` takes what the lock file says and compares its hashes.
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        cargo::finish(command.stdin(Stdio::null()).stdout(io::stderr()))
    })?;
    Ok(folder.join("node_modules"))
}

/// Where the repository says which releases the tools of the contract tests are.
fn contract() -> PathBuf {
    root().join("tests/tests/contract")
}

/// Where the repository says which releases the SDKs are.
fn sources() -> PathBuf {
    root().join("crates/cloudinary-standin/tests/sdk")
}

/// A folder named after the contents of what it is made of: other releases are another folder.
fn installed<P: AsRef<Path>>(
    cache: &Path,
    name: &str,
    sources: &[P],
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let mut contents = Vec::new();
    for source in sources.iter().map(AsRef::as_ref) {
        contents.extend(fs::read(source).with_context(|| format!("cannot read {}", source.display()))?);
    }
    let digest: String = Digest::of_bytes(&contents).to_string().chars().take(12).collect();
    folder::whole(cache, &format!("{name}-{digest}"), install)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_releases_are_another_folder() {
        let cache = tempfile::tempdir().unwrap();
        let source = cache.path().join("releases");
        let install = |releases: &str| {
            fs::write(&source, releases).unwrap();
            let installed =
                installed(cache.path(), "sdk", &[&source], |folder| Ok(fs::create_dir_all(folder)?));
            installed.unwrap()
        };
        let first = install("one");
        assert_ne!(install("two"), first);
        assert_eq!(install("one"), first);
    }

    #[test]
    fn every_release_is_pinned_with_its_hash() {
        for folder in [sources(), contract()] {
            let requirements = fs::read_to_string(folder.join("requirements.txt")).unwrap();
            let joined = requirements.replace("\\\n", "");
            let lines: Vec<_> = joined.lines().filter(|line| !line.starts_with('#')).collect();
            assert!(lines.len() >= 4, "{}", folder.display());
            assert!(lines.iter().all(|line| line.contains("==") && line.contains("--hash=sha256:")));
        }
        let lock = fs::read_to_string(sources().join("package-lock.json")).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&lock).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        let installed: Vec<_> = packages.iter().filter(|(name, _)| !name.is_empty()).collect();
        assert!(
            installed.len() >= 2 && installed.iter().all(|(_, package)| package["integrity"].is_string())
        );
        // The host of a registry is each machine's own business.
        assert!(installed.iter().all(|(_, package)| package.get("resolved").is_none()));
    }
}
