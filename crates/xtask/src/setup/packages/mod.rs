//! Fetching packages with pip, by name, version and hash.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::digest::Digest;
use super::python::Python;
use crate::cargo;
use crate::workspace::say;

/// The build backend that answers for source packages: see there.
const BACKEND: &str = include_str!("../build_meta.py");

/// A package of the public registry.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Package {
    #[serde(alias = "package")]
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
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
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[default]
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

/// The folder of downloaded packages, and the pip that fills it. The holder of the set-up's lock may have it.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) folder: PathBuf,
    pub(super) python: Python,
}

impl Cache {
    /// The package's archive, its hash checked; downloaded if it is not there yet.
    pub(super) fn fetch(&self, package: &Package) -> Result<PathBuf> {
        let folder = self.folder.join(format!("{}-{}", package.name, package.version));
        if let Some(archive) = find(&folder, package.sha256)? {
            return Ok(archive);
        }
        let what = format!("{} {}", package.name, package.version);
        say(&format!("getting {what} ({} MB)", package.size.div_ceil(1_000_000)));
        self.download(package, &folder).with_context(|| format!("cannot get {what}"))?;
        // pip chooses the name of the file, so it is found by its hash.
        find(&folder, package.sha256)?
            .with_context(|| format!("pip left no file of the right hash in {}", folder.display()))
    }

    fn download(&self, package: &Package, folder: &Path) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let requirement = self.folder.join("requirement.txt");
        let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
        fs::write(&requirement, line).with_context(|| format!("cannot write {}", requirement.display()))?;

        let mut pip = self.python.pip();
        pip.args(["download", "--no-deps", "--require-hashes"]).args(package.selection());
        pip.args([OsStr::new("--requirement"), requirement.as_os_str()]);
        pip.args([OsStr::new("--dest"), folder.as_os_str()]);
        if let Kind::Sdist = package.kind {
            // pip asks a source package's build backend for its name even to download it. Ours answers: its
            // folder comes first in the path, and without isolation pip fetches no other.
            pip.args(["--no-build-isolation", "--use-pep517"]).env("PYTHONPATH", self.backend()?);
        }
        cargo::finish(&mut pip)
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

#[cfg(test)]
pub(super) mod tests;
