//! Records as bytes, alike in every store that keeps bytes.
//!
//! ```text
//! offset 0  u8   layout version, 1
//! offset 1  u8   kind: 'E' event, 'U' user, 'S' face sample, 's' face sample that is encrypted,
//!                'J' entry of the journal
//! offset 2  u32  CRC-32 (IEEE 802.3) of all other bytes
//! offset 6       event, user, entry: JSON to the end
//!                sample: u32 length of the JSON, the JSON, then 128 f32
//! ```
//! All numbers are little-endian. The checksum finds what a disk or a copy has damaged; it is no
//! protection against someone who means to alter a record. Another layout takes the next version.

use embedding::{DIMENSIONS, Embedding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::sample::SampleDetails;
use super::{EventRecord, FaceSample, Metadata, UserRecord};
use crate::{JournalEntry, StoreError};

/// The deepest nesting of arrays and objects in [`Metadata`]: deeper JSON could not be read back.
// The parser of JSON stops at 128 levels, those around the metadata included.
pub const MAX_METADATA_DEPTH: usize = 64;

/// The longest record, in bytes of JSON (the embedding not counted).
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;

const LAYOUT: u8 = 1;
const EVENT: u8 = b'E';
const USER: u8 = b'U';
const ENTRY: u8 = b'J';
const SAMPLE: u8 = b'S';
/// A sample with its embedding encrypted; the keyring lays it out.
pub(crate) const SEALED_SAMPLE: u8 = b's';

/// What a sample's record consists of.
pub(crate) struct SampleParts {
    /// Everything but the embedding, as JSON.
    pub(crate) details: Vec<u8>,
    /// The embedding, 128 f32.
    pub(crate) numbers: Zeroizing<Vec<u8>>,
}

impl EventRecord {
    /// The record as bytes.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        Ok(assemble(EVENT, &[&json(self, &self.metadata)?]))
    }

    /// Reads what [`EventRecord::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is no such record or a byte of it has changed,
    /// [`StoreError::Misconfigured`] when a newer version wrote it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        parse(body(bytes, EVENT, "event")?, "event")
    }

    /// Checks what the types leave open.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for a time outside the years 0 to 9999 or with an offset in seconds,
    /// for metadata nested more than [`MAX_METADATA_DEPTH`] deep, and for a record of more than
    /// [`MAX_RECORD_BYTES`].
    pub fn check_storable(&self) -> Result<(), StoreError> {
        json(self, &self.metadata).map(drop)
    }
}

impl UserRecord {
    /// The record as bytes.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        Ok(assemble(USER, &[&json(self, &self.metadata)?]))
    }

    /// Reads what [`UserRecord::to_bytes`] wrote.
    ///
    /// # Errors
    /// As for [`EventRecord::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        parse(body(bytes, USER, "user")?, "user")
    }

    /// Checks what the types leave open.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`].
    pub fn check_storable(&self) -> Result<(), StoreError> {
        json(self, &self.metadata).map(drop)
    }
}

impl JournalEntry {
    /// The entry as bytes.
    ///
    /// # Errors
    /// As for [`JournalEntry::check_storable`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        self.check_labels()?;
        Ok(assemble(ENTRY, &[&json(self, &self.body)?]))
    }

    /// Reads what [`JournalEntry::to_bytes`] wrote.
    ///
    /// # Errors
    /// As for [`EventRecord::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        parse(body(bytes, ENTRY, "journal entry")?, "journal entry")
    }

    /// Checks what the types leave open.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`], `body` standing for the metadata; [`StoreError::Unstorable`] also
    /// for a kind, subject or key that is none, and for a time outside of the years 1678 to 2261.
    pub fn check_storable(&self) -> Result<(), StoreError> {
        self.check_labels()?;
        json(self, &self.body).map(drop)
    }
}

