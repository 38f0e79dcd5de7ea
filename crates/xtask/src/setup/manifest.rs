//! The two lists of files, models/manifest.toml and tests/pictures.toml, as types.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::digest::Digest;
use super::export::Recipe;
use super::packages::Package;

/// The versions of the layout that are read here: the second adds what only face-core reads.
const FORMATS: [u32; 2] = [1, 2];

/// A file that should be there, and how it comes about.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    pub(super) sha256: Digest,
    pub(super) source: Source,
    /// Of what the file is made of, as the source has it.
    pub(super) source_sha256: Digest,
    pub(super) made_by: Recipe,
    /// What whoever asks for it must know of its use.
    pub(super) terms: Option<String>,
}

/// Where the bytes come from that a file is made of.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A file inside the archive of a package.
    Member { package: Package, member: String },
    /// A file of this repository.
    Repository(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { package, member } => write!(f, "{member} in {} {}", package.name, package.version),
            Self::Repository(path) => path.display().fmt(f),
        }
    }
}

/// A file that is made only when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Optional {
    /// `cargo xtask setup --landmarks-68`
    #[serde(rename = "landmarks-68")]
    Landmarks68,
}

/// A list of files. What is only read by others, such as the inputs of a model, is passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    #[serde(rename = "package")]
    packages: Vec<Package>,
    #[serde(rename = "runtime", default)]
    runtimes: Vec<Runtime>,
    #[serde(rename = "model", default)]
    models: Vec<Entry>,
    #[serde(rename = "file", default)]
    files: Vec<Entry>,
}

/// A model, or a file that is taken as it is.
#[derive(Debug, Deserialize)]
struct Entry {
    file: PathBuf,
    sha256: Digest,
    source: EntrySource,
    #[serde(default)]
    made_by: Recipe,
    #[serde(default)]
    optional: Option<Optional>,
    #[serde(default)]
    terms: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EntrySource {
    #[serde(flatten)]
    place: Place,
    /// That of the file itself unless said.
    sha256: Option<Digest>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Place {
    Member {
        package: String,
        member: String,
    },
    /// Its path from the root of the repository.
    Repository {
        repository: PathBuf,
    },
}

/// ONNX Runtime for one target.
#[derive(Debug, Deserialize)]
struct Runtime {
    target: String,
    #[serde(flatten)]
    package: Package,
    member: String,
    member_sha256: Digest,
    file: PathBuf,
    notices: Vec<Notice>,
}

/// A licence text, beside what it covers.
#[derive(Debug, Deserialize)]
struct Notice {
    member: String,
    file: PathBuf,
    sha256: Digest,
}

impl Manifest {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Self = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            FORMATS.contains(&manifest.format),
            "{} has the format {}, this program reads {FORMATS:?}",
            path.display(),
            manifest.format
        );
        Ok(manifest)
    }

    /// The models and the plain files, in `folder`, of a repository at `root`; of the optional ones those
    /// that are `asked` for.
    pub(super) fn wanted(&self, root: &Path, folder: &Path, asked: &[Optional]) -> Result<Vec<Wanted>> {
        let entries = self.models.iter().chain(&self.files);
        let entries = entries.filter(|entry| entry.optional.is_none_or(|optional| asked.contains(&optional)));
        let wanted = entries.map(|entry| {
            Ok(Wanted {
                path: folder.join(&entry.file),
                sha256: entry.sha256,
                source: match &entry.source.place {
                    Place::Member { package, member } => {
                        Source::Member { package: self.package(package)?, member: member.clone() }
                    }
                    Place::Repository { repository } => Source::Repository(root.join(repository)),
                },
                source_sha256: entry.source.sha256.unwrap_or(entry.sha256),
                made_by: entry.made_by,
                terms: entry.terms.clone(),
            })
        });
        wanted.collect()
    }

