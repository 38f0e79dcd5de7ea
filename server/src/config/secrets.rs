//! Secrets, and the accounts they belong to: from the environment or `.env` alone, because a command line
//! can be read by others and a configuration file is passed around.

use std::sync::Arc;

use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryAccess, EncryptionKey, Keyring, StoreOptions};

use super::error::ConfigError;
use super::origin::Origin;
use super::passwords::MASKED;
use crate::auth::ApiKey;

/// The key that embeddings at rest are encrypted with.
const ENCRYPTION_KEY: &str = "FACE_ENCRYPTION_KEY";
/// The key before that one, for `face-server rekey`.
const FORMER_KEY: &str = "FACE_FORMER_ENCRYPTION_KEY";

/// The key of exported files.
const ARCHIVE_KEY: &str = "FACE_ARCHIVE_KEY";

/// A client's key, with which `face-server snapshot` asks a running server.
const ADMIN_KEY: &str = "FACE_ADMIN_KEY";

/// The parts of an account.
pub(super) const ACCOUNT: [&str; 5] = [
    "CLOUDINARY_CLOUD_NAME",
    "CLOUDINARY_API_KEY",
    "CLOUDINARY_API_SECRET",
    "CLOUDINARY_UPLOAD_PREFIX",
    "CLOUDINARY_DELIVERY",
];

/// Every variable of this kind.
pub(super) const VARIABLES: [&str; 9] = [
    ENCRYPTION_KEY,
    FORMER_KEY,
    ARCHIVE_KEY,
    ADMIN_KEY,
    "CLOUDINARY_CLOUD_NAME",
    "CLOUDINARY_API_KEY",
    "CLOUDINARY_API_SECRET",
    "CLOUDINARY_UPLOAD_PREFIX",
    "CLOUDINARY_DELIVERY",
];

fn admin_key(said: Option<(&str, &Origin)>) -> Result<Option<Arc<ApiKey>>, ConfigError> {
    let Some((text, origin)) = said.filter(|(text, _)| !text.is_empty()) else { return Ok(None) };
    let key = ApiKey::parse(text.trim()).ok_or_else(|| ConfigError::BadValue {
        name: ADMIN_KEY.to_owned(),
        value: MASKED.to_owned(),
        origin: origin.clone(),
        allowed: "give a key that `face-server keys` made".to_owned(),
    });
    key.map(|key| Some(Arc::new(key)))
}

/// The keys and the account of one configuration. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    encryption_key: Option<EncryptionKey>,
    former_key: Option<EncryptionKey>,
    archive_key: Option<EncryptionKey>,
    /// Shared, as a key is not copied about.
    admin_key: Option<Arc<ApiKey>>,
    cloudinary: CloudinaryAccess,
}

impl Secrets {
    /// Takes each from its variable.
    pub(super) fn read<'a>(
        variable: impl Fn(&str) -> Option<(&'a str, &'a Origin)>,
    ) -> Result<Self, ConfigError> {
        let text = |name| variable(name).map(|(text, _)| text.to_owned());
        let mut cloudinary = CloudinaryAccess::default();
        cloudinary.cloud_name = text("CLOUDINARY_CLOUD_NAME");
        cloudinary.api_key = text("CLOUDINARY_API_KEY");
        cloudinary.api_secret = text("CLOUDINARY_API_SECRET").map(ApiSecret::new);
        cloudinary.upload_prefix = text("CLOUDINARY_UPLOAD_PREFIX");
        cloudinary.delivery = text("CLOUDINARY_DELIVERY");
        let key = |name: &'static str| {
            let Some((text, origin)) = variable(name) else { return Ok(None) };
            let refuse = |value: &str, allowed: String| ConfigError::BadValue {
                name: name.to_owned(),
                value: value.to_owned(),
                origin: origin.clone(),
                allowed,
            };
            // The template of earlier versions has the line empty, which says none.
            if text.is_empty() && *origin == Origin::DotEnv {
                return Ok(None);
            }
            if text.is_empty() {
                // More likely a secret that was not delivered than a wish to write embeddings in clear.
                let advice = "give a key, which `face-server key` makes, or take the variable away for none";
                return Err(refuse("", advice.to_owned()));
            }
            let key = text.parse::<EncryptionKey>();
            key.map(Some).map_err(|e| refuse(MASKED, format!("{e}; `face-server key` makes one")))
        };
        Ok(Self {
            encryption_key: key(ENCRYPTION_KEY)?,
            former_key: key(FORMER_KEY)?,
            archive_key: key(ARCHIVE_KEY)?,
            admin_key: admin_key(variable(ADMIN_KEY))?,
            cloudinary,
        })
    }

    /// What a store is opened with.
    pub(crate) fn store_options(&self) -> StoreOptions {
        self.with_keyring(self.keyring())
    }

    /// What a store is opened with whose embeddings are to be encrypted anew; `None` when neither key is
    /// given. Without a former key they are not encrypted yet, without a present one they will not be.
    pub(crate) fn changing_store_options(&self) -> Option<StoreOptions> {
        let keyring = match (&self.encryption_key, &self.former_key) {
            (None, None) => return None,
            (_, Some(former)) => self.keyring().with_former(former.clone()),
            (Some(_), None) => self.keyring().with_formerly_plain(),
        };
        Some(self.with_keyring(keyring))
    }

    /// The keyring of everyday work.
    pub(crate) fn keyring(&self) -> Keyring {
        self.encryption_key.clone().map_or_else(Keyring::plain, Keyring::new)
    }

    /// The key of exported files, where there is one.
    pub(crate) fn archive_key(&self) -> Option<&EncryptionKey> {
        self.archive_key.as_ref()
    }

    /// The key of the role admin to ask a running server with, where there is one.
    pub(crate) fn admin_key(&self) -> Option<&ApiKey> {
        self.admin_key.as_deref()
    }

    /// The Cloudinary account, as far as it is given.
    pub(crate) fn cloudinary(&self) -> &CloudinaryAccess {
        &self.cloudinary
    }

    fn with_keyring(&self, keyring: Keyring) -> StoreOptions {
        let mut options = StoreOptions::default();
        options.keyring = keyring;
        options.cloudinary = self.cloudinary.clone();
        options
    }
}
