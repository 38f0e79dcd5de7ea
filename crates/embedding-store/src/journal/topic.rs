//! What a part of the journal is about.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest topic, in bytes of UTF-8.
// Room for the longest name of an event, 255 bytes, behind a word.
pub const MAX_TOPIC_BYTES: usize = 512;

/// What a part of the journal is about, such as `audit` or `check-ins/` and the name of an event.
///
/// 1 to 512 bytes of UTF-8 without control characters, compared byte by byte. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// A text that is no topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a topic has 1 to {MAX_TOPIC_BYTES} bytes and no control characters")]
pub struct InvalidTopic;

impl Topic {
    /// Takes a topic.
    ///
    /// # Errors
    /// [`InvalidTopic`] when the text is empty, too long, or has a control character.
    pub fn new(topic: &str) -> Result<Self, InvalidTopic> {
        let is_topic = (1..=MAX_TOPIC_BYTES).contains(&topic.len()) && !topic.contains(char::is_control);
        if is_topic { Ok(Self(Arc::from(topic))) } else { Err(InvalidTopic) }
    }

    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(topic: &str) -> Result<Self, InvalidTopic> {
        Self::new(topic)
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let topic = String::deserialize(deserializer)?;
        Self::new(&topic).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_event_name_fits_behind_a_word_and_control_characters_do_not() {
        let longest = "x".repeat(crate::MAX_NAME_BYTES);
        assert!(Topic::new(&format!("check-ins/{longest}")).is_ok());
        for text in ["", "a\nb", "a\0", "\u{85}", &"x".repeat(513)] {
            assert_eq!(Topic::new(text), Err(InvalidTopic), "{text:?}");
        }
    }
}
