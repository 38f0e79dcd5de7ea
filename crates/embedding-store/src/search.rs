//! The search for the nearest template inside a store, for events too large for memory.

use std::num::NonZeroUsize;

use async_trait::async_trait;
use embedding::{Distance, ModelId, Template};

use crate::{EventName, StoreError, Username};

/// The users nearest to a probe.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NearestTemplates {
    /// The model of the event.
    pub model: ModelId,
    /// The nearest by distance, then by name.
    pub users: Vec<(Username, Distance)>,
    /// How many users with a template the event has.
    pub user_count: u64,
    /// Whether no other user can be nearer; an approximate index may pass one over.
    pub exact: bool,
}

impl NearestTemplates {
    /// What a search found.
    #[must_use]
    pub fn new(model: ModelId, users: Vec<(Username, Distance)>, user_count: u64, exact: bool) -> Self {
        Self { model, users, user_count, exact }
    }
}

/// Finds the nearest templates where they are stored.
#[async_trait]
pub trait TemplateSearch: Send + Sync {
    /// The users of an event whose templates are nearest to a probe, at most `limit`.
    ///
    /// A user's template is the unit-length mean of the unit-length samples; the distances are on the probe's
    /// scale, and those that a gallery in memory finds, to the last bit.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event; [`StoreError::Conflict`] when it is of another
    /// model than the probe.
    async fn nearest(
        &self,
        event: &EventName,
        probe: &Template,
        limit: NonZeroUsize,
    ) -> Result<NearestTemplates, StoreError>;
}
