//! Encryption of embeddings at rest: which key seals them, and which keys a store may hold records of.
//!
//! A store keeps a *key record*: the keys that any of its samples may be sealed with. It is what tells a
//! wrong key at the opening, before anything is read or written. While a store is re-encrypted it names
//! two, so that an interrupted run is finished by the next one and never taken for done.

mod key;
mod sealed;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use key::{EncryptionKey, InvalidKey, KeyId};
pub(crate) use key::{NONCE_BYTES, fill_random};
use sealed::Seal;

use crate::{FaceSample, StoreError};

/// The layout of the key record.
const VERSION: u32 = 1;

/// The keys that a store's samples are sealed with, or none.
///
/// Without a key, samples are kept as [`FaceSample::to_bytes`] makes them. With one, the embedding is
/// encrypted by XChaCha20-Poly1305, and everything else of the sample is authenticated with it: a record
/// that was altered, or put in another's place, is found. Names, times and metadata stay readable.
///
/// Cheap to clone. `Debug` shows the ids of the keys.
#[derive(Clone, Default)]
pub struct Keyring(Arc<Ring>);

#[derive(Clone, Default)]
struct Ring {
    current: Option<EncryptionKey>,
    former: Vec<EncryptionKey>,
    /// Whether samples may be there that are not encrypted, beside a current key.
    formerly_plain: bool,
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    version: u32,
    /// The ids of the keys, and [`PLAIN`].
    sealed_with: BTreeSet<String>,
}

/// In a key record: samples that are not encrypted.
const PLAIN: &str = "plain";

impl Keyring {
    /// No key: samples are not encrypted.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// Seals with `current`.
    #[must_use]
    pub fn new(current: EncryptionKey) -> Self {
        Self(Arc::new(Ring { current: Some(current), ..Ring::default() }))
    }

    /// Reads samples sealed with `key` too: for re-encryption.
    #[must_use]
    pub fn with_former(self, key: EncryptionKey) -> Self {
        let mut ring = Arc::unwrap_or_clone(self.0);
        ring.former.push(key);
        Self(Arc::new(ring))
    }

