//! A key for the embeddings at rest, and the name by which records refer to it.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::StoreError;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a nonce. With 192 random bits no two are ever equal.
pub(crate) const NONCE_BYTES: usize = 24;

/// What an encryption key's name is derived with, so that it tells nothing of the key's other uses.
const ID_CONTEXT: &[u8] = b"embedding-store key id v1";

/// A secret key of 256 bits for XChaCha20-Poly1305.
///
/// Written as 64 hexadecimal digits or as base64. `Debug` shows its id alone.
#[derive(Clone)]
pub struct EncryptionKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

/// The public name of a key: the beginning of its hash, from which the key cannot be found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

/// A text that is no key. It is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 random bytes, written as 64 hexadecimal digits or in base64")]
pub struct InvalidKey;

impl EncryptionKey {
    /// Takes 32 bytes, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let hash = Sha256::new().chain_update(ID_CONTEXT).chain_update(bytes.as_slice()).finalize();
        let mut id = [0; 8];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Self { bytes, id: KeyId(id) }
    }

    /// Makes a new random key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0; KEY_BYTES];
        fill_random(&mut bytes)?;
        Ok(Self::new(bytes))
    }

    /// The key's public name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key as text that `FromStr` reads: a secret.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes.as_slice()))
    }

    /// Encrypts under a new nonce and authenticates `context` with it.
    pub(crate) fn encrypt(
        &self,
        plain: &[u8],
        context: &[u8],
    ) -> Result<([u8; NONCE_BYTES], Vec<u8>), StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        fill_random(&mut nonce)?;
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context });
        // It fails for messages beyond 256 GiB alone.
        sealed.map(|sealed| (nonce, sealed)).map_err(|_| StoreError::unstorable("it cannot be encrypted"))
    }

    /// Decrypts; `None` when the key, the context or any bit is not what it was.
    pub(crate) fn decrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        sealed: &[u8],
        context: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let plain = self.cipher().decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: context });
        plain.ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.bytes))
    }
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|e| StoreError::Unavailable {
        retryable: true,
        reason: "the system gives no random bytes".to_owned(),
        source: Some(Box::new(e)),
    })
}

impl FromStr for EncryptionKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let text = text.trim();
        // The length tells the two apart: in base64 32 bytes are 43 or 44 characters.
        let bytes = Zeroizing::new(if text.len() == 2 * KEY_BYTES {
            HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidKey)?
        } else {
            // Tools print either alphabet, with padding or without.
            let unpadded = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            URL_SAFE_NO_PAD.decode(Zeroizing::new(unpadded).as_bytes()).map_err(|_| InvalidKey)?
        });
        let bytes: Zeroizing<[u8; KEY_BYTES]> =
            Zeroizing::new(bytes.as_slice().try_into().map_err(|_| InvalidKey)?);
        // A key of one repeated byte is a placeholder that somebody forgot.
        if bytes.windows(2).all(|pair| pair.first() == pair.last()) {
            return Err(InvalidKey);
        }
        Ok(Self::new(*bytes))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidKey)?;
        bytes.try_into().map(Self).map_err(|_| InvalidKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_was_written_in_hex_or_base64() {
        let key = EncryptionKey::generate().unwrap();
        let text = key.to_secret_text();
        let hex = HEXLOWER.encode(key.bytes.as_slice());
        let url_safe = text.replace('+', "-").replace('/', "_");
        for text in [text.as_str(), &hex, &hex.to_uppercase(), &url_safe, text.trim_end_matches('=')] {
            let read: EncryptionKey = text.parse().unwrap();
            assert_eq!((read.id(), &read.bytes), (key.id(), &key.bytes));
        }
        assert_eq!(key.id().to_string().parse::<KeyId>(), Ok(key.id()));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_quoted() {
        let short = "c2hvcnQ=";
        for text in ["", short, &"0".repeat(64), &"z".repeat(64), &"é".repeat(32), &"ab".repeat(33)] {
            let error = text.parse::<EncryptionKey>().unwrap_err();
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }

    #[test]
    fn debug_shows_no_byte_of_a_key() {
        let key = EncryptionKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("EncryptionKey({})", key.id()));
    }
}
