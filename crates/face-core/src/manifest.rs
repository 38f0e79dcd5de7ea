//! The models folder: what its manifest says of each model, and its files, checked by hash.

use std::path::{Path, PathBuf};

use embedding::{DistanceScale, ModelId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::align::Alignment;
use crate::{Crops, DetectorKind, OpenError};

/// Name of the manifest inside the models folder.
const FILE_NAME: &str = "manifest.toml";

/// The version of the manifest's layout that is read here.
const FORMAT: u32 = 2;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Detector,
    Landmarks,
    Embedder,
}

/// One model: its file, and how it wants its input. Sources and licences are for the set-up.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ModelEntry {
    pub(crate) id: String,
    role: Role,
    /// Which detector it is, for the models of that role.
    #[serde(default)]
    kind: Option<DetectorKind>,
    file: PathBuf,
    sha256: String,
    /// The set-up's flag that makes it, for models that are made only when asked for.
    #[serde(default)]
    optional: Option<String>,
    #[serde(default)]
    pub(crate) input: Option<InputEntry>,
    #[serde(default)]
    pub(crate) output: Option<OutputEntry>,
    #[serde(default)]
    alignment: Option<Alignment>,
    /// What distances between its unit vectors are multiplied by, of an embedder.
    #[serde(default)]
    distance_factor: Option<f32>,
    /// Crops of a face, of an embedder.
    #[serde(default)]
    crops: Option<CropsEntry>,
    /// Whether the length of an embedder's output tells how recognisable a face is.
    #[serde(default)]
    pub(crate) recognisability: bool,
}

/// How many crops of a face an embedder averages.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct CropsEntry {
    enrolled: usize,
    probe: usize,
}

/// The input tensor of a network: pixels become `(value - mean) * scale`, channel by channel.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct InputEntry {
    pub(crate) name: String,
    shape: Vec<String>,
    pub(crate) channels: Channels,
    pub(crate) mean: [f32; 3],
    pub(crate) scale: f32,
}

/// Order of the colour planes of an input tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channels {
    Rgb,
    Bgr,
}

/// The output tensor of a network.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OutputEntry {
    pub(crate) name: String,
}

/// ONNX Runtime as the set-up makes it for one kind of machine.
#[derive(Debug, Deserialize)]
struct RuntimeEntry {
    file: PathBuf,
    member_sha256: String,
}

/// A manifest and the folder that it describes.
#[derive(Debug)]
pub(crate) struct Manifest {
    folder: PathBuf,
    models: Vec<ModelEntry>,
    runtimes: Vec<RuntimeEntry>,
}

// Unknown fields are let through: packages, sources and licences in the same file are for the set-up.
#[derive(Deserialize)]
struct Document {
    format: u32,
    #[serde(rename = "model")]
    models: Vec<ModelEntry>,
    #[serde(default, rename = "runtime")]
    runtimes: Vec<RuntimeEntry>,
}

impl Manifest {
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE_NAME);
        let text = String::from_utf8_lossy(&read(&path)?).into_owned();
        let invalid = |detail: String| OpenError::Manifest { path: path.clone(), detail };
        let document: Document = toml::from_str(&text).map_err(|e| invalid(e.message().to_owned()))?;
        if document.format != FORMAT {
            return Err(invalid(format!(
                "its format is {}, this program reads format {FORMAT}: run the set-up of this version",
                document.format
            )));
        }
        Ok(Self { folder: folder.to_path_buf(), models: document.models, runtimes: document.runtimes })
    }

    /// The first model of a role that every set-up makes.
    pub(crate) fn model(&self, role: Role) -> Result<&ModelEntry, OpenError> {
        // Optional ones may have the same role and do something else: so the predictor of 68 landmarks.
        let model = self.models.iter().find(|m| m.role == role && m.optional.is_none());
        model.ok_or_else(|| self.invalid(format!("it names no model for the role {role:?}")))
    }

    /// All embedders, the default one first.
    pub(crate) fn embedders(&self) -> impl Iterator<Item = &ModelEntry> {
        self.models.iter().filter(|m| m.role == Role::Embedder)
    }

    /// The first model of that kind of detector.
    pub(crate) fn detector(&self, kind: DetectorKind) -> Result<&ModelEntry, OpenError> {
        let is_it = |m: &&ModelEntry| m.role == Role::Detector && m.kind == Some(kind);
        let model = self.models.iter().find(is_it);
        model.ok_or_else(|| self.invalid(format!("it names no detector of the kind {kind:?}")))
    }

    /// The model that the set-up makes when the flag of that name is given, and its bytes.
    pub(crate) fn optional(&self, flag: &str) -> Result<(&ModelEntry, Vec<u8>), OpenError> {
        let model = self.models.iter().find(|m| m.optional.as_deref() == Some(flag));
        let model = model.ok_or_else(|| self.invalid(format!("it names no optional model '{flag}'")))?;
        match self.read(model) {
            Ok(bytes) => Ok((model, bytes)),
            Err(OpenError::MissingFile { path }) => {
                Err(OpenError::NotSetUp { path, command: format!("cargo xtask setup --{flag}") })
            }
            Err(other) => Err(other),
        }
    }

    /// Whether a library is the set-up's ONNX Runtime, by its place.
    ///
    /// # Errors
    /// When it lies there and its hash is that of no machine's in the manifest.
    pub(crate) fn is_own_runtime(&self, library: &Path) -> Result<bool, OpenError> {
        let is_there = |entry: &&RuntimeEntry| {
            library.ends_with(&entry.file) && {
                let own = std::path::absolute(self.folder.join(&entry.file));
                own.is_ok_and(|own| own == library)
            }
        };
        let mut entries = self.runtimes.iter().filter(is_there).peekable();
        if entries.peek().is_none() {
            return Ok(false);
        }
        let hash = format!("{:x}", Sha256::digest(read(library)?));
        if entries.any(|entry| entry.member_sha256 == hash) {
            Ok(true)
        } else {
            Err(OpenError::HashMismatch { path: library.to_path_buf() })
        }
    }

    pub(crate) fn invalid(&self, detail: String) -> OpenError {
        OpenError::Manifest { path: self.folder.join(FILE_NAME), detail }
    }

    /// The bytes of a model's file, once their hash is the manifest's.
    pub(crate) fn read(&self, model: &ModelEntry) -> Result<Vec<u8>, OpenError> {
        let path = self.folder.join(&model.file);
        // Read into memory once: what is hashed is what is loaded, whatever happens to the file in between.
        let bytes = read(&path)?;
        let hash = format!("{:x}", Sha256::digest(&bytes));
        if hash == model.sha256 { Ok(bytes) } else { Err(OpenError::HashMismatch { path }) }
    }
}

