//! Correcting a check-in: somebody else came, or nobody, and what was said before stays to be seen.

use embedding_store::{EventName, StoreError, Username};
use time::OffsetDateTime;
use uuid::Uuid;

use super::record::PastCorrection;
use super::{CheckIn, CheckInError, CheckIns, Named};
use crate::{Actor, Note};

/// What is right about a check-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Who came; `None` voids the check-in.
    pub user: Option<Username>,
    /// Why it is corrected.
    pub reason: Note,
    /// Who corrects it.
    pub actor: Actor,
    /// When.
    pub time: OffsetDateTime,
}

impl CheckIns {
    /// Corrects a check-in, and returns it as it stands then. Durable on return.
    ///
    /// The time stays. Who was named wrongly can be checked in at once, without regard to the cool-down; of who is
    /// named now the cool-down began at the time of the check-in. What stood there before, who corrected it and
    /// why is added to [`CheckInDetails::corrections`](super::CheckInDetails). A correction to what stands there
    /// already changes nothing, so that repeating one is safe.
    ///
    /// # Errors
    /// [`CheckInError::NotFound`]; [`CheckInError::Store`].
    pub async fn correct(
        &self,
        event: &EventName,
        id: Uuid,
        correction: Correction,
    ) -> Result<CheckIn, CheckInError> {
        // It ends, since every round that fails is one in which somebody else's amendment succeeded.
        loop {
            let mut entry = self.entry(event, id).await?;
            // The entry itself is amended, so that fields of newer versions stay in it.
            let mut check_in = CheckIn::read(event, entry.clone())?;
            if !check_in.correct(&correction) {
                return Ok(check_in);
            }
            check_in.amend(&mut entry)?;
            match self.journal.amend(entry).await {
                Ok(()) => return Ok(check_in),
                // Somebody else corrected it since it was read.
                Err(StoreError::Conflict { .. }) => {}
                Err(StoreError::NotFound { .. }) => {
                    return Err(CheckInError::NotFound { event: event.clone(), id });
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl CheckIn {
    /// Takes a correction over. Says whether there was anything to correct.
    fn correct(&mut self, correction: &Correction) -> bool {
        let Correction { user, reason, actor, time } = correction;
        let before = self.named();
        if before == user.clone().map_or(Named::Nobody, Named::User) {
            return false;
        }
        let (time, actor, reason) = (*time, actor.clone(), reason.clone());
        self.details.corrections.push(PastCorrection { time, before, actor, reason });
        self.voided = user.is_none();
        if let Some(user) = user {
            self.user = user.clone();
        }
        true
    }
}
