//! What the tests run that is no Rust, installed under target/: the official Cloudinary SDKs, and the tools
//! that hold the API to its document.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::digest::Digest;
use super::packages::tail;
use super::pip_failure::PipFailure;
use super::python::Python;
use super::{lock, write};
use crate::workspace::{root, say};

const NPM_FAILED: &str = "\
npm failed: check the network; behind a proxy set HTTPS_PROXY, for a mirror configure npm
(`npm config set registry ...`), then run it again";

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
    let folder = installed(&cache(), name, &[requirements], |folder, log| {
        let mut pip = python.pip();
        // Wheels alone, so that no code of theirs runs here; no dependencies, since the file pins them all.
        pip.args(["install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]);
        pip.args(["--progress-bar", "off"]);
        pip.args([OsStr::new("--requirement"), requirements.as_os_str()]);
        pip.args([OsStr::new("--target"), folder.as_os_str()]);
        // A machine on which pip installs for the user by default.
        pip.env("PIP_USER", "0");
        finish(&mut pip, log, |output| PipFailure::of(output).advice())
    })?;
    Ok((PathBuf::from(python.command().get_program()), folder))
}

/// The folder in which `require` finds the Node SDK.
pub(crate) fn node_sdk(npm: &Path) -> Result<PathBuf> {
    let sources = ["package.json", "package-lock.json"].map(|name| sources().join(name));
    let folder = installed(&cache(), "node-sdk", &sources.each_ref(), |folder, log| {
        fs::create_dir_all(folder)?;
        for source in &sources {
            fs::copy(source, folder.join(source.file_name().unwrap_or_default()))?;
        }
        let mut command = Command::new(npm);
        // `ci` takes what the lock file says and compares its hashes.
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        finish(&mut command, log, |_| NPM_FAILED)
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

fn cache() -> PathBuf {
    root().join("target").join("setup")
}

/// A folder named after the contents of what it is made of. It is whole where it is there: it comes into
/// its place by one rename.
fn installed<P: AsRef<Path>>(
    cache: &Path,
    name: &str,
    sources: &[P],
    install: impl FnOnce(&Path, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let mut contents = Vec::new();
    for source in sources.iter().map(AsRef::as_ref) {
        contents.extend(fs::read(source).with_context(|| format!("cannot read {}", source.display()))?);
    }
    // Other releases are another folder, and one that is there needs no look inside.
    let digest: String = Digest::of(&contents).to_string().chars().take(12).collect();
    let folder = cache.join(format!("{name}-{digest}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let _lock = lock::hold(cache)?;
    // Whoever held the lock may have done the work.
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = cache.join(format!("{name}.part"));
    // What an interrupted installation left: an installer may take it for its own.
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(|| format!("cannot remove {}", unfinished.display()))?;
    }
    install(&unfinished, &cache.join(format!("{name}.log")))
        .with_context(|| format!("cannot install what the tests run ({name})"))
        .map_err(write::with_advice)?;
    fs::rename(&unfinished, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    say(&format!("{name} ready"));
    Ok(folder)
}

/// Runs an installer, whose output goes to a log and is shown when it fails.
fn finish(command: &mut Command, log: &Path, advice: impl Fn(&str) -> &'static str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    // An installer that asks something fails instead of waiting, unseen, for an answer.
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        let output = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
        let (advice, shown) = (advice(&output), tail(&output));
        bail!("{advice}\nit said (all of it is in {}):\n{shown}", log.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_sdk_is_not_installed_again_until_its_releases_change() {
        let cache = tempfile::tempdir().unwrap();
        let source = cache.path().join("releases");
        fs::write(&source, "one").unwrap();
        // What an interrupted installation left.
        fs::create_dir_all(cache.path().join("sdk.part/rest")).unwrap();
        let install = |expected: bool| {
            let mut ran = false;
            let folder = installed(cache.path(), "sdk", &[&source], |folder, _| {
                ran = true;
                fs::create_dir_all(folder)?;
                Ok(fs::write(folder.join("whole"), "")?)
            });
            let folder = folder.unwrap();
            assert_eq!(ran, expected);
            let files: Vec<_> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(files, ["whole"]);
            folder
        };
        let first = install(true);
        assert_eq!(install(false), first);
        fs::write(&source, "two").unwrap();
        assert_ne!(install(true), first);
    }

    #[test]
    fn an_installation_that_fails_leaves_nothing_that_is_taken_for_whole() {
        let cache = tempfile::tempdir().unwrap();
        let source = cache.path().join("releases");
        fs::write(&source, "one").unwrap();
        for _ in 0..2 {
            let error = installed(cache.path(), "sdk", &[&source], |folder, _| {
                fs::create_dir_all(folder)?;
                bail!("no network")
            });
            assert!(format!("{:#}", error.unwrap_err()).ends_with("no network"));
        }
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