    /// The files of ONNX Runtime for a target, in `folder`; none if the manifest does not know it.
    pub(super) fn runtime(&self, folder: &Path, target: &str) -> Option<Vec<Wanted>> {
        let runtime = self.runtimes.iter().find(|runtime| runtime.target == target)?;
        let library = (&runtime.file, runtime.member_sha256, &runtime.member);
        let notices = runtime.notices.iter().map(|notice| (&notice.file, notice.sha256, &notice.member));
        let files = [library].into_iter().chain(notices);
        let wanted = files.map(|(file, sha256, member)| Wanted {
            path: folder.join(file),
            sha256,
            source: Source::Member { package: runtime.package.clone(), member: member.clone() },
            source_sha256: sha256,
            made_by: Recipe::Copy,
            terms: None,
        });
        Some(wanted.collect())
    }

    fn package(&self, name: &str) -> Result<Package> {
        let package = self.packages.iter().find(|package| package.name == name);
        package.cloned().with_context(|| format!("the manifest lists no package `{name}`"))
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::workspace::root;

    #[test]
    fn the_manifest_names_a_source_for_every_model_and_file() {
        let manifest = Manifest::read(&root().join("models/manifest.toml")).unwrap();
        let wanted = manifest.wanted(&root(), Path::new("models"), &[]).unwrap();
        assert_eq!(wanted.iter().filter(|file| file.made_by != Recipe::Copy).count(), 6);
        let in_repository = wanted.iter().filter_map(|file| match &file.source {
            Source::Repository(path) => Some(path),
            Source::Member { .. } => None,
        });
        assert!(in_repository.clone().count() == 1 && in_repository.clone().all(|path| path.is_file()));
        assert!(wanted.iter().any(|file| file.path.ends_with("redoc/redoc.standalone.js")));
    }

    #[test]
    fn the_68_landmarks_come_with_their_terms_and_only_when_asked_for() {
        let manifest = Manifest::read(&root().join("models/manifest.toml")).unwrap();
        for (asked, expected) in [(&[] as &[_], 0), (&[Optional::Landmarks68], 1)] {
            let wanted = manifest.wanted(&root(), Path::new("models"), asked).unwrap();
            let found = wanted.iter().filter(|file| file.path.ends_with("landmarks68.safetensors"));
            let terms = found.map(|file| file.terms.as_deref().unwrap_or_default());
            assert_eq!(terms.filter(|terms| terms.contains("commercial")).count(), expected);
        }
    }

    #[test]
    fn the_runtime_of_each_target_comes_with_its_licence() {
        let manifest = Manifest::read(&root().join("models/manifest.toml")).unwrap();
        for (target, library) in [
            ("x86_64-unknown-linux-gnu", "libonnxruntime.so"),
            ("aarch64-unknown-linux-gnu", "libonnxruntime.so"),
            ("aarch64-apple-darwin", "libonnxruntime.dylib"),
            ("x86_64-pc-windows-msvc", "onnxruntime.dll"),
        ] {
            let files = manifest.runtime(Path::new("models"), target).unwrap();
            let runtime = Path::new("models/runtime");
            for name in [library, "LICENSE", "ThirdPartyNotices.txt"] {
                assert!(files.iter().any(|file| file.path == runtime.join(name)), "{target}: {name}");
            }
        }
        assert!(manifest.runtime(Path::new("models"), "riscv64gc-unknown-linux-gnu").is_none());
    }

    #[test]
    fn every_picture_of_the_golden_data_is_fetched() {
        let manifest = Manifest::read(&root().join("tests/pictures.toml")).unwrap();
        let wanted = manifest.wanted(&root(), Path::new(""), &[]).unwrap();
        let golden = fs::read_to_string(root().join("crates/face-core/tests/golden/dlib.json")).unwrap();
        assert_eq!(golden.matches("rgb_sha256").count(), wanted.len());
        for file in &wanted {
            assert!(golden.contains(&format!("\"{}\"", file.path.display())), "{}", file.path.display());
        }
    }
}
