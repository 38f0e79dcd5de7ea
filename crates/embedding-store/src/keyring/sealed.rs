//! A sample whose embedding is encrypted, as bytes.
//!
//! ```text
//! offset 0  u8   layout version, 1
//! offset 1  u8   kind: 's' sealed face sample
//! offset 2  u32  CRC-32 (IEEE 802.3) of all other bytes
//! offset 6       8 bytes id of the key, 24 bytes nonce,
//!                u32 length of the JSON, the JSON,
//!                128 f32 encrypted, 16 bytes tag
//! ```
//! The header without its checksum, the key's id and the JSON are authenticated with the embedding; the
//! JSON names event, user and id, so no record can stand in for another.

use super::key::{EncryptionKey, KeyId, NONCE_BYTES};
use crate::record::{SEALED_SAMPLE, SampleParts, assemble, body, is_plain_sample, split_counted};
use crate::{FaceSample, StoreError};

/// How a sample is sealed: by a key, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seal {
    Plain,
    Key(KeyId),
}

/// The parts of a sealed record.
struct Sealed<'a> {
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    details: &'a [u8],
    embedding: &'a [u8],
}

pub(super) fn seal(sample: &FaceSample, key: &EncryptionKey) -> Result<Vec<u8>, StoreError> {
    let SampleParts { details, numbers } = sample.to_parts()?;
    let (nonce, embedding) = key.encrypt(&numbers, &context(key.id(), &details))?;
    let length = u32::try_from(details.len()).map_err(|_| StoreError::unstorable("it is too long"))?;
    // The checksum around it tells damage from an alteration, which the tag finds, and needs no key.
    Ok(assemble(SEALED_SAMPLE, &[&key.id().0, &nonce, &length.to_le_bytes(), &details, &embedding]))
}

pub(super) fn open(bytes: &[u8], key: &EncryptionKey) -> Result<FaceSample, StoreError> {
    let sealed = parse(bytes)?;
    let numbers = key
        .decrypt(sealed.nonce, sealed.embedding, &context(sealed.key, sealed.details))
        .ok_or_else(|| StoreError::corrupt("an encrypted face sample was altered"))?;
    FaceSample::from_parts(sealed.details, &numbers)
}

/// How the bytes are sealed, as their header says.
pub(super) fn seal_of(bytes: &[u8]) -> Result<Seal, StoreError> {
    if is_plain_sample(bytes) { Ok(Seal::Plain) } else { parse(bytes).map(|sealed| Seal::Key(sealed.key)) }
}

fn parse(bytes: &[u8]) -> Result<Sealed<'_>, StoreError> {
    let cut_short = || StoreError::corrupt("an encrypted face sample is cut short");
    let rest = body(bytes, SEALED_SAMPLE, "encrypted face sample")?;
    let (key, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
    let (nonce, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
    let (details, embedding) = split_counted(rest).ok_or_else(cut_short)?;
    Ok(Sealed { key: KeyId(*key), nonce: *nonce, details, embedding })
}

/// What is authenticated beside the embedding.
fn context(key: KeyId, details: &[u8]) -> Vec<u8> {
    // Kind and id have fixed lengths, so no other parts come to the same bytes.
    [&[SEALED_SAMPLE], key.0.as_slice(), details].concat()
}
