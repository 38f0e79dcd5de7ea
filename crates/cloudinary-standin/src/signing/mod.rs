//! Cloudinary's signatures, written from its documentation alone: the client under test brings its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// The hash function of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The default of every account.
    Sha1,
    /// Which an account can be restricted to.
    Sha256,
}

impl Algorithm {
    /// Which algorithm made a signature of that many hexadecimal digits.
    pub(crate) fn from_length(signature: &str) -> Option<Self> {
        match signature.len() {
            40 => Some(Self::Sha1),
            64 => Some(Self::Sha256),
            _ => None,
        }
    }

    fn digest(self, text: &str) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(text).to_vec(),
            Self::Sha256 => Sha256::digest(text).to_vec(),
        }
    }
}

/// How a value that contains `&` is written in the string to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureVersion {
    /// As it is, so that one string can stand for two sets of parameters.
    One,
    /// As `%26`.
    Two,
}

/// The parameters as one string: sorted, the blank ones left out.
pub(crate) fn string_to_sign<'a>(
    parameters: impl IntoIterator<Item = (&'a str, String)>,
    version: SignatureVersion,
) -> String {
    let pairs = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|(name, value)| match version {
            SignatureVersion::One => format!("{name}={value}"),
            SignatureVersion::Two => format!("{name}={value}").replace('&', "%26"),
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// The signature of a string in hexadecimal digits.
pub(crate) fn sign(string_to_sign: &str, secret: &str, algorithm: Algorithm) -> String {
    HEXLOWER.encode(&algorithm.digest(&format!("{string_to_sign}{secret}")))
}

/// What a response is signed with, so that its reader knows who wrote it. Always of version 1.
pub(crate) fn sign_response(public_id: &str, version: i64, secret: &str, algorithm: Algorithm) -> String {
    sign(&format!("public_id={public_id}&version={version}"), secret, algorithm)
}

/// The signatures that open a delivery URL: eight characters by either algorithm, or 32 of SHA-256.
pub(crate) fn delivery_signatures(escaped_public_id: &str, secret: &str) -> [(Algorithm, String); 3] {
    let first = |algorithm: Algorithm, length| {
        let digest = algorithm.digest(&format!("{escaped_public_id}{secret}"));
        (algorithm, URL_SAFE_NO_PAD.encode(digest).chars().take(length).collect())
    };
    [first(Algorithm::Sha1, 8), first(Algorithm::Sha256, 8), first(Algorithm::Sha256, 32)]
}

/// What a delivery URL leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'/').remove(b':');

/// A public id as delivery URLs write it, and as their signatures cover it.
pub(crate) fn escaped(public_id: &str) -> String {
    // Undone once first, as the SDKs do, so that an id which is escaped already is not escaped twice.
    let mut plain = percent_decode_str(public_id).decode_utf8_lossy().into_owned();
    while plain.contains("//") {
        plain = plain.replace("//", "/");
    }
    utf8_percent_encode(&plain, ESCAPED).to_string()
}

#[cfg(test)]
mod tests;
