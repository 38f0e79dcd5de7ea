//! The users of one event with their templates, in memory, searched exactly.

mod block;
mod scan;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Distance, DistanceScale, EmbeddingError, ModelId, Template, squared_distance};
use embedding_store::{EventName, EventSnapshot, FaceSample, UserRecord, UserSnapshot, Username};
use rayon::prelude::*;
use zeroize::Zeroizing;

use self::block::{Block, MOST_ROWS};
use self::scan::{Best, Hit};
use crate::{EventError, EventRules};

/// The templates of an event's users: an immutable value, of which cheap changed copies are made.
///
/// Users lie in name order in blocks of contiguous rows. A changed copy shares all blocks but one, so a
/// search goes on undisturbed in the gallery it began with, and name order settles ties by itself.
#[derive(Clone)]
pub struct Gallery {
    model: ModelId,
    scale: DistanceScale,
    rules: EventRules,
    blocks: Vec<Arc<Block>>,
    users: usize,
}

/// A user whose template is near to a face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Who it is.
    pub user: Username,
    /// How far away, unrounded.
    pub distance: Distance,
}

impl Gallery {
    /// A gallery without users or rules, for templates of `model` with distances on `scale`.
    #[must_use]
    pub fn empty(model: ModelId, scale: DistanceScale) -> Self {
        Self { model, scale, rules: EventRules::default(), blocks: Vec::new(), users: 0 }
    }

    /// The gallery of what a store holds of an event, with distances on `scale`.
    ///
    /// # Errors
    /// [`EventError::UnusableSamples`] when a user's samples make no template: there are none, one has no
    /// direction, or one is not of the event's model.
    pub fn from_snapshot(snapshot: EventSnapshot, scale: DistanceScale) -> Result<Self, EventError> {
        let EventSnapshot { event, mut users } = snapshot;
        // Blocks rely on name order. Stores list users in it, and to sort what is sorted costs little.
        users.sort_by(|a, b| a.user.name.cmp(&b.user.name));
        let count = users.len();
        let template = |stored: UserSnapshot| {
            let UserSnapshot { user: UserRecord { name, .. }, samples } = stored;
            let template = template_of(scale, &event.name, &name, &samples)?;
            same_model(&event.model, template.model())
                .map_err(|source| unusable(&event.name, &name, source))?;
            Ok((name, template))
        };
        let block = |users: Vec<UserSnapshot>| {
            let entries = users.into_iter().map(template).collect::<Result<Vec<_>, EventError>>()?;
            Ok(Arc::new(Block::new(&entries)))
        };
        let blocks = match count {
            0 => Vec::new(),
            // Not in the pool, which may be busy with a large event: this one is made in no time.
            1..=MOST_ROWS => vec![block(users)?],
            _ => users.into_par_iter().chunks(MOST_ROWS).map(block).collect::<Result<_, EventError>>()?,
        };
        let rules = EventRules::from(&event);
        Ok(Self { model: event.model, scale, rules, blocks, users: count })
    }

    /// The model of the templates.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// On which scale the distances are.
    #[must_use]
    pub fn scale(&self) -> DistanceScale {
        self.scale
    }

    /// What the event says of how its faces are matched and enrolled.
    #[must_use]
    pub fn rules(&self) -> &EventRules {
        &self.rules
    }

    /// A copy with other rules.
    #[must_use]
    pub fn with_rules(&self, rules: EventRules) -> Self {
        Self { rules, ..self.clone() }
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
    /// As [`Gallery::nearest_k`].
    pub fn nearest(&self, probe: &Template) -> Result<Option<Nearest>, EmbeddingError> {
        Ok(self.nearest_k(probe, NonZeroUsize::MIN)?.pop())
    }

    /// The `k` users nearest to `probe`, or all when they are fewer: nearest first, and of equally near ones by
    /// name.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when `probe` is of another model, [`EmbeddingError::ScaleMismatch`] when
    /// it is on another scale.
    pub fn nearest_k(&self, probe: &Template, k: NonZeroUsize) -> Result<Vec<Nearest>, EmbeddingError> {
        self.expect_comparable(probe)?;
        // A copy that is aligned as the rows are, and cleared as they are: a probe is biometric data too.
        let probe = Zeroizing::new(block::row(probe));
        let mut best = Best::new(k.get());
        for (number, block) in self.blocks.iter().enumerate() {
            block.scan(&probe, number, &mut best);
        }
        let user = |hit: &Hit| self.blocks.get(hit.block)?.users().get(hit.row).cloned();
        let nearest = best.hits().iter().filter_map(|hit| Some((user(hit)?, hit.squared)));
        nearest.map(|(user, squared)| Ok(Nearest { user, distance: self.scale.distance(squared)? })).collect()
    }

    /// How far `probe` is from one user, to the last bit as a search finds it; `None` when the user is not there.
    ///
    /// # Errors
    /// As [`Gallery::nearest_k`].
    pub fn distance_to(&self, user: &Username, probe: &Template) -> Result<Option<Distance>, EmbeddingError> {
        self.expect_comparable(probe)?;
        let row = self.blocks.get(self.block_of(user)).and_then(|block| block.row(user));
        // The same bits as the vectorised scan's: no fused multiply-add, and one order of summation.
        row.map(|row| self.scale.distance(squared_distance(&row.0, probe.values()))).transpose()
    }

    /// How many samples the template of a user is the mean of; `None` when the user is not there.
    #[must_use]
    pub fn samples(&self, user: &Username) -> Option<u32> {
        self.blocks.get(self.block_of(user)).and_then(|block| block.samples(user))
    }

    /// A copy in which `user` has this template, whether new or not.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when the template is of another model,
    /// [`EmbeddingError::ScaleMismatch`] when it is on another scale.
    pub fn with(&self, user: &Username, template: &Template) -> Result<Self, EmbeddingError> {
        self.expect_comparable(template)?;
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
        Self {
            model: self.model.clone(),
            scale: self.scale,
            rules: self.rules,
            blocks,
            users: self.users - before + after,
        }
    }

    fn expect_comparable(&self, template: &Template) -> Result<(), EmbeddingError> {
        same_model(&self.model, template.model())?;
        if self.scale == template.scale() { Ok(()) } else { Err(EmbeddingError::ScaleMismatch) }
    }
}

/// The template of a user's stored samples.
///
/// Samples that two servers stored in the same moment, or that were stored under another metric, may cancel
/// out though each is good. Then the oldest alone stands for the user, who can be found and mended, rather
/// than that nobody of the event can be.
///
/// # Errors
/// [`EventError::UnusableSamples`] when there are none, or one has no direction.
pub(crate) fn template_of(
    scale: DistanceScale,
    event: &EventName,
    user: &Username,
    samples: &[FaceSample],
) -> Result<Template, EventError> {
    let of =
        |samples: &[FaceSample]| Template::from_embeddings(scale, samples.iter().map(FaceSample::embedding));
    let made = of(samples).or_else(|error| {
        let [oldest, _, ..] = samples else { return Err(error) };
        // Only samples that are good one by one may be bridged: one that is damaged stays an error.
        if error != EmbeddingError::ZeroLength || samples.iter().any(|one| of(std::slice::from_ref(one)).is_err()) {
            return Err(error);
        }
        tracing::error!(%event, %user, "the samples of a user cancel out: only the oldest is searched, remove one of the user's samples");
        of(std::slice::from_ref(oldest))
    });
    made.map_err(|source| unusable(event, user, source))
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
        // No user's name and no template: `Debug` output ends up in logs.
        f.debug_struct("Gallery")
            .field("model", &self.model)
            .field("scale", &self.scale)
            .field("rules", &self.rules)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
