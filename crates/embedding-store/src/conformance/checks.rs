//! Assertions on errors.

use std::fmt::Debug;

use crate::StoreError;

#[track_caller]
pub(super) fn assert_not_found<T: Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::NotFound { .. })), "not found was due, got {result:?}");
}

#[track_caller]
pub(super) fn assert_conflict<T: Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Conflict { .. })), "a conflict was due, got {result:?}");
}

#[track_caller]
pub(super) fn assert_changed<T: Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Changed { .. })), "a change was due, got {result:?}");
}

#[track_caller]
pub(super) fn assert_unstorable<T: Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unstorable { .. })), "a refusal was due, got {result:?}");
}
