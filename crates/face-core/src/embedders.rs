//! The embedders of a models folder, each loaded when it is first asked for.

use std::sync::{Mutex, OnceLock, PoisonError};

use embedding::ModelId;
use ort::environment::Environment;

use crate::manifest::{Manifest, ModelEntry};
use crate::{Embedder, EmbedderInfo, EngineOptions, OpenError};

/// What the manifest has of embedders, and those that were loaded.
#[derive(Debug)]
pub(crate) struct Embedders {
    environment: Environment,
    manifest: Manifest,
    options: EngineOptions,
    /// In the manifest's order; never empty.
    slots: Vec<Slot>,
    /// The one that is used unless another is named.
    default: EmbedderInfo,
}

#[derive(Debug)]
struct Slot {
    entry: ModelEntry,
    info: EmbedderInfo,
    loaded: OnceLock<Embedder>,
    /// Held while it is loaded, so that two requests at the same time do not both take the memory for it.
    loading: Mutex<()>,
}

impl Embedders {
    /// Reads what there is, and loads the default one.
    pub(crate) fn open(
        environment: Environment,
        manifest: Manifest,
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let slots = manifest.embedders().map(|entry| {
            let info = EmbedderInfo::from_manifest(entry, options.crops)?;
            Ok(Slot { entry: entry.clone(), info, loaded: OnceLock::new(), loading: Mutex::new(()) })
        });
        let slots = slots.collect::<Result<Vec<_>, OpenError>>()?;
        let Some(first) = slots.first() else {
            return Err(manifest.invalid("it names no embedder".to_owned()));
        };
        let default = first.info.clone();
        let mut embedders = Self { environment, manifest, options: options.clone(), slots, default };
        if let Some(id) = &options.embedder {
            embedders.default = embedders.find(id)?.info.clone();
        }
        // Loaded now, so that a broken file stops the start and not the first request.
        embedders.get(embedders.default.id())?;
        Ok(embedders)
    }

    /// All of them, loaded or not, in the manifest's order.
    pub(crate) fn infos(&self) -> impl Iterator<Item = &EmbedderInfo> {
        self.slots.iter().map(|slot| &slot.info)
    }

    /// The one that is used unless another is named.
    pub(crate) fn default_info(&self) -> &EmbedderInfo {
        &self.default
    }

    /// The embedder of that id, loaded now when it was not before.
    pub(crate) fn get(&self, id: &ModelId) -> Result<&Embedder, OpenError> {
        self.load(self.find(id)?)
    }

    /// The one whose embeddings tell how recognisable a face is, where the manifest has one.
    pub(crate) fn recogniser(&self) -> Result<Option<&Embedder>, OpenError> {
        let slot = self.slots.iter().find(|slot| slot.info.measures_recognisability());
        slot.map(|slot| self.load(slot)).transpose()
    }

    fn find(&self, id: &ModelId) -> Result<&Slot, OpenError> {
        let found = self.slots.iter().find(|slot| slot.info.id() == id);
        found.ok_or_else(|| OpenError::UnknownEmbedder {
            id: id.clone(),
            known: self.infos().map(|info| info.id().to_string()).collect(),
        })
    }

    fn load<'a>(&'a self, slot: &'a Slot) -> Result<&'a Embedder, OpenError> {
        if let Some(loaded) = slot.loaded.get() {
            return Ok(loaded);
        }
        // A lock beside the `OnceLock`, because loading can fail and `get_or_init` cannot. After an error the
        // slot is still empty, and the next request tries again.
        let _turn = slot.loading.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the lock before may have loaded it.
        if slot.loaded.get().is_none() {
            let bytes = self.manifest.read(&slot.entry)?;
            let embedder =
                Embedder::open(&self.environment, &slot.entry, slot.info.clone(), &bytes, &self.options)?;
            tracing::debug!(model = %slot.info.id(), "embedder loaded");
            // Nobody else can have set it: the turn is held.
            let _ = slot.loaded.set(embedder);
        }
        slot.loaded.get().ok_or_else(|| slot.entry.unusable("it was not loaded".into()))
    }
}
