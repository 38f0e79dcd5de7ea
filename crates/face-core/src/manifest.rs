//! The models folder: what its manifest says of each model, and its files, checked by hash.

use std::path::{Path, PathBuf};

use embedding::ModelId;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::align::Alignment;
use crate::{DetectorKind, OpenError};

/// Name of the manifest inside the models folder.
const FILE_NAME: &str = "manifest.toml";

/// The version of the manifest's layout that is read here.
const FORMAT: u32 = 1;

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
    kind: Option<KindEntry>,
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
}

/// A detector's name in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindEntry {
    Yunet,
    Mmod,
    Hog,
}

impl From<KindEntry> for DetectorKind {
    fn from(kind: KindEntry) -> Self {
        match kind {
            KindEntry::Yunet => Self::Yunet,
            KindEntry::Mmod => Self::Mmod,
            KindEntry::Hog => Self::Hog,
        }
    }
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

/// A manifest and the folder that it describes.
#[derive(Debug)]
pub(crate) struct Manifest {
    folder: PathBuf,
    models: Vec<ModelEntry>,
}

#[derive(Deserialize)]
struct Document {
    format: u32,
    #[serde(rename = "model")]
    models: Vec<ModelEntry>,
}

impl Manifest {
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE_NAME);
        let text = String::from_utf8_lossy(&read(&path)?).into_owned();
        let invalid = |detail: String| OpenError::Manifest { path: path.clone(), detail };
        let document: Document = toml::from_str(&text).map_err(|e| invalid(e.message().to_owned()))?;
        if document.format != FORMAT {
            return Err(invalid(format!(
                "its format is {}, this program reads format {FORMAT}",
                document.format
            )));
        }
        Ok(Self { folder: folder.to_path_buf(), models: document.models })
    }

    /// The first model of a role that every set-up makes.
    pub(crate) fn model(&self, role: Role) -> Result<&ModelEntry, OpenError> {
        let model = self.models.iter().find(|m| m.role == role && m.optional.is_none());
        model.ok_or_else(|| self.invalid(format!("it names no model for the role {role:?}")))
    }

    /// The embedder of that id, or the first one.
    pub(crate) fn embedder(&self, id: Option<&ModelId>) -> Result<&ModelEntry, OpenError> {
        let Some(id) = id else { return self.model(Role::Embedder) };
        let embedders = || self.models.iter().filter(|m| m.role == Role::Embedder);
        embedders().find(|m| m.id == id.as_str()).ok_or_else(|| OpenError::UnknownEmbedder {
            id: id.clone(),
            known: embedders().map(|m| m.id.clone()).collect(),
        })
    }

    /// The first model of that kind of detector.
    pub(crate) fn detector(&self, kind: DetectorKind) -> Result<&ModelEntry, OpenError> {
        let is_it =
            |m: &&ModelEntry| m.role == Role::Detector && m.kind.map(DetectorKind::from) == Some(kind);
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

    fn invalid(&self, detail: String) -> OpenError {
        OpenError::Manifest { path: self.folder.join(FILE_NAME), detail }
    }

    /// The bytes of a model's file, once their hash is the manifest's.
    pub(crate) fn read(&self, model: &ModelEntry) -> Result<Vec<u8>, OpenError> {
        let path = self.folder.join(&model.file);
        let bytes = read(&path)?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
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

    /// The error for a model that cannot be used.
    pub(crate) fn unusable(&self, detail: String) -> OpenError {
        OpenError::Model { model: self.id.clone(), detail }
    }
}

impl InputEntry {
    /// The side of the square input, in pixels, where the shape fixes it.
    pub(crate) fn side(&self) -> Option<u32> {
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
