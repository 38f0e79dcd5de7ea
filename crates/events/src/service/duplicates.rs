//! A face that is already in the event under another name.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Distance, Embedding, Template};
use embedding_store::{DuplicatePolicy, EventName, StoreError, Username};

use super::Inner;
use super::enrolment::EnrolmentOptions;
use super::held::Held;
use super::identify::MOST_USERS_INLINE;
use crate::{EventError, EventRules, Gallery, Nearest};

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
        held: &Held,
        user: &Username,
        faces: &[&Embedding],
    ) -> Result<Vec<Duplicate>, EventError> {
        let (near, users) = match held {
            Held::InMemory(gallery) => (self.near_in(gallery, faces).await?, gallery.len()),
            Held::InStore(..) => self.near_in_store(event, faces).await?,
        };
        let threshold = self.limit(event, held.rules().rule, users)?.threshold;
        let mut others = BTreeMap::new();
        for near in near.into_iter().filter(|near| near.user != *user && near.distance <= threshold) {
            let least = others.entry(near.user).or_insert(near.distance);
            *least = near.distance.min(*least);
        }
        let others = others.into_iter().map(|(user, distance)| Duplicate { user, distance });
        let mut duplicates: Vec<_> = others.collect();
        duplicates.sort_by_key(|duplicate| duplicate.distance);
        Ok(duplicates)
    }

    async fn near_in(
        &self,
        gallery: &Arc<Gallery>,
        faces: &[&Embedding],
    ) -> Result<Vec<Nearest>, EventError> {
        let probes = faces.iter().map(|face| Template::of(self.limits.metric(), [*face]));
        let probes = probes.collect::<Result<Vec<_>, _>>()?;
        let (inline, gallery) = (gallery.len() <= MOST_USERS_INLINE, Arc::clone(gallery));
        let search = move || {
            let near = probes.iter().map(|probe| gallery.nearest_k(probe, NEAREST));
            near.collect::<Result<Vec<_>, _>>()
        };
        let near = if inline {
            search()
        } else {
            tokio::task::spawn_blocking(search).await.map_err(EventError::Interrupted)?
        };
        Ok(near?.concat())
    }

    /// Those near to the faces, and how many users the event has.
    async fn near_in_store(
        &self,
        event: &EventName,
        faces: &[&Embedding],
    ) -> Result<(Vec<Nearest>, usize), EventError> {
        let Some(store) = self.search() else {
            return Err(StoreError::unavailable(false, "it does not search any more").into());
        };
        let (mut near, mut users) = (Vec::new(), 0);
        for face in faces {
            let found = match store.nearest(event, face, NEAREST).await {
                Ok(found) => found,
                // Another service deleted it, and that was not told yet.
                Err(StoreError::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            users = usize::try_from(found.user_count).unwrap_or(usize::MAX);
            near.extend(found.users.into_iter().map(|(user, distance)| Nearest { user, distance }));
        }
        Ok((near, users))
    }
}