impl ModelEntry {
    /// The id as embeddings carry it.
    pub(crate) fn model_id(&self) -> Result<ModelId, OpenError> {
        ModelId::new(&self.id).map_err(|e| self.unusable(e.to_string()))
    }

    /// The input tensor, for models that are networks.
    pub(crate) fn input(&self) -> Result<&InputEntry, OpenError> {
        self.input.as_ref().ok_or_else(|| self.unusable("the manifest describes no input".into()))
    }

    /// The output tensor, for models with one.
    pub(crate) fn output(&self) -> Result<&OutputEntry, OpenError> {
        self.output.as_ref().ok_or_else(|| self.unusable("the manifest describes no output".into()))
    }

    /// How the chips of an embedder are cut.
    pub(crate) fn alignment(&self) -> Result<Alignment, OpenError> {
        self.alignment.ok_or_else(|| self.unusable("the manifest describes no alignment".into()))
    }

    /// The scale of an embedder's distances between unit vectors.
    pub(crate) fn distance_scale(&self) -> Result<DistanceScale, OpenError> {
        let factor = self
            .distance_factor
            .ok_or_else(|| self.unusable("the manifest has no distance_factor".into()))?;
        DistanceScale::unit(factor).map_err(|e| self.unusable(e.to_string()))
    }

    /// Crops that an embedder averages of a face to enrol, and of a probe.
    pub(crate) fn crops(&self) -> Result<[Crops; 2], OpenError> {
        let entry = self.crops.ok_or_else(|| self.unusable("the manifest has no crops".into()))?;
        let count = |count| {
            Crops::from_count(count)
                .ok_or_else(|| self.unusable(format!("{count} is no number of crops: 1, 2 or 4 are")))
        };
        Ok([count(entry.enrolled)?, count(entry.probe)?])
    }

    /// The error for a model that cannot be used.
    pub(crate) fn unusable(&self, detail: String) -> OpenError {
        OpenError::Model { model: self.id.clone(), detail }
    }
}

impl InputEntry {
    /// The side of the square input, in pixels, where the shape fixes it.
    pub(crate) fn side(&self) -> Option<u32> {
        // The last of batch, channels, height and width; a name stands for a dimension that may vary.
        self.shape.last().and_then(|side| side.parse().ok())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    std::fs::read(path).map_err(|source| {
        let path = path.to_path_buf();
        if source.kind() == std::io::ErrorKind::NotFound {
            OpenError::MissingFile { path }
        } else {
            OpenError::Unreadable { path, source }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_ups_runtime_is_known_by_its_place_and_refused_when_it_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("runtime/lib.so");
        std::fs::create_dir(folder.path().join("runtime")).unwrap();
        std::fs::write(&library, "abc").unwrap();
        // Of "abc", by FIPS 180-2.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = format!(
            "format = 2\nmodel = []\n[[runtime]]\nfile = \"runtime/lib.so\"\nmember_sha256 = \"{hash}\"\n"
        );
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let manifest = Manifest::open(folder.path()).unwrap();
        assert!(manifest.is_own_runtime(&library).unwrap());
        assert!(!manifest.is_own_runtime(Path::new("/usr/lib/runtime/lib.so")).unwrap());
        std::fs::write(&library, "abd").unwrap();
        let refused = manifest.is_own_runtime(&library);
        assert!(matches!(refused, Err(OpenError::HashMismatch { path }) if path == library));
    }
}
