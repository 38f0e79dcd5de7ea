//! The id of the network that made an embedding.

use std::fmt;
use std::sync::Arc;

use crate::EmbeddingError;

/// Names one embedding network and its weights, such as `dlib-resnet-v1`.
///
/// 1 to 64 characters of `a-z`, `0-9`, `.`, `_` and `-`; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(Arc<str>);

impl ModelId {
    /// Longest id, in bytes.
    pub const MAX_LENGTH: usize = 64;

    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`EmbeddingError::InvalidModelId`] when it is empty, too long or has another character.
    pub fn new(id: &str) -> Result<Self, EmbeddingError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if id.is_empty() || id.len() > Self::MAX_LENGTH || !id.bytes().all(allowed) {
            return Err(EmbeddingError::InvalidModelId);
        }
        Ok(Self(Arc::from(id)))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({})", self.0)
    }
}

impl TryFrom<String> for ModelId {
    type Error = EmbeddingError;

    fn try_from(id: String) -> Result<Self, EmbeddingError> {
        Self::new(&id)
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.as_str().to_owned()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ModelId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ModelId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through the checks of `new`: an id from a file may be anything.
        let id = String::deserialize(deserializer)?;
        Self::new(&id).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_ids_and_refuses_the_rest() {
        assert_eq!(ModelId::new("dlib-resnet-v1").unwrap().as_str(), "dlib-resnet-v1");
        for bad in ["", "ResNet", "a b", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(ModelId::new(bad), Err(EmbeddingError::InvalidModelId), "{bad:?}");
        }
    }
}
