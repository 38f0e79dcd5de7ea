//! What a part of the journal is about.

use std::sync::Arc;

use crate::text_type::text_type;

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

text_type!(Topic, parse, InvalidTopic);

fn parse(topic: &str) -> Result<Arc<str>, InvalidTopic> {
    let is_topic = (1..=MAX_TOPIC_BYTES).contains(&topic.len()) && !topic.contains(char::is_control);
    if is_topic { Ok(Arc::from(topic)) } else { Err(InvalidTopic) }
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
