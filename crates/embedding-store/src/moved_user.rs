//! What has to be true before a user's samples go to another name.

use crate::{StoreError, UserRecord};

/// Compares what a move was decided on with what is there now: `present` under the first name, which is known to be
/// there, and `there` under the other.
///
/// # Errors
/// Those of [`move_user`](crate::EmbeddingStore::move_user).
pub(crate) fn check(
    seen: &UserRecord,
    to: &UserRecord,
    onto: Option<&UserRecord>,
    present: Option<&UserRecord>,
    there: Option<&UserRecord>,
) -> Result<(), StoreError> {
    to.check_storable()?;
    if to.event != seen.event || to.name == seen.name {
        return Err(StoreError::unstorable("a user moves to another name of the same event"));
    }
    let present = present.ok_or_else(|| StoreError::user_not_found(&seen.event, &seen.name))?;
    if present != seen {
        return Err(StoreError::user_changed(&seen.event, &seen.name));
    }
    if there != onto {
        return Err(StoreError::user_changed(&to.event, &to.name));
    }
    Ok(())
}
