//! Fetching packages with pip, by name, version and hash.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::digest::Digest;
use super::pip_failure::PipFailure;
use super::progress::Progress;
use super::python::Python;

/// The build backend that answers for source packages: see there.
const BACKEND: &str = include_str!("build_meta.py");

/// How often the progress of a download is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A package of the public registry.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: Kind,
    /// Which of the wheels, where there is one a platform.
    #[serde(default)]
    pub(super) tags: Option<Tags>,
    /// Of the archive, in bytes.
    pub(super) size: u64,
    /// Of the archive.
    pub(super) sha256: Digest,
}

/// The form of a package's archive.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Wheel,
    Sdist,
}

/// The tags of a wheel of CPython, in pip's words.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Tags {
    platforms: Vec<String>,
    python: String,
    abi: String,
}

/// The folder of downloaded packages, and the pip that fills it.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    python: Python,
}

impl Cache {
    /// The holder of the set-up's lock may open it.
    pub(super) fn open(folder: PathBuf, python: Python) -> Result<Self> {
        let cache = Self { folder, python };
        let temporary = cache.temporary();
        // What an interrupted download left there.
        if temporary.exists() {
            fs::remove_dir_all(&temporary)
                .with_context(|| format!("cannot empty {}", temporary.display()))?;
        }
        fs::create_dir_all(&temporary).with_context(|| format!("cannot create {}", temporary.display()))?;
        Ok(cache)
    }

    /// The package's archive, its hash checked; downloaded if it is not there yet.
    pub(super) fn fetch(&self, package: &Package) -> Result<PathBuf> {
        let folder = self.folder.join(format!("{}-{}", package.name, package.version));
        if let Some(archive) = find(&folder, package.sha256)? {
            return Ok(archive);
        }
        self.download(package, &folder)?;
        // pip chooses the name of the file, so it is found by its hash.
        find(&folder, package.sha256)?
            .with_context(|| format!("pip left no file of the right hash in {}", folder.display()))
    }

    fn download(&self, package: &Package, folder: &Path) -> Result<()> {
        let what = format!("{} {}", package.name, package.version);
        let requirement = self.folder.join("requirement.txt");
        let log = self.folder.join("pip.log");
        let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
        fs::write(&requirement, line).with_context(|| format!("cannot write {}", requirement.display()))?;
        // A file and no pipe, which would fill up and stop pip, since nobody reads while it runs.
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;

        let mut command = self.python.pip();
        command.args(["download", "--no-deps", "--require-hashes", "--progress-bar", "off"]);
        command.args(package.selection());
        command.args([OsStr::new("--requirement"), requirement.as_os_str()]);
        command.args([OsStr::new("--dest"), folder.as_os_str()]);
        if let Kind::Sdist = package.kind {
            // pip asks a source package's build backend for its name even to download it. Ours answers: its
            // folder comes first in the path, and without isolation pip fetches no other.
            command.args(["--no-build-isolation", "--use-pep517"]).env("PYTHONPATH", self.backend()?);
        }
        // pip downloads to the temporary folder first: on the disk of the checkout the room is the
        // same, and the progress can be seen.
        for variable in ["TMPDIR", "TEMP", "TMP"] {
            command.env(variable, self.temporary());
        }
        command.stdout(output.try_clone()?).stderr(output);

        let progress = Progress::start(&what, package.size);
        let status = self.watch(&mut command, &progress)?;
        drop(progress);
        if !status.success() {
            let output = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
            let advice = PipFailure::of(&output).advice();
            bail!(
                "cannot get {what}: {advice}\npip said (all of it is in {}):\n{}",
                log.display(),
                tail(&output)
            );
        }
        Ok(())
    }

    /// Runs pip, showing how much has come into the temporary folder.
    fn watch(&self, command: &mut Command, progress: &Progress) -> Result<ExitStatus> {
        let mut pip: Child = command.spawn().context("cannot run pip")?;
        loop {
            if let Some(status) = pip.try_wait().context("cannot wait for pip")? {
                return Ok(status);
            }
            progress.reached(size_below(&self.temporary()));
            thread::sleep(LOOK);
        }
    }

    /// A folder in which Python finds [`BACKEND`] as `setuptools.build_meta`.
    fn backend(&self) -> Result<PathBuf> {
        let folder = self.folder.join("backend");
        let package = folder.join("setuptools");
        let write = |name: &str, text: &str| fs::write(package.join(name), text);
        fs::create_dir_all(&package)
            .and_then(|()| write("__init__.py", ""))
            .and_then(|()| write("build_meta.py", BACKEND))
            .with_context(|| format!("cannot write {}", package.display()))?;
        Ok(folder)
    }

    fn temporary(&self) -> PathBuf {
        self.folder.join("temporary")
    }
}

impl Package {
    /// pip's arguments that choose this archive whatever Python and system it runs on.
    fn selection(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        match self.kind {
            Kind::Wheel => arguments.push("--only-binary=:all:".to_owned()),
            Kind::Sdist => arguments.push(format!("--no-binary={}", self.name)),
        }
        if let Some(tags) = &self.tags {
            arguments.extend(tags.platforms.iter().map(|platform| format!("--platform={platform}")));
            arguments.extend([
                format!("--python-version={}", tags.python),
                "--implementation=cp".to_owned(),
                format!("--abi={}", tags.abi),
            ]);
        }
        arguments
    }
}

/// The file of that hash in a folder, which need not exist.
fn find(folder: &Path, sha256: Digest) -> Result<Option<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let found = Digest::of_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if found == Some(sha256) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The size of all files below a folder in which files come and go.
fn size_below(folder: &Path) -> u64 {
    // pip renames and removes its files meanwhile: what cannot be seen counts nothing.
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// The end of an installer's output.
pub(super) fn tail(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let start = lines.len().saturating_sub(6);
    lines.iter().skip(start).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
pub(super) mod tests;
