//! Why a text names no store.

/// Why a text names no store. Shows the part that is wrong, never the whole text: that may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreUrlError {
    /// There is no `scheme:` in front.
    #[error("the store has no scheme: write memory:, redb:PATH, cloudinary:PREFIX or postgres://...")]
    NoScheme,
    /// No store has this scheme.
    #[error("there is no store '{scheme}:': write memory:, redb:PATH, cloudinary:PREFIX or postgres://...")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
    },
    /// This program was built without that store.
    #[error("this program was built without the store '{scheme}:' (feature '{scheme}')")]
    NotBuilt {
        /// The scheme, which is the feature's name too.
        scheme: String,
    },
    /// The store has no such option.
    #[error("the store '{scheme}:' has no option '{}': remove it", shown(option))]
    UnknownOption {
        /// The scheme.
        scheme: String,
        /// The name of the first such option.
        option: String,
    },
    /// What follows the scheme is missing or wrong.
    #[error("the store '{scheme}:' is written {expected}")]
    Malformed {
        /// The scheme.
        scheme: String,
        /// How to write it.
        expected: &'static str,
    },
}

/// An option's name. What is no name may be a part of a password with a `?` in it.
fn shown(option: &str) -> &str {
    let is_name = option.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if is_name { option } else { "(not shown)" }
}
