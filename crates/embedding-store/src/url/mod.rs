//! Which store to use, as a URL from a flag, the environment or a file.

mod error;

use std::fmt;
use std::path::Path;
#[cfg(feature = "redb")]
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

pub use error::StoreUrlError;

#[cfg(feature = "redb")]
use crate::RedbStore;
#[cfg(feature = "cloudinary")]
use crate::cloudinary::{CloudinaryAccess, CloudinaryStore, CloudinaryUrl};
use crate::opening::{Opening, absent};
use crate::{EmbeddingStore, InMemory, Keyring, StoreError};
#[cfg(feature = "postgres")]
use crate::{PostgresConfig, PostgresStore};

/// Names a store: `memory:`, `redb:PATH`, `cloudinary://KEY:SECRET@CLOUD/PREFIX` or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`.
///
/// A `redb:` path is relative to the working directory unless it starts with `/`, and ends at the
/// first `?`; a path with a `?` in it is for `RedbStore::open`. The options of a database are those of
/// `PostgresConfig`; `postgresql:` means the same.
///
/// `cloudinary:PREFIX`, or `cloudinary:` for the prefix `faces`, leaves the account to
/// [`StoreOptions`]. Key and secret are percent-encoded where they need it. Options:
/// `signature_algorithm` (`sha1` or `sha256`), `refresh` (seconds between listings), `parallel` (calls at
/// one time, up to 16), `upload_prefix` (the API's address).
///
/// `Display` and `Debug` are fit for logs: they hold no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(Target);

#[derive(Clone, PartialEq, Eq)]
enum Target {
    Memory,
    #[cfg(feature = "redb")]
    Redb(PathBuf),
    #[cfg(feature = "cloudinary")]
    Cloudinary(Box<CloudinaryUrl>),
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresConfig>),
}

/// What a store needs beside its URL.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Seals the samples.
    pub keyring: Keyring,
    /// How to get at the account at Cloudinary, as far as the URL leaves it open.
    #[cfg(feature = "cloudinary")]
    pub cloudinary: CloudinaryAccess,
}

impl StoreUrl {
    /// Opens the store; a file that is not there is created.
    ///
    /// # Errors
    /// As the store says, for files `RedbStore::open`.
    pub async fn open(&self) -> Result<Arc<dyn EmbeddingStore>, StoreError> {
        self.open_with(&StoreOptions::default()).await
    }

    /// Opens the store with what it needs beside its URL.
    ///
    /// # Errors
    /// As for [`StoreUrl::open`]; [`StoreError::Misconfigured`] when the keyring is not the store's.
    pub async fn open_with(&self, options: &StoreOptions) -> Result<Arc<dyn EmbeddingStore>, StoreError> {
        self.open_as(options, Opening::MakeIfAbsent).await
    }

    #[cfg_attr(
        not(any(feature = "cloudinary", feature = "postgres", feature = "redb")),
        expect(unused_variables, reason = "memory needs no options")
    )]
    async fn open_as(
        &self,
        options: &StoreOptions,
        opening: Opening,
    ) -> Result<Arc<dyn EmbeddingStore>, StoreError> {
        match &self.0 {
            // It writes nothing anywhere, so there is nothing to encrypt.
            Target::Memory if opening.makes() => Ok(Arc::new(InMemory::new())),
            Target::Memory => Err(absent("memory: begins empty with each program")),
            #[cfg(feature = "redb")]
            Target::Redb(path) => {
                Ok(Arc::new(RedbStore::open_as(path, options.keyring.clone(), opening).await?))
            }
            #[cfg(feature = "cloudinary")]
            Target::Cloudinary(url) => {
                let options = url.options(&options.cloudinary, &options.keyring);
                Ok(Arc::new(CloudinaryStore::open_as(options, opening).await?))
            }
            #[cfg(feature = "postgres")]
            Target::Postgres(config) => {
                Ok(Arc::new(PostgresStore::open_as(config, options.keyring.clone(), opening).await?))
            }
        }
    }

    /// Opens a store that is there; where none is, none is made, neither a file nor tables nor documents. `memory:` is
    /// never there.
    ///
    /// # Errors
    /// As for [`StoreUrl::open_with`]; [`StoreError::Misconfigured`] with [`Outage::Absent`](crate::Outage::Absent) as
    /// its source where there is none.
    pub async fn open_present(&self, options: &StoreOptions) -> Result<Arc<dyn EmbeddingStore>, StoreError> {
        self.open_as(options, Opening::Present).await
    }

    /// Opens a store that is there to look at it: opening it makes and changes nothing, and one of an older format is
    /// read as it is. A file refuses writes then; other stores are not to be written to.
    ///
    /// # Errors
    /// As for [`StoreUrl::open_present`].
    pub async fn open_to_read(&self, options: &StoreOptions) -> Result<Arc<dyn EmbeddingStore>, StoreError> {
        self.open_as(options, Opening::ToRead).await
    }

    /// The file of a `redb:` store; `None` for another store.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        #[cfg(feature = "redb")]
        if let Target::Redb(path) = &self.0 {
            return Some(path);
        }
        None
    }
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        let (scheme, rest) = text.trim().split_once(':').ok_or(StoreUrlError::NoScheme)?;
        if !is_scheme(scheme) {
            return Err(StoreUrlError::NoScheme);
        }
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        match scheme {
            "memory" => {
                refuse_options(scheme, options)?;
                if place.is_empty() { Ok(Self(Target::Memory)) } else { Err(malformed(scheme, "memory:")) }
            }
            #[cfg(feature = "redb")]
            "redb" => {
                refuse_options(scheme, options)?;
                redb(place)
            }
            #[cfg(feature = "cloudinary")]
            "cloudinary" => Ok(Self(Target::Cloudinary(Box::new(CloudinaryUrl::parse(place, options)?)))),
            // The whole text, since a parser of its own takes account, host and options apart.
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => Ok(Self(Target::Postgres(Box::new(text.parse()?)))),
            // Without its feature; with it, the scheme was taken above.
            _ if ["redb", "cloudinary", "postgres"].contains(&scheme) => {
                Err(StoreUrlError::NotBuilt { scheme: scheme.to_owned() })
            }
            _ if scheme == "postgresql" => Err(StoreUrlError::NotBuilt { scheme: "postgres".to_owned() }),
            _ => Err(StoreUrlError::UnknownScheme { scheme: scheme.to_owned() }),
        }
    }
}

