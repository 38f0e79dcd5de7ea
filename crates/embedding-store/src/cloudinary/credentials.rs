//! The cloud, the API key and the API secret, as the environment or a URL gives them.

use std::fmt;

use zeroize::Zeroizing;

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
