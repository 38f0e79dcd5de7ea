//! Short texts that callers give: bounded, and without characters that break a line or turn it around.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest [`Note`], in Unicode scalar values.
pub const MAX_NOTE_CHARACTERS: usize = 500;

/// Longest [`Actor`], in Unicode scalar values.
pub const MAX_ACTOR_CHARACTERS: usize = 128;

/// Longest [`IdempotencyKey`], in bytes.
pub const MAX_KEY_BYTES: usize = 255;

/// Why a text cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("the text is empty")]
    Empty,
    /// It is longer than it may be.
    #[error("the text is too long: shorten it to at most {limit} characters")]
    TooLong {
        /// The most characters that are taken.
        limit: usize,
    },
    /// A character that has no place in it.
    #[error("the text has the character U+{:04X}: remove it", u32::from(*character))]
    ForbiddenCharacter {
        /// The first such character.
        character: char,
    },
}

fn check(text: &str, limit: usize, is_forbidden: impl Fn(char) -> bool) -> Result<Box<str>, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    // Beyond the limit nothing is read: a hostile text costs no more than an allowed one.
    let mut characters = text.chars();
    match characters.by_ref().take(limit).find(|character| is_forbidden(*character)) {
        Some(character) => Err(TextError::ForbiddenCharacter { character }),
        None if characters.next().is_some() => Err(TextError::TooLong { limit }),
        None => Ok(Box::from(text)),
    }
}

/// Characters that make a text read in another order than it is written.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $limit:expr, $is_forbidden:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Trims and checks a text.
            ///
            /// # Errors
            /// [`TextError`] says which rule is broken.
            pub fn new(text: &str) -> Result<Self, TextError> {
                check(text, $limit, $is_forbidden).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Not a `&str`: a text with escapes, or one in a `Value`, cannot be borrowed.
                Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_type! {
    /// What somebody remarks, such as why a check-in is corrected.
    ///
    /// Trimmed; 1 to 500 characters; line breaks and tabs are its only control characters, and none of
    /// its characters turn the text direction (U+202A..U+202E, U+2066..U+2069).
    Note,
    MAX_NOTE_CHARACTERS,
    |c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || turns_direction(c)
}

text_type! {
    /// Who did something, as the program that authenticated them names them: never a secret.
    ///
    /// Trimmed; 1 to 128 characters; no control characters, and none that turn the text direction.
    Actor,
    MAX_ACTOR_CHARACTERS,
    |c| c.is_control() || turns_direction(c)
}

text_type! {
    /// A key that a client makes for a request and sends again with each repetition of it, so that the
    /// request is carried out once.
    ///
    /// 1 to 255 printable characters of ASCII. It should be random, such as a UUID.
    IdempotencyKey,
    MAX_KEY_BYTES,
    |c| !matches!(c, ' '..='~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_may_have_lines_and_every_script_but_no_hidden_order() {
        for text in ["came late", "first line\r\n\tsecond", "=1+1", "ملاحظة", "👩‍👩‍👧"] {
            assert_eq!(Note::new(&format!("  {text}\n")).unwrap().as_str(), text);
        }
        for character in ['\0', '\u{7}', '\u{7F}', '\u{85}', '\u{202E}', '\u{2066}'] {
            let error = TextError::ForbiddenCharacter { character };
            assert_eq!(Note::new(&format!("a{character}b")), Err(error));
            assert!(!error.to_string().contains(character));
        }
    }

    #[test]
    fn an_actor_is_one_line_and_a_key_printable_ascii() {
        assert_eq!(Actor::new("door 3\nadmin"), Err(TextError::ForbiddenCharacter { character: '\n' }));
        assert_eq!(Actor::new("Tür 3").unwrap().to_string(), "Tür 3");
        assert_eq!(IdempotencyKey::new("ä"), Err(TextError::ForbiddenCharacter { character: 'ä' }));
        assert_eq!(IdempotencyKey::new("\"a b~\"").unwrap().as_str(), "\"a b~\"");
    }

    #[test]
    fn lengths_are_bounded_after_trimming() {
        assert_eq!(Note::new(" \n "), Err(TextError::Empty));
        assert!(Note::new(&format!(" {} ", "ä".repeat(MAX_NOTE_CHARACTERS))).is_ok());
        let longer = "ä".repeat(MAX_NOTE_CHARACTERS + 1);
        assert_eq!(Note::new(&longer), Err(TextError::TooLong { limit: MAX_NOTE_CHARACTERS }));
        assert!(serde_json::from_value::<Note>(longer.into()).is_err());
        assert!(IdempotencyKey::new(&"k".repeat(MAX_KEY_BYTES)).is_ok());
        assert!(IdempotencyKey::new(&"k".repeat(MAX_KEY_BYTES + 1)).is_err());
        assert!(Actor::new(&"a".repeat(MAX_ACTOR_CHARACTERS + 1)).is_err());
    }
}
