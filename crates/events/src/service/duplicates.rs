//! A face that is already in the event under another name.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use embedding::{Distance, Embedding};
use embedding_store::{DuplicatePolicy, EventName, Username};

use super::Inner;
use super::enrolment::EnrolmentOptions;
use super::identify::limit_of;
use super::loaded_event::LoadedEvent;
use super::search::Found;
use crate::{EventError, EventRules};

/// As many as are looked at of each face, the one who is enrolled among them: enough to name those who were
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

/// What is to be done about duplicates: by the call, else by the event, else by the call's default.
pub(super) fn policy(options: &EnrolmentOptions, rules: Option<&EventRules>) -> DuplicatePolicy {
    let of_event = rules.and_then(|rules| rules.on_duplicate);
    options.on_duplicate.or(of_event).unwrap_or(options.on_duplicate_default)
}

impl Inner {
    /// The other users whom faces of `user` match: of each face the nearest five at most, each user once,
    /// nearest first.
    pub(super) async fn duplicates(
        &self,
        event: &EventName,
        held: &LoadedEvent,
        user: &Username,
        faces: &[&Embedding],
    ) -> Result<Vec<Duplicate>, EventError> {
        let found = self.search_for(event, held, faces, NEAREST).await?;
        let Some(Found { nearest, users, .. }) = found else { return Ok(Vec::new()) };
        let limits = self.models.of_event(event, held.model())?;
        let threshold = limit_of(limits, event, held.rules().rule, users, 1)?.threshold;
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