impl FaceSample {
    /// The record as bytes. They hold biometric data: treat them as such.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let SampleParts { details, numbers } = self.to_parts()?;
        let length = u32::try_from(details.len()).map_err(|_| too_long(details.len()))?;
        Ok(assemble(SAMPLE, &[&length.to_le_bytes(), &details, &numbers]))
    }

    /// Reads what [`FaceSample::to_bytes`] wrote.
    ///
    /// # Errors
    /// As for [`EventRecord::from_bytes`]; an embedding of another dimension, or with a number that
    /// is not finite, is [`StoreError::Corrupt`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let cut_short = || StoreError::corrupt("a face sample is cut short");
        let rest = body(bytes, SAMPLE, "face sample")?;
        let (details, numbers) = split_counted(rest).ok_or_else(cut_short)?;
        Self::from_parts(details, numbers)
    }

    pub(crate) fn to_parts(&self) -> Result<SampleParts, StoreError> {
        let details = json(&self.details, &self.details.quality)?;
        let numbers = self.embedding.values().iter().flat_map(|v| v.to_le_bytes()).collect();
        Ok(SampleParts { details, numbers: Zeroizing::new(numbers) })
    }

    pub(crate) fn from_parts(details: &[u8], numbers: &[u8]) -> Result<Self, StoreError> {
        let details: SampleDetails = parse(details, "face sample")?;
        let (numbers, remainder) = numbers.as_chunks();
        if numbers.len() != DIMENSIONS || !remainder.is_empty() {
            return Err(StoreError::corrupt("the embedding of a face sample has not 128 numbers"));
        }
        let values: Vec<f32> = numbers.iter().map(|n| f32::from_le_bytes(*n)).collect();
        // Checked though the checksum is right: it does not say
        // that the numbers were right when they were written.
        let embedding = Embedding::from_slice(details.model.clone(), &values)
            .map_err(|e| corrupt("an embedding of a face sample is damaged", e))?;
        Ok(Self { details, embedding })
    }

    /// Checks what the types leave open.
    ///
    /// # Errors
    /// As for [`EventRecord::check_storable`]; `quality` stands for the metadata.
    pub fn check_storable(&self) -> Result<(), StoreError> {
        json(&self.details, &self.details.quality).map(drop)
    }
}

pub(crate) fn assemble(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut bytes = Vec::with_capacity(6 + body.len());
    bytes.extend_from_slice(&[LAYOUT, kind]);
    bytes.extend_from_slice(&checksum(LAYOUT, kind, &body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// The bytes after the header, once version, kind and checksum are right. The version comes first: only
/// of a known layout is it known where the checksum lies.
pub(crate) fn body<'a>(bytes: &'a [u8], kind: u8, what: &str) -> Result<&'a [u8], StoreError> {
    match bytes {
        [LAYOUT, found, a, b, c, d, rest @ ..] => {
            // The checksum before the kind, which it covers: a changed
            // byte is then damage, not a record of another kind.
            if u32::from_le_bytes([*a, *b, *c, *d]) != checksum(LAYOUT, *found, rest) {
                Err(StoreError::corrupt(format!("the checksum of a record of kind {what} is wrong")))
            } else if *found != kind {
                Err(StoreError::corrupt(format!("a record is not of kind {what}")))
            } else {
                Ok(rest)
            }
        }
        // No damage: a newer program has written to the store.
        [version, ..] if *version > LAYOUT => Err(StoreError::misconfigured(format!(
            "a record of kind {what} has layout {version}, this program reads up to {LAYOUT}: use a newer version"
        ))),
        _ => Err(StoreError::corrupt(format!("a record of kind {what} has no header"))),
    }
}

/// The bytes that a u32 in front counts, and the rest; `None` when there are fewer.
pub(crate) fn split_counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// Whether the header is that of a sample that is not encrypted; nothing else is checked.
pub(crate) fn is_plain_sample(bytes: &[u8]) -> bool {
    matches!(bytes, [LAYOUT, SAMPLE, ..])
}

fn checksum(layout: u8, kind: u8, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[layout, kind]);
    hasher.update(body);
    hasher.finalize()
}

fn json(record: &impl Serialize, metadata: &Metadata) -> Result<Vec<u8>, StoreError> {
    // Before it is written: JSON that is too deep is written without complaint and cannot be read back.
    if metadata.values().any(|value| is_deeper_than(MAX_METADATA_DEPTH - 1, value)) {
        return Err(StoreError::unstorable(format!(
            "its metadata is nested more than {MAX_METADATA_DEPTH} deep: flatten it"
        )));
    }
    let json = serde_json::to_vec(record).map_err(|e| StoreError::Unstorable {
        reason: "it cannot be written as JSON: times need a year from 0 to 9999 and an offset in minutes"
            .to_owned(),
        source: Some(e.into()),
    })?;
    if json.len() > MAX_RECORD_BYTES { Err(too_long(json.len())) } else { Ok(json) }
}

fn is_deeper_than(limit: usize, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        // Ends here, however deep the value is, so that its depth cannot use up the stack.
        Value::Array(_) | Value::Object(_) if limit == 0 => true,
        Value::Array(items) => items.iter().any(|item| is_deeper_than(limit - 1, item)),
        Value::Object(fields) => fields.values().any(|field| is_deeper_than(limit - 1, field)),
    }
}

fn too_long(bytes: usize) -> StoreError {
    StoreError::unstorable(format!(
        "it has {bytes} bytes: shorten its metadata to {MAX_RECORD_BYTES} at most"
    ))
}

fn parse<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|e| corrupt(&format!("a record of kind {what} cannot be read"), e))
}

fn corrupt(what: &str, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), source: Some(source.into()) }
}
