//! Check-ins of an event's users: what ties the list of check-ins to faces and to users who are there.

use std::sync::Arc;

use embedding::Embedding;
use embedding_store::{EventName, Username};
use uuid::Uuid;

use super::{CheckIn, CheckInError, CheckInOutcome, CheckInRequest, CheckIns, Correction, Named};
use crate::service::{Former, to_the_end};
use crate::{AuditEntry, Decision, EventError, EventService, IdempotencyKey, Verdict};

/// Checks in users of events, and nobody else. Cheap to clone.
///
/// A check-in and what follows from it are carried through when the future is dropped, as a client may leave at any time.
#[derive(Debug, Clone)]
pub struct CheckInService {
    pub(super) events: Arc<EventService>,
    pub(super) list: CheckIns,
}

/// What came of somebody who came to be checked in by their face.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceCheckIn {
    /// Whose face it is.
    pub verdict: Verdict,
    /// The check-in; `None` when it is nobody's face.
    pub outcome: Option<CheckInOutcome>,
}

impl FaceCheckIn {
    /// The audit's entry about it.
    #[must_use]
    pub fn audited(&self, entry: AuditEntry) -> AuditEntry {
        let entry = self.verdict.audited(entry);
        match &self.outcome {
            Some(outcome) => outcome.audited(entry),
            None => entry,
        }
    }
}

impl CheckInService {
    /// Ties a list to the events that it is about.
    #[must_use]
    pub fn new(events: Arc<EventService>, list: CheckIns) -> Self {
        Self { events, list }
    }

    /// The list, to read.
    #[must_use]
    pub fn list(&self) -> &CheckIns {
        &self.list
    }

    /// Checks in the user whose face it is, if it is a user's. A face that is too badly shown to decide on
    /// (`is_decidable` is false) is nobody's.
    ///
    /// # Errors
    /// As for [`CheckIns::check_in`] and [`EventService::identify`]; that the user was deleted meanwhile, and
    /// [`CheckInError::KeyReused`] also when the key's request was about another person than this face's.
    pub async fn check_in_face(
        &self,
        event: &EventName,
        probe: &Embedding,
        is_decidable: bool,
        request: CheckInRequest,
    ) -> Result<FaceCheckIn, CheckInError> {
        let verdict = self.events.identify(event, probe).await?;
        let verdict = if is_decidable { verdict } else { verdict.withheld() };
        let outcome = match (verdict.matched(), &request.key) {
            // The key is not looked up first: the journal decides on key and cool-down in the append itself, so that
            // of two servers only one makes a new check-in.
            (Some(user), _) => {
                let (distance, threshold) = (verdict.nearest.distance, verdict.limit.threshold);
                let request = request.by_face(verdict.decision, distance, threshold);
                let former = self.former_names(event, user).await;
                Some(self.check_in(event, user, former, request).await?)
            }
            // Others may have been enrolled since the first time, which lowers the threshold and can make the face
            // ambiguous: what was done under the key stays done.
            (None, Some(key)) => self.repeated(event, key, probe).await?,
            (None, None) => None,
        };
        Ok(FaceCheckIn { verdict, outcome })
    }

    /// Checks in a user whom a person named. An unknown name leaves no trace of a key that was sent with it.
    ///
    /// # Errors
    /// As for [`CheckIns::check_in`]; that there is no such event or user.
    pub async fn check_in_named(
        &self,
        event: &EventName,
        user: &Username,
        request: CheckInRequest,
    ) -> Result<CheckInOutcome, CheckInError> {
        let former = self.events.former_names(event, user).await?;
        self.check_in(event, user, former, request).await
    }

    /// The names that a user had, who was found by a gallery: none while the store is away, nor of who is gone, whom the
    /// look after the check-in finds.
    async fn former_names(&self, event: &EventName, user: &Username) -> Vec<Former> {
        self.events.former_names(event, user).await.unwrap_or_else(|error| {
            tracing::debug!(%event, %error, "check-in: cannot look up whether its user had another name");
            Vec::new()
        })
    }

