//! Who signs: the account, once everything that a call needs is there.

use std::fmt;

use super::credentials::{ApiSecret, CloudinaryAccess};
use super::signature::Algorithm;
use crate::StoreError;

/// An account with everything that a call needs.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) cloud_name: String,
    pub(super) api_key: String,
    pub(super) api_secret: ApiSecret,
    pub(super) algorithm: Algorithm,
}

impl Account {
    /// # Errors
    /// [`StoreError::Misconfigured`] for what is missing or is no such value.
    pub(super) fn new(access: CloudinaryAccess, algorithm: Algorithm) -> Result<Self, StoreError> {
        let missing = |what, variable| {
            let reason = format!("{what} of Cloudinary is missing: put it into the URL or into {variable}");
            move || StoreError::misconfigured(reason)
        };
        let CloudinaryAccess { cloud_name, api_key, api_secret, upload_prefix: _, delivery: _ } = access;
        let account = Self {
            cloud_name: cloud_name.ok_or_else(missing("the cloud name", "CLOUDINARY_CLOUD_NAME"))?,
            api_key: api_key.ok_or_else(missing("the API key", "CLOUDINARY_API_KEY"))?,
            api_secret: api_secret.ok_or_else(missing("the API secret", "CLOUDINARY_API_SECRET"))?,
            algorithm,
        };
        // The cloud name becomes part of every URL's path: nothing is allowed that could mean something there.
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if !plain(&account.cloud_name) {
            return Err(StoreError::misconfigured(
                "the cloud name of Cloudinary is not one: letters, digits, '-', '_' and '.' alone",
            ));
        }
        if !plain(&account.api_key) || account.api_secret.reveal().is_empty() {
            return Err(StoreError::misconfigured(
                "the API key or secret of Cloudinary is not one: copy it from the console of the account",
            ));
        }
        Ok(account)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("cloud_name", &self.cloud_name).finish_non_exhaustive()
    }
}
