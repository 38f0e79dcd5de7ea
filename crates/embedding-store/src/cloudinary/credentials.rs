//! Who signs: the cloud, the API key and the API secret, as the environment or a URL gives them.

use std::fmt;

use zeroize::Zeroizing;

use super::signature::Algorithm;
use crate::StoreError;

/// The secret of an API key. Shown nowhere, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiSecret(Zeroizing<String>);

impl ApiSecret {
    /// Takes a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the secret, wherever it holds it.
    pub(super) fn remove_from(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(self.reveal(), "…") }
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(…)")
    }
}

/// How to get at an account, as far as the store's URL leaves it open: the values of the environment
/// variables named below. This library reads no environment; the program that uses it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloudinaryAccess {
    /// `CLOUDINARY_CLOUD_NAME`.
    pub cloud_name: Option<String>,
    /// `CLOUDINARY_API_KEY`.
    pub api_key: Option<String>,
    /// `CLOUDINARY_API_SECRET`.
    pub api_secret: Option<ApiSecret>,
    /// `CLOUDINARY_UPLOAD_PREFIX`: the API's address where it is not `https://api.cloudinary.com`.
    pub upload_prefix: Option<String>,
    /// `CLOUDINARY_DELIVERY`: the address of deliveries where it is not `https://res.cloudinary.com`.
    pub delivery: Option<String>,
}

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
    pub(super) fn new(
        cloud_name: Option<String>,
        api_key: Option<String>,
        api_secret: Option<ApiSecret>,
        algorithm: Algorithm,
    ) -> Result<Self, StoreError> {
        let account = Self {
            cloud_name: cloud_name.ok_or_else(|| missing("the cloud name", "CLOUDINARY_CLOUD_NAME"))?,
            api_key: api_key.ok_or_else(|| missing("the API key", "CLOUDINARY_API_KEY"))?,
            api_secret: api_secret.ok_or_else(|| missing("the API secret", "CLOUDINARY_API_SECRET"))?,
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

fn missing(what: &str, variable: &str) -> StoreError {
    StoreError::misconfigured(format!(
        "{what} of Cloudinary is missing: put it into the URL or into {variable}"
    ))
}
