//! The users of one event with their templates, in memory, searched exactly.

mod block;
mod scan;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use embedding::{Distance, EmbeddingError, ModelId, Template};
use embedding_store::{EventName, EventSnapshot, FaceSample, Username};
use zeroize::Zeroizing;

use self::block::{Block, MOST_ROWS};
use crate::EventError;

/// The templates of an event's users: an immutable value, of which cheap changed copies are made.
///
/// Users lie in name order in blocks of contiguous rows. A changed copy shares all blocks but one, so a
/// search goes on undisturbed in the gallery it began with, and name order settles ties by itself.
#[derive(Clone)]
pub struct Gallery {
    model: ModelId,
    blocks: Vec<Arc<Block>>,
    users: usize,
}

/// The user whose template is nearest to a face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Who it is.
    pub user: Username,
    /// How far away, unrounded.
    pub distance: Distance,
}

impl Gallery {
    /// A gallery without users, for templates of `model`.
    #[must_use]
    pub fn empty(model: ModelId) -> Self {
        Self { model, blocks: Vec::new(), users: 0 }
    }

    /// The gallery of what a store holds of an event.
    ///
    /// # Errors
    /// [`EventError::UnusableSamples`] when a user's samples make no template: there are none, they
    /// cancel out, or one is not of the event's model.
    pub fn of(snapshot: EventSnapshot) -> Result<Self, EventError> {
        let EventSnapshot { event, users } = snapshot;
        let mut templates = BTreeMap::new();
        for stored in users {
            let user = &stored.user.name;
            let template = template_of(&event.name, user, &stored.samples)?;
            same_model(&event.model, template.model())
                .map_err(|source| unusable(&event.name, user, source))?;
            templates.insert(stored.user.name, template);
        }
        let templates: Vec<_> = templates.into_iter().collect();
        let blocks = templates.chunks(MOST_ROWS).map(|entries| Arc::new(Block::new(entries))).collect();
        Ok(Self { model: event.model, blocks, users: templates.len() })
    }

    /// The model of the templates.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users == 0
    }

    /// The users in name order, by code points.
    pub fn users(&self) -> impl Iterator<Item = &Username> {
        self.blocks.iter().flat_map(|block| block.users())
    }

    /// Whether `user` is there.
    #[must_use]
    pub fn contains(&self, user: &Username) -> bool {
        self.blocks.get(self.block_of(user)).is_some_and(|block| block.contains(user))
    }

    /// The user nearest to `probe`; of equally near ones the first by name; `None` without users.
    ///
    /// Compares every user: 128 numbers each, about 0.1 ms for ten thousand.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when `probe` is of another model.
    pub fn nearest(&self, probe: &Template) -> Result<Option<Nearest>, EmbeddingError> {
        same_model(&self.model, probe.model())?;
        let probe = Zeroizing::new(block::row(probe));
        let mut best: Option<(&Username, f32)> = None;
        for (user, squared) in self.blocks.iter().filter_map(|block| block.nearest(&probe)) {
            if best.is_none_or(|(_, least)| squared < least) {
                best = Some((user, squared));
            }
        }
        best.map(|(user, squared)| {
            Ok(Nearest { user: user.clone(), distance: Distance::new(squared.sqrt())? })
        })
        .transpose()
    }

    /// A copy in which `user` has this template, whether new or not.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when the template is of another model.
    pub fn with(&self, user: &Username, template: &Template) -> Result<Self, EmbeddingError> {
        same_model(&self.model, template.model())?;
        // Beyond the last block means at its end: a block is made only where there is none.
        let place = self.block_of(user).min(self.blocks.len().saturating_sub(1));
        let changed = match self.blocks.get(place) {
            Some(block) => block.with(user, template),
            None => vec![Block::new(&[(user.clone(), template.clone())])],
        };
        Ok(self.replacing(place, changed))
    }

    /// A copy without `user`.
    #[must_use]
    pub fn without(&self, user: &Username) -> Self {
        let place = self.block_of(user);
        match self.blocks.get(place) {
            Some(block) => self.replacing(place, block.without(user).into_iter().collect()),
            None => self.clone(),
        }
    }

    /// Index of the only block that can hold `user`; the number of blocks when all end before.
    fn block_of(&self, user: &Username) -> usize {
        self.blocks.partition_point(|block| block.ends_before(user))
    }

    /// A copy with other blocks in the place of one (of none, when there is none).
    fn replacing(&self, place: usize, changed: Vec<Block>) -> Self {
        let before = self.blocks.get(place).map_or(0, |block| block.len());
        let after: usize = changed.iter().map(Block::len).sum();
        let blocks = self.blocks.iter().take(place).cloned();
        let blocks = blocks.chain(changed.into_iter().map(Arc::new));
        let blocks = blocks.chain(self.blocks.iter().skip(place + 1).cloned()).collect();
        Self { model: self.model.clone(), blocks, users: self.users - before + after }
    }
}

/// The template of a user's stored samples.
///
/// # Errors
/// [`EventError::UnusableSamples`] when they make none: there are none, or they cancel out.
pub(crate) fn template_of(
    event: &EventName,
    user: &Username,
    samples: &[FaceSample],
) -> Result<Template, EventError> {
    Template::from_samples(samples.iter().map(FaceSample::embedding))
        .map_err(|source| unusable(event, user, source))
}

fn unusable(event: &EventName, user: &Username, source: EmbeddingError) -> EventError {
    EventError::UnusableSamples { event: event.clone(), user: user.clone(), source }
}

fn same_model(ours: &ModelId, theirs: &ModelId) -> Result<(), EmbeddingError> {
    if ours == theirs {
        return Ok(());
    }
    Err(EmbeddingError::ModelMismatch { left: ours.clone(), right: theirs.clone() })
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gallery")
            .field("model", &self.model)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
