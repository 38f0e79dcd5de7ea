//! A key: the text that a client sends, and what of it is kept.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every key starts with, so that people and scanners of leaked secrets see what it is.
const PREFIX: &str = "face_";

/// Bytes of the public part: enough that no two keys of a file share it.
const ID_BYTES: usize = 6;

/// Bytes of the secret part: as many as the hash of it, so that guessing is hopeless without slowing it down.
const SECRET_BYTES: usize = 32;

/// Longest text that is taken for a key, in bytes: those of earlier versions, and any that people made up, are shorter.
const LONGEST: usize = 255;

/// `face_ID_SECRET`: 12 hexadecimal digits, and 43 characters of base64url. `Debug` shows the id alone.
pub(crate) struct ApiKey {
    text: Zeroizing<String>,
}

/// The public part of a key: names it in files and lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyId(String);

/// SHA-256 of a key's text.
///
/// No slow hash: those are for passwords, which can be guessed. Compared in constant time.
#[derive(Clone)]
pub(crate) struct KeyDigest([u8; 32]);

impl KeyId {
    /// Of a text that a file has.
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl ApiKey {
    /// A new key of the system's random bytes.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; ID_BYTES], Zeroizing::new([0; SECRET_BYTES]));
        getrandom::fill(&mut id)?;
        getrandom::fill(secret.as_mut_slice())?;
        // Wiped when it is dropped, as the bytes are: only the text that is handed out stays.
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice()));
        Ok(Self { text: Zeroizing::new(format!("{PREFIX}{}_{}", HEXLOWER.encode(&id), secret.as_str())) })
    }

    /// What may be a key; whether it is one, its digest tells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        let key = Self { text: Zeroizing::new(text.to_owned()) };
        let is_whole = key.split().is_some_and(|(id, secret)| !id.is_empty() && !secret.is_empty());
        (text.len() <= LONGEST && is_graphic && is_whole).then_some(key)
    }

    fn split(&self) -> Option<(&str, &str)> {
        self.text.strip_prefix(PREFIX)?.split_once('_')
    }

    /// Its public part.
    pub(crate) fn id(&self) -> KeyId {
        // The default is never taken: no `ApiKey` is made of a text that cannot be split.
        KeyId(self.split().map(|(id, _)| id.to_owned()).unwrap_or_default())
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> KeyDigest {
        // Of the whole text, so that a secret holds under its own id alone.
        KeyDigest(Sha256::digest(self.text.as_bytes()).into())
    }

    /// The text to hand to the client: a secret.
    pub(crate) fn as_secret_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest")
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Serialize for KeyDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for KeyDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_no_two_are_alike() {
        let (one, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let read = ApiKey::parse(one.as_secret_text()).unwrap();
        assert!(read.id() == one.id() && read.digest() == one.digest());
        assert!(one.id() != other.id() && one.digest() != other.digest());
        assert_eq!(one.as_secret_text().len(), "face__".len() + 12 + 43);
    }

    #[test]
    fn what_does_not_look_like_a_key_is_none() {
        let long = format!("face_0a1b_{}", "x".repeat(246));
        assert!(ApiKey::parse(&long[1..]).is_none() && ApiKey::parse(&long[..255]).is_some());
        for text in [
            "",
            "face_",
            "face_0a1b",
            "face__",
            "face__x",
            "face_0a1b_",
            &long,
            "key_0a1b_x",
            "face_0a1b_x\u{e9}",
            "face_0a1b_x y",
        ] {
            assert!(ApiKey::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = ApiKey::generate().unwrap();
        let (_, secret) = key.split().unwrap();
        let shown = format!("{key:?} {:?}", key.digest());
        assert!(!shown.contains(secret) && shown.contains(&key.id().to_string()), "{shown}");
    }

    #[test]
    fn a_digest_is_the_one_of_common_tools_in_hexadecimal() {
        // printf %s face_0_x | sha256sum
        let digest = ApiKey::parse("face_0_x").unwrap().digest();
        let text = serde_json::to_value(&digest).unwrap();
        assert_eq!(text, "36f039fd14707f00a55c70d843a3c46eba845b2472911c2518de99b493d442c6");
        assert!(serde_json::from_value::<KeyDigest>(text).unwrap() == digest);
        for refused in ["", "00", &"g0".repeat(32), &"\u{e9}".repeat(32), &"+1".repeat(32)] {
            assert!(serde_json::from_value::<KeyDigest>(refused.into()).is_err(), "{refused}");
        }
    }
}
