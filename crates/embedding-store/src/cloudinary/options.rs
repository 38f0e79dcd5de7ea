//! How a store at Cloudinary is used: its URL, and what a program sets beside it.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::credentials::{ApiSecret, CloudinaryAccess};
use super::path::Prefix;
use super::signature::Algorithm;
use crate::{Keyring, StoreUrlError};

const SCHEME: &str = "cloudinary";
const PREFIX: &str = "faces";
const MOST_PARALLEL: usize = 16;
const LONGEST_REFRESH: u64 = 24 * 3600;
const EXPECTED: &str = "cloudinary://KEY:SECRET@CLOUD/PREFIX, or cloudinary:PREFIX with CLOUDINARY_CLOUD_NAME, \
                        CLOUDINARY_API_KEY and CLOUDINARY_API_SECRET";

/// How a store at Cloudinary is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CloudinaryOptions {
    /// The account.
    pub access: CloudinaryAccess,
    /// The folder of the account that the store has to itself.
    pub prefix: String,
    /// The hash of the signatures.
    pub signature: Algorithm,
    /// The shortest time between two listings, so the time after which a change of another process shows.
    pub refresh: Duration,
    /// Calls at one time.
    pub parallel: NonZeroUsize,
    /// The longest time for one attempt of a call.
    pub attempt: Duration,
    /// The longest time for a call with all its attempts.
    pub deadline: Duration,
    /// How long tombstones are kept, and documents that belong to nothing.
    pub grace: Duration,
    /// Seals the samples.
    pub keyring: Keyring,
}

impl Default for CloudinaryOptions {
    fn default() -> Self {
        Self {
            access: CloudinaryAccess::default(),
            prefix: PREFIX.to_owned(),
            signature: Algorithm::Sha1,
            refresh: Duration::from_secs(60),
            // Cloudinary sets no limit for uploads; its users keep to four to eight at a time.
            parallel: NonZeroUsize::MIN.saturating_add(7),
            attempt: Duration::from_secs(15),
            deadline: Duration::from_secs(45),
            // A signature is good for an hour, and the clock that stamped it may be an hour ahead: by then no
            // upload that a tombstone names can arrive.
            grace: Duration::from_secs(2 * 3600),
            keyring: Keyring::default(),
        }
    }
}

/// What the text of a store's URL says. Shows no key and no secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CloudinaryUrl {
    access: CloudinaryAccess,
    prefix: Prefix,
    signature: Algorithm,
    refresh: Duration,
    parallel: NonZeroUsize,
}

impl CloudinaryUrl {
    /// Reads what follows `cloudinary:` up to the `?`, and the options behind it.
    pub(crate) fn parse(place: &str, options: &str) -> Result<Self, StoreUrlError> {
        let (account, prefix) = match place.strip_prefix("//") {
            Some(rest) => {
                let (account, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                (Some(account).filter(|account| !account.is_empty()), prefix)
            }
            None => (None, place),
        };
        let prefix = if prefix.is_empty() { PREFIX } else { prefix.trim_end_matches('/') };
        let CloudinaryOptions { signature, refresh, parallel, .. } = CloudinaryOptions::default();
        let prefix = Prefix::parse(prefix).ok_or_else(|| malformed(Prefix::EXPECTED))?;
        let mut url = Self { access: CloudinaryAccess::default(), prefix, signature, refresh, parallel };
        if let Some(account) = account {
            // The last `@`: one that is not escaped belongs to the secret.
            let (credentials, cloud) = match account.rsplit_once('@') {
                Some((credentials, cloud)) => (Some(credentials), cloud),
                None => (None, account),
            };
            url.access.cloud_name = Some(decode(cloud)?);
            if let Some(credentials) = credentials {
                let (key, secret) = credentials.split_once(':').ok_or_else(|| malformed(EXPECTED))?;
                url.access.api_key = Some(decode(key)?);
                url.access.api_secret = Some(ApiSecret::new(decode(secret)?));
            }
        }
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            url.set(name, &decode(value)?)?;
        }
        Ok(url)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), StoreUrlError> {
        match name {
            "signature_algorithm" => {
                self.signature = match value {
                    "sha1" => Algorithm::Sha1,
                    "sha256" => Algorithm::Sha256,
                    _ => return Err(malformed("with signature_algorithm=sha1 or sha256")),
                };
            }
            "refresh" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=LONGEST_REFRESH).contains(seconds));
                let seconds = seconds.ok_or_else(|| malformed("with refresh=SECONDS, 1 to 86400"))?;
                self.refresh = Duration::from_secs(seconds);
            }
            "parallel" => {
                let calls: Option<NonZeroUsize> = value.parse().ok();
                let calls = calls.filter(|calls| calls.get() <= MOST_PARALLEL);
                self.parallel = calls.ok_or_else(|| malformed("with parallel=CALLS, 1 to 16"))?;
            }
            "upload_prefix" if !value.is_empty() => self.access.upload_prefix = Some(value.to_owned()),
            "upload_prefix" => return Err(malformed("with upload_prefix=https://HOST")),
            _ => {
                let (scheme, option) = (SCHEME.to_owned(), name.to_owned());
                return Err(StoreUrlError::UnknownOption { scheme, option });
            }
        }
        Ok(())
    }

    /// The options of a store: what the URL leaves open, `access` says.
    pub(crate) fn options(&self, access: &CloudinaryAccess, keyring: &Keyring) -> CloudinaryOptions {
        let (own, other) = (self.access.clone(), access.clone());
        CloudinaryOptions {
            access: CloudinaryAccess {
                cloud_name: own.cloud_name.or(other.cloud_name),
                api_key: own.api_key.or(other.api_key),
                api_secret: own.api_secret.or(other.api_secret),
                upload_prefix: own.upload_prefix.or(other.upload_prefix),
                delivery: other.delivery,
            },
            prefix: self.prefix.as_str().to_owned(),
            signature: self.signature,
            refresh: self.refresh,
            parallel: self.parallel,
            keyring: keyring.clone(),
            ..CloudinaryOptions::default()
        }
    }
}