/// A scheme as RFC 3986 section 3.1 has it, and short: what else stands before a colon may be a key.
fn is_scheme(text: &str) -> bool {
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// For a store without options. Unknown ones are refused, so that a misspelt one is never passed over.
fn refuse_options(scheme: &str, options: &str) -> Result<(), StoreUrlError> {
    match options.split('&').find(|option| !option.is_empty()) {
        Some(option) => {
            let name = option.split_once('=').map_or(option, |(name, _)| name);
            Err(StoreUrlError::UnknownOption { scheme: scheme.to_owned(), option: name.to_owned() })
        }
        None => Ok(()),
    }
}

#[cfg(feature = "redb")]
fn redb(path: &str) -> Result<StoreUrl, StoreUrlError> {
    // Two slashes would be the root folder to the system, and a host to a reader of URLs.
    if path.is_empty() || path.starts_with("//") {
        return Err(malformed("redb", "redb:PATH, such as redb:data/faces.redb or redb:/srv/faces.redb"));
    }
    Ok(StoreUrl(Target::Redb(PathBuf::from(path))))
}

fn malformed(scheme: &str, expected: &'static str) -> StoreUrlError {
    StoreUrlError::Malformed { scheme: scheme.to_owned(), expected }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Memory => f.write_str("memory:"),
            #[cfg(feature = "redb")]
            Target::Redb(path) => write!(f, "redb:{}", path.display()),
            #[cfg(feature = "cloudinary")]
            Target::Cloudinary(url) => write!(f, "{url}"),
            #[cfg(feature = "postgres")]
            Target::Postgres(config) => config.fmt(f),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> StoreUrlError {
        text.parse::<StoreUrl>().unwrap_err()
    }

    #[test]
    fn a_url_reads_back_as_it_is_shown() {
        for text in ["memory:", "redb:data/faces.redb", "redb:/srv/a b/ü:1.redb", "redb:./x"] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), text);
            assert_eq!(url.to_string().parse::<StoreUrl>().unwrap(), url);
        }
    }

    #[test]
    fn an_unknown_scheme_is_named_and_the_rest_is_not_shown() {
        let error = refused("s3://KEY:SECRET@bucket");
        assert_eq!(error, StoreUrlError::UnknownScheme { scheme: "s3".to_owned() });
        assert!(!error.to_string().contains("SECRET"));
        for text in ["", "data/faces.redb", "123456:SECRET", "data/x:y", ":"] {
            assert_eq!(refused(text), StoreUrlError::NoScheme, "{text}");
        }
    }

    #[test]
    fn an_unknown_option_is_named_without_its_value() {
        for (text, scheme) in [("memory:?cache=1", "memory"), ("redb:faces.redb?&cache=SECRET", "redb")] {
            let error = refused(text);
            let expected =
                StoreUrlError::UnknownOption { scheme: scheme.to_owned(), option: "cache".to_owned() };
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("SECRET"));
        }
    }

    #[cfg(feature = "cloudinary")]
    #[test]
    fn a_cloudinary_url_is_shown_without_key_and_secret() {
        let url: StoreUrl = "cloudinary://1122:hush@cloud/faces?refresh=90".parse().unwrap();
        assert_eq!(url.to_string(), "cloudinary://cloud/faces");
        for text in ["cloudinary:", "cloudinary:faces", "cloudinary://cloud/a/b"] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string().parse::<StoreUrl>().unwrap(), url, "{text}");
        }
        let option = "cloudinary:?cache=hush".parse::<StoreUrl>().unwrap_err();
        assert!(matches!(&option, StoreUrlError::UnknownOption { option, .. } if option == "cache"));
        assert!(matches!(refused("cloudinary:v1"), StoreUrlError::Malformed { .. }));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn the_password_of_a_database_is_not_shown() {
        for scheme in ["postgres", "postgresql"] {
            let url: StoreUrl =
                format!("{scheme}://ana:SECRET@db.example.org/faces?pool_size=3").parse().unwrap();
            assert_eq!(url.to_string(), "postgres://ana@db.example.org/faces?pool_size=3");
            assert!(!format!("{url:?}").contains("SECRET"));
        }
    }

    #[test]
    fn what_follows_the_scheme_is_checked() {
        for text in ["memory:x", "memory://", "redb:", "redb:?", "redb://data/faces.redb"] {
            assert!(matches!(refused(text), StoreUrlError::Malformed { .. }), "{text}");
        }
    }
}
