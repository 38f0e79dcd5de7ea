//! Check-ins of an event's users: what ties the list of check-ins to faces and to users who are there.

use std::sync::Arc;

use embedding::Embedding;
use embedding_store::{EventName, Username};
use uuid::Uuid;

use super::{CheckIn, CheckInError, CheckInOutcome, CheckInRequest, CheckIns, Correction, Named};
use crate::service::to_the_end;
use crate::{Decision, EventError, EventService, IdempotencyKey};

/// Checks in users of events, and nobody else. Cheap to clone.
///
/// A check-in and what follows from it are carried through when the future is dropped, as a client may leave at any time.
#[derive(Debug, Clone)]
pub struct CheckInService {
    events: Arc<EventService>,
    list: CheckIns,
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

    /// Checks in a user whom a face or somebody named, and leaves nothing of one who is deleted in the same moment.
    ///
    /// # Errors
    /// As for [`CheckIns::check_in`]; that there is no such event or user.
    pub async fn check_in(
        &self,
        event: &EventName,
        user: &Username,
        request: CheckInRequest,
    ) -> Result<CheckInOutcome, CheckInError> {
        let (service, event, user) = (self.clone(), event.clone(), user.clone());
        to_the_end(async move {
            let outcome = service.list.check_in(&event, &user, request).await?;
            // Looked up after the check-in: a deletion that ended between a look before it and the check-in would
            // leave it behind.
            service.expect_present(&event, &user).await?;
            Ok(outcome)
        })
        .await
    }

    /// The same of a user whom a person named: an unknown name leaves no trace of a key that was sent with it.
    ///
    /// # Errors
    /// As for [`check_in`](Self::check_in).
    pub async fn check_in_named(
        &self,
        event: &EventName,
        user: &Username,
        request: CheckInRequest,
    ) -> Result<CheckInOutcome, CheckInError> {
        self.events.expect_user(event, user).await?;
        self.check_in(event, user, request).await
    }

    /// What a request with this key did before, about the person whose face it is.
    ///
    /// # Errors
    /// [`CheckInError::KeyReused`] when it was about another person; [`CheckInError::Store`] and
    /// [`CheckInError::Event`].
    pub async fn repeated(
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
            if let Some(user) = &user {
                // Again, because the user may have been deleted since the first look. The deletion then has not seen
                // what was corrected after it.
                service.expect_present(&event, user).await?;
            }
            Ok(corrected)
        })
        .await
    }

    /// To be asked after a check-in has named a user. A deletion erases their check-ins when they are gone from the
    /// store: one that came later is erased here. That the store is away is no error: nobody can be deleted from it
    /// then.
    async fn expect_present(&self, event: &EventName, user: &Username) -> Result<(), CheckInError> {
        let error = match self.events.expect_user(event, user).await {
            Err(error @ EventError::UnknownEvent { .. }) => {
                self.list.erase_event(event).await?;
                error
            }
            Err(error @ EventError::UnknownUser { .. }) => {
                self.list.erase_user(event, user).await?;
                error
            }
            Ok(()) | Err(_) => return Ok(()),
        };
        Err(error.into())
    }
}