    /// Reads samples that are not encrypted too: for the encryption of a store that was not.
    #[must_use]
    pub fn with_formerly_plain(self) -> Self {
        Self(Arc::new(Ring { formerly_plain: true, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Whether samples are encrypted from now on.
    #[must_use]
    pub fn encrypts(&self) -> bool {
        self.0.current.is_some()
    }

    /// The sample as the bytes to store.
    ///
    /// # Errors
    /// As for [`FaceSample::to_bytes`]; [`StoreError::Unavailable`] when the system gives no random bytes.
    pub fn seal(&self, sample: &FaceSample) -> Result<Vec<u8>, StoreError> {
        match &self.0.current {
            None => sample.to_bytes(),
            Some(key) => sealed::seal(sample, key),
        }
    }

    /// Reads what [`Keyring::seal`] wrote with any key of the ring.
    ///
    /// # Errors
    /// As for [`FaceSample::from_bytes`]. [`StoreError::Corrupt`] when the record was altered, or is not
    /// encrypted where all are; [`StoreError::Misconfigured`] when its key is not on the ring.
    pub fn open(&self, bytes: &[u8]) -> Result<FaceSample, StoreError> {
        match sealed::seal_of(bytes)? {
            // Otherwise whoever can write to the store could slip in faces without knowing the key.
            Seal::Plain if self.0.current.is_some() && !self.0.formerly_plain => {
                Err(StoreError::corrupt("a face sample is not encrypted, in a store where all are"))
            }
            Seal::Plain => FaceSample::from_bytes(bytes),
            Seal::Key(id) => match self.key(id) {
                Some(key) => sealed::open(bytes, key),
                None => Err(StoreError::misconfigured(format!(
                    "a face sample is encrypted with the key {id}, which was not given"
                ))),
            },
        }
    }

    /// Whether the bytes are sealed as [`Keyring::seal`] seals now.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when they are no sample.
    pub fn is_current(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        Ok(sealed::seal_of(bytes)? == self.current())
    }

    /// Checks the ring against a store's key record, `None` for a store without one. `is_empty` says that
    /// the store holds no sample. Returns the key record to write before anything else is; `None` when the
    /// one that is there stays.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when samples may be sealed in a way that this ring cannot read;
    /// [`StoreError::Corrupt`] when the record cannot be read.
    pub fn admit(&self, stored: Option<&[u8]>, is_empty: bool) -> Result<Option<Vec<u8>>, StoreError> {
        let mut seals = match stored {
            Some(bytes) => read_record(bytes)?,
            // A store without a key record is new or older than encryption: nothing in it is encrypted.
            None => BTreeSet::from([Seal::Plain]),
        };
        // Without a sample no former key can be missing, so a store that is still empty takes any key.
        if is_empty {
            seals.clear();
        }
        for seal in &seals {
            self.expect(*seal)?;
        }
        // Named before the first sample is sealed with it. The others stay until a re-encryption has ended.
        seals.insert(self.current());
        let record = write_record(&seals);
        // The set is ordered: the same keys give the same
        // bytes, and an unchanged record is not written again.
        Ok(Some(record).filter(|record| stored != Some(record)))
    }

    /// Whether a store with this key record holds samples, or may, that are sealed as [`Keyring::seal`] seals now.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record cannot be read.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_in_use(&self, stored: Option<&[u8]>) -> Result<bool, StoreError> {
        let seals = stored.map_or_else(|| Ok(BTreeSet::from([Seal::Plain])), read_record)?;
        Ok(seals.contains(&self.current()))
    }

    /// The key record of a store whose samples are all sealed as [`Keyring::seal`] seals now.
    #[must_use]
    pub fn settled(&self) -> Vec<u8> {
        write_record(&BTreeSet::from([self.current()]))
    }

    fn expect(&self, seal: Seal) -> Result<(), StoreError> {
        let current = self.0.current.as_ref().map(EncryptionKey::id);
        let reason = match (seal, current) {
            (Seal::Plain, None) => return Ok(()),
            (Seal::Plain, Some(_)) if self.0.formerly_plain => return Ok(()),
            (Seal::Key(id), _) if self.key(id).is_some() => return Ok(()),
            (Seal::Plain, Some(key)) => format!(
                "it holds embeddings that are not encrypted, and the key {key} was given: encrypt them first \
                 (face-server rekey), or take the key away"
            ),
            (Seal::Key(id), None) => {
                format!("its embeddings are encrypted with the key {id}: give that key")
            }
            (Seal::Key(id), Some(key)) => format!(
                "it holds embeddings encrypted with the key {id}, and the key {key} was given: give the right \
                 one, or finish the re-encryption (face-server rekey)"
            ),
        };
        Err(StoreError::misconfigured(reason))
    }

    fn current(&self) -> Seal {
        self.0.current.as_ref().map_or(Seal::Plain, |key| Seal::Key(key.id()))
    }

    fn key(&self, id: KeyId) -> Option<&EncryptionKey> {
        self.0.current.iter().chain(&self.0.former).find(|key| key.id() == id)
    }
}

fn read_record(bytes: &[u8]) -> Result<BTreeSet<Seal>, StoreError> {
    let damaged = || StoreError::corrupt("the store's key record cannot be read");
    let record: KeyRecord = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if record.version > VERSION {
        return Err(StoreError::misconfigured(format!(
            "its key record has version {}, this program reads up to {VERSION}: use a newer version",
            record.version
        )));
    }
    let seal = |text: &String| match text.as_str() {
        PLAIN => Ok(Seal::Plain),
        id => id.parse().map(Seal::Key).map_err(|_| damaged()),
    };
    record.sealed_with.iter().map(seal).collect()
}

fn write_record(seals: &BTreeSet<Seal>) -> Vec<u8> {
    let text = |seal: &Seal| match seal {
        Seal::Plain => serde_json::Value::from(PLAIN),
        Seal::Key(id) => id.to_string().into(),
    };
    let sealed_with: Vec<_> = seals.iter().map(text).collect();
    serde_json::json!({ "version": VERSION, "sealed_with": sealed_with }).to_string().into_bytes()
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("current", &self.0.current)
            .field("former", &self.0.former)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
