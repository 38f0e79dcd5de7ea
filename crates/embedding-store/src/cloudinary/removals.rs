//! Samples that were removed while another process wrote a revision with them: they do not count, and are not to
//! lie in the account until somebody happens to change the user.

use super::document::{Body, DeletedUserBody};
use super::merge;
use super::mirror::Mirror;
use super::path::Place;
use super::revisions::Revisions;
use super::store::Inner;
use super::writes::user_again;
use crate::{EventName, StoreError, Username};

impl Inner {
    /// Makes one revision, without them, of each user whose revisions hold removed samples. What fails is tried
    /// again with the next sweep.
    pub(super) async fn settle_removals(&self) {
        let unsettled = self.mirror().unsettled();
        for (event, user) in unsettled {
            if let Err(error) = self.settle(&event, &user).await {
                tracing::warn!(%error, "removed samples of a user cannot be taken out of the account yet");
            }
        }
    }

    async fn settle(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let place = Place::user(event, user);
        self.put_user(event, user, |mirror| {
            // Looked at again under the locks: a write may have made one revision of them meanwhile. Users of
            // an event that was deleted meanwhile are destroyed whole by the sweep.
            if !mirror.revisions(&place).is_some_and(|revisions| mirror.is_unsettled(event, revisions)) {
                return Ok(None);
            }
            match mirror.user(event, user) {
                Some(state) => Ok(Some(user_again(mirror, state.clone())?)),
                None => {
                    let (event, user) = (event.clone(), user.clone());
                    Ok(Some(Body::DeletedUser(DeletedUserBody { event, user })))
                }
            }
        })
        .await
    }
}

impl Mirror {
    fn unsettled(&self) -> Vec<(EventName, Username)> {
        let unsettled = self.places().values().filter_map(|revisions| {
            let (event, user) = revisions.user()?;
            self.is_unsettled(event, revisions).then(|| (event.clone(), user.clone()))
        });
        unsettled.collect()
    }

    /// In the lives of the event that are known: what settles the user supersedes no others, and so would be
    /// tried again with every sweep.
    fn is_unsettled(&self, event: &EventName, revisions: &Revisions) -> bool {
        self.event(event).is_some_and(|event| merge::holds_removed(revisions, &event.state.incarnations))
    }
}