    /// Checks in a user, and leaves nothing of one who is deleted in the same moment.
    async fn check_in(
        &self,
        event: &EventName,
        user: &Username,
        former: Vec<Former>,
        request: CheckInRequest,
    ) -> Result<CheckInOutcome, CheckInError> {
        let (service, event, user) = (self.clone(), event.clone(), user.clone());
        to_the_end(async move {
            // What a rename that was cut off has left behind: else the person could be checked in twice.
            for Former { name, until } in former {
                service.list.take_over(&event, &name, &user, until).await?;
            }
            let outcome = service.list.check_in(&event, &user, request).await;
            // The user is looked up after the write, not before: a deletion that finishes between the two would leave
            // the check-in behind. Also after a failed write, which may have been recorded all the same.
            if matches!(outcome, Ok(_) | Err(CheckInError::Store(_)))
                && service.follow(&event, &user).await?
                && let Ok(outcome) = outcome
            {
                return Ok(outcome.now(service.list.get(&event, outcome.check_in().id).await?));
            }
            outcome
        })
        .await
    }

    /// What a request with this key did before, about the person whose face it is.
    async fn repeated(
        &self,
        event: &EventName,
        key: &IdempotencyKey,
        probe: &Embedding,
    ) -> Result<Option<CheckInOutcome>, CheckInError> {
        let Some(check_in) = self.list.by_key(event, key).await? else { return Ok(None) };
        // Where the name is erased, it cannot be asked any more whether it is the same person.
        let Named::User(user) = check_in.first_named() else { return Err(CheckInError::KeyReused) };
        // Otherwise a stranger who sends a key that was used would be told of somebody else's check-in.
        match self.events.verify(event, &user, probe).await?.decision {
            Decision::Match => Ok(Some(CheckInOutcome::Repeated(check_in))),
            Decision::NoMatch | Decision::Ambiguous => Err(CheckInError::KeyReused),
        }
    }

    /// Corrects whom a check-in names.
    ///
    /// # Errors
    /// As for [`CheckIns::correct`]; that there is no such event or user.
    pub async fn correct(
        &self,
        event: &EventName,
        id: Uuid,
        correction: Correction,
    ) -> Result<CheckIn, CheckInError> {
        if let Some(user) = &correction.user {
            self.events.expect_user(event, user).await?;
        }
        let (service, event) = (self.clone(), event.clone());
        to_the_end(async move {
            let user = correction.user.clone();
            let corrected = service.list.correct(&event, id, correction).await?;
            // As after a check-in: a deletion since the first look has not seen this correction.
            match &user {
                Some(user) if service.follow(&event, user).await? => service.list.get(&event, id).await,
                Some(_) | None => Ok(corrected),
            }
        })
        .await
    }

    /// Refuses a check-in that was just written when its user is gone, and erases it; where they have another name now, it
    /// goes to that, and the answer is true.
    ///
    /// A deletion first removes the user from the store, then erases the user's check-ins. Of a check-in and a deletion
    /// at one moment, either the deletion's erasure sees the check-in, or the look here sees the deletion. So it is with
    /// a new name. While the store is away the check-in stays: it is the deletion's turn, or the next one's, to erase it.
    async fn follow(&self, event: &EventName, user: &Username) -> Result<bool, CheckInError> {
        let (mut name, mut is_renamed) = (user.clone(), false);
        // It ends: each round that does not is one in which somebody renamed the user.
        loop {
            let error = match self.events.expect_user(event, &name).await {
                Ok(()) => return Ok(is_renamed),
                Err(error @ EventError::UnknownEvent { .. }) => {
                    self.list.erase_event(event).await?;
                    error
                }
                Err(error @ EventError::UnknownUser { .. }) => {
                    match self.events.bearer(event, &name).await? {
                        Some(bearer) => {
                            self.list.rename_user(event, &name, &bearer, None).await?;
                            (name, is_renamed) = (bearer, true);
                            continue;
                        }
                        None => {
                            self.list.erase_user(event, &name).await?;
                            error
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%event, %error, "check-in: cannot look up whether its user was deleted meanwhile");
                    return Ok(is_renamed);
                }
            };
            return Err(error.into());
        }
    }
}
