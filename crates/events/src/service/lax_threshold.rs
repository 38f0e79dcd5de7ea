//! Warnings of fixed thresholds by which many strangers are named: at the start, and when an event grows.

use embedding_store::{EventName, MatchRule};

use super::Inner;
use super::galleries::Published;
use super::loaded_event::LoadedEvent;
use crate::MatchLimit;

impl Inner {
    /// Warns of every event that is too large for its threshold. Of events that are searched in the store the size
    /// is asked for; one whose size is not known now is warned of when it grows.
    pub(super) async fn warn_of_lax_thresholds(&self) {
        for event in self.galleries.events() {
            let Published::Current(loaded) = self.galleries.get(&event) else { continue };
            let Ok(Some(users)) = self.user_count(&event).await else { continue };
            self.warn_when_lax(&event, &loaded, 0, users);
        }
    }

    /// Warns when an event of `after` users is too large for its threshold, and one of `before` was not.
    pub(super) fn warn_when_lax(&self, event: &EventName, loaded: &LoadedEvent, before: usize, after: usize) {
        let Some(limits) = self.models.get(loaded.model()) else { return };
        let limit = |users| limits.limit_for(loaded.rules().rule, users, 1).ok();
        let is_lax = |limit: &MatchLimit| limit.names_many_strangers();
        let Some(now) = limit(after).filter(is_lax) else { return };
        if before > 0 && limit(before).is_some_and(|limit| is_lax(&limit)) {
            return;
        }
        tracing::warn!(
            %event,
            users = after,
            threshold = %now.threshold,
            expected_false_match_rate = now.expected_false_match_rate,
            own_rule = matches!(loaded.rules().rule, Some(MatchRule::Threshold(_))),
            "a fixed threshold names many strangers in an event of this size: give it a target rate"
        );
    }
}
