//! The three signatures of Cloudinary: of a call, of its answer, and of a delivery URL.
//!
//! Each is a hash of what is signed with the API secret behind it, as
//! <https://cloudinary.com/documentation/authentication_signatures> and the official SDKs have it. Where
//! the SDKs disagree, this is the form of the Python one.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::credentials::ApiSecret;

/// The hash of a signature. Cloudinary tells them apart by their length and takes both, unless the account
/// is restricted to SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// SHA-1, the default of Cloudinary and its SDKs.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
}

/// How the pairs of a call are put together before they are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// As they are: two lists of parameters may read the same.
    V1,
    /// With every `&` inside of a pair as `%26`. The default of the SDKs since 2025.
    #[default]
    V2,
}

/// How many characters a signature of a delivery URL has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UrlSignature {
    /// Eight, that is 48 bits.
    #[default]
    Short,
    /// Thirty-two, always of SHA-256.
    Long,
}

/// What a delivery URL keeps of a public id: the rest is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'/').remove(b':');

/// The text of a call that is hashed: its parameters but for `file`, `cloud_name`, `resource_type`,
/// `api_key` and `signature`. A list is one value, joined by commas; an empty value is left out.
#[must_use]
pub fn string_to_sign(parameters: &[(&str, &str)], version: Version) -> String {
    let mut pairs: Vec<String> = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let pair = format!("{name}={value}");
            match version {
                Version::V1 => pair,
                Version::V2 => pair.replace('&', "%26"),
            }
        })
        .collect();
    // The Python SDK sorts the pairs, the one of Node the names; for Cloudinary's names that is the same.
    pairs.sort_unstable();
    pairs.join("&")
}

/// The signature of a call, in hexadecimal digits; for its parameters see [`string_to_sign`].
#[must_use]
pub fn of_call(
    parameters: &[(&str, &str)],
    version: Version,
    algorithm: Algorithm,
    secret: &ApiSecret,
) -> String {
    HEXLOWER.encode(&digest(algorithm, &string_to_sign(parameters, version), secret))
}

/// The signature that Cloudinary gives the answer about a document.
#[must_use]
pub fn of_answer(public_id: &str, version: i64, algorithm: Algorithm, secret: &ApiSecret) -> String {
    let version = version.to_string();
    // Answers are signed by the first version, whatever the call was signed by.
    of_call(&[("public_id", public_id), ("version", &version)], Version::V1, algorithm, secret)
}

/// A public id as it stands in a delivery URL: slashes single, unescaped once, then escaped.
#[must_use]
pub fn escape(public_id: &str) -> String {
    let mut single = String::with_capacity(public_id.len());
    for character in public_id.chars() {
        if !(character == '/' && single.ends_with('/')) {
            single.push(character);
        }
    }
    let plain: Vec<u8> = percent_decode_str(&single).collect();
    utf8_percent_encode(&String::from_utf8_lossy(&plain), ESCAPED).to_string()
}

/// The signature of a delivery URL, without `s--` and `--`, for an id as [`escape`] gives it. It covers
/// neither the version nor the kind of delivery, and never expires.
#[must_use]
pub fn of_url(escaped: &str, length: UrlSignature, algorithm: Algorithm, secret: &ApiSecret) -> String {
    let (algorithm, length) = match length {
        UrlSignature::Short => (algorithm, 8),
        UrlSignature::Long => (Algorithm::Sha256, 32),
    };
    let text = BASE64_URL_SAFE_NO_PAD.encode(digest(algorithm, escaped, secret));
    text.chars().take(length).collect()
}

fn digest(algorithm: Algorithm, text: &str, secret: &ApiSecret) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => Sha1::new().chain_update(text).chain_update(secret.reveal()).finalize().to_vec(),
        Algorithm::Sha256 => {
            Sha256::new().chain_update(text).chain_update(secret.reveal()).finalize().to_vec()
        }
    }
}

#[cfg(test)]
mod tests;