fn decode(text: &str) -> Result<String, StoreUrlError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| malformed(EXPECTED))
}

fn malformed(expected: &'static str) -> StoreUrlError {
    StoreUrlError::Malformed { scheme: SCHEME.to_owned(), expected }
}

/// As it was written, without key, secret and options.
impl fmt::Display for CloudinaryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.access.cloud_name {
            Some(cloud) => write!(f, "{SCHEME}://{cloud}/{}", self.prefix.as_str()),
            None => write!(f, "{SCHEME}:{}", self.prefix.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(place: &str, options: &str) -> Result<CloudinaryUrl, StoreUrlError> {
        CloudinaryUrl::parse(place, options)
    }

    #[test]
    fn a_url_says_everything_or_leaves_it_to_the_environment() {
        let options = "signature_algorithm=sha256&refresh=90&parallel=4&upload_prefix=https%3A%2F%2Fapi-eu";
        let url = parse("//1122:s%2Fe%40c@cloud/a/b", options).unwrap();
        let environment = CloudinaryAccess {
            cloud_name: Some("other".to_owned()),
            delivery: Some("https://cdn".to_owned()),
            ..CloudinaryAccess::default()
        };
        let made = url.options(&environment, &Keyring::default());
        assert_eq!(made.access.cloud_name.as_deref(), Some("cloud"));
        assert_eq!(made.access.api_key.as_deref(), Some("1122"));
        assert_eq!(made.access.api_secret, Some(ApiSecret::new("s/e@c")));
        assert_eq!(made.access.upload_prefix.as_deref(), Some("https://api-eu"));
        assert_eq!(made.access.delivery.as_deref(), Some("https://cdn"));
        assert_eq!((made.prefix.as_str(), made.signature), ("a/b", Algorithm::Sha256));
        assert_eq!((made.refresh, made.parallel.get()), (Duration::from_secs(90), 4));

        for place in ["", "faces", "//", "///faces"] {
            let made = parse(place, "").unwrap().options(&environment, &Keyring::default());
            assert_eq!(made.access.cloud_name.as_deref(), Some("other"), "{place}");
            assert_eq!(made.prefix, "faces");
        }
    }

    #[test]
    fn neither_the_text_nor_an_error_of_it_shows_the_secret() {
        let url = parse("//1122:hush-hush@cloud/faces", "refresh=5").unwrap();
        assert_eq!(url.to_string(), "cloudinary://cloud/faces");
        assert!(
            !format!("{:?}", url.options(&CloudinaryAccess::default(), &Keyring::default()))
                .contains("hush-hush")
        );
        for (place, options) in [
            ("//hush-hush@cloud/faces", ""),
            ("//1122:hush-hush@cloud/v1", ""),
            ("//1122:hush-hush@cloud/faces", "parallel=17"),
            ("//1122:hush-hush@cloud/faces", "refresh=0"),
            ("//1122:hush-hush@cloud/faces", "cache=hush-hush"),
            ("//1122:hush-hush@cloud/faces", "signature_algorithm=hush-hush"),
        ] {
            let error = parse(place, options).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hush-hush"), "{error}");
        }
    }
}
