//! A face that is already in the event under another name.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use embedding::{Distance, Embedding};
use embedding_store::{EventName, Username};

use super::Inner;
use super::identify::limit_of;
use super::loaded_event::LoadedEvent;
use super::search::SearchResult;
use crate::EventError;

/// How many nearest users are compared of each face, the one who is enrolled among them: enough to name those who were
/// enrolled under several names already.
const NEAREST: NonZeroUsize = NonZeroUsize::new(6).unwrap();

/// Another user who has a face that was to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Who it is.
    pub user: Username,
    /// How far their template is from the nearest of the faces, unrounded.
    pub distance: Distance,
}

impl Inner {
    /// The other users whom faces of `user` match: of each face the nearest five at most, each user once,
    /// nearest first.
    pub(super) async fn duplicates(
        &self,
        event: &EventName,
        loaded: &LoadedEvent,
        user: &Username,
        faces: &[&Embedding],
    ) -> Result<Vec<Duplicate>, EventError> {
        let Some(SearchResult { nearest, users, .. }) =
            self.search_for(event, loaded, faces, NEAREST).await?
        else {
            return Ok(Vec::new());
        };
        let limits = self.models.of_event(event, loaded.model())?;
        let threshold = limit_of(limits, event, loaded.rules().rule, users, 1)?.threshold;
        let mut others = BTreeMap::new();
        for near in
            nearest.into_iter().flatten().filter(|near| near.user != *user && near.distance <= threshold)
        {
            let least = others.entry(near.user).or_insert(near.distance);
            *least = near.distance.min(*least);
        }
        let others = others.into_iter().map(|(user, distance)| Duplicate { user, distance });
        let mut duplicates: Vec<_> = others.collect();
        // The map was in name order and the sort is stable: equally near users stay in that order.
        duplicates.sort_by_key(|duplicate| duplicate.distance);
        Ok(duplicates)
    }
}
