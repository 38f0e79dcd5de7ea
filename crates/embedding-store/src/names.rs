//! The names of events and users: what a name may be, checked once, at the door.

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::text_type::text_type;
use crate::visible_form::visible_form;

/// Longest name, in Unicode scalar values after normalisation.
pub const MAX_NAME_CHARACTERS: usize = 128;

/// Longest name, in bytes of UTF-8 after normalisation.
pub const MAX_NAME_BYTES: usize = 255;

/// Text longer than this cannot be a spelling of an allowed name: the canonical decomposition of
/// a text has at most 3 times the bytes of its composed form, and no spelling more than 3 times the
/// bytes of its decomposition. It bounds what normalising a hostile name can cost.
const MAX_SPELLING_BYTES: usize = 9 * MAX_NAME_BYTES;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing is left after trimming, or nothing that shows.
    #[error("the name is empty: give it 1 to {MAX_NAME_CHARACTERS} characters")]
    Empty,
    /// More than [`MAX_NAME_CHARACTERS`] characters or [`MAX_NAME_BYTES`] bytes.
    #[error(
        "the name is too long ({bytes} bytes): shorten it to at most {MAX_NAME_CHARACTERS} characters \
         and {MAX_NAME_BYTES} bytes of UTF-8"
    )]
    TooLong {
        /// Bytes of the trimmed name as it was given.
        bytes: usize,
    },
    /// A character that has no place in a name; see [`EventName`].
    #[error(
        "the name has the character U+{:04X} at position {position}: remove it, a name has no control, \
         line-breaking or text-direction characters", u32::from(*character)
    )]
    ForbiddenCharacter {
        /// The first such character.
        character: char,
        /// Its position in the trimmed name, counted in characters from 1.
        position: usize,
    },
}

/// Trims, checks and normalises. Work and memory are bounded by [`MAX_SPELLING_BYTES`], but for the
/// scan over surrounding white space.
fn parse(text: &str) -> Result<Arc<str>, NameError> {
    let trimmed = text.trim();
    let too_long = NameError::TooLong { bytes: trimmed.len() };
    if trimmed.len() > MAX_SPELLING_BYTES {
        return Err(too_long);
    }
    // Before it is normalised, so that the position is that of the character in what the caller wrote.
    if let Some((index, character)) = trimmed.chars().enumerate().find(|&(_, c)| is_forbidden(c)) {
        return Err(NameError::ForbiddenCharacter { character, position: index + 1 });
    }
    // Most names lie normalised already, and are read by the hundred thousand at a start.
    let is_normal = is_nfc_quick(trimmed.chars()) == IsNormalized::Yes;
    let name = if is_normal { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect()) };
    if name.len() > MAX_NAME_BYTES || name.chars().count() > MAX_NAME_CHARACTERS {
        return Err(too_long);
    }
    if name.chars().all(is_invisible) {
        return Err(NameError::Empty);
    }
    Ok(Arc::from(name.as_ref()))
}

/// Characters that break lines and logs, or make a name read as another one.
///
/// Beside the overrides and isolates (U+202A..U+202E, U+2066..U+2069) the bidi *marks* are refused
/// too (U+061C, U+200E, U+200F): they are invisible, and no script needs them to spell a name.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters without width, needed between others by some scripts and emoji, but no name on their own.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// The name of an event.
///
/// Trimmed of white space, in Unicode NFC, case-sensitive; 1 to 128 characters and at most 255
/// bytes of UTF-8; no control characters, no line or paragraph separators (U+2028, U+2029), no
/// characters that turn the text direction (U+061C, U+200E, U+200F, U+202A..U+202E,
/// U+2066..U+2069), and not made of invisible characters alone. Everything else is data: `/`,
/// `..`, quotes, markup, emoji, every script. Cheap to clone; ordered by code points.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventName(Arc<str>);

/// The name of a user, unique within an event; the same rules as for an [`EventName`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(Arc<str>);

text_type!(EventName, parse, NameError);
text_type!(Username, parse, NameError);

impl EventName {
    /// What shows of the name: of two that have it in common nobody can tell which is which. It leaves out what Unicode
    /// calls default ignorable, but for joiners where they change how their neighbours look; empty where nothing shows.
    #[must_use]
    pub fn visible_form(&self) -> Cow<'_, str> {
        visible_form(&self.0)
    }
}

impl Username {
    /// What shows of the name: see [`EventName::visible_form`].
    #[must_use]
    pub fn visible_form(&self) -> Cow<'_, str> {
        visible_form(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_looking_names_are_data() {
        let family = "👩\u{200D}👩\u{200D}👧";
        for name in [
            "a/b",
            "..",
            "../../etc/passwd",
            "<b>\"x\"</b>",
            "' OR 1=1 --",
            "山田 太郎",
            "محمد",
            family,
            "%00",
            "a\u{200B}b",
        ] {
            assert_eq!(EventName::new(name).unwrap().as_str(), name);
            assert_eq!(format!("{}", Username::new(name).unwrap()), name);
        }
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        let composed = Username::new("Zoë").unwrap();
        assert_eq!(Username::new("  Zoe\u{308}\t\n").unwrap(), composed);
        assert_ne!(Username::new("zoë").unwrap(), composed);
    }

    #[test]
    fn blank_names_are_empty() {
        for blank in ["", " ", "\t\r\n", "\u{3000}\u{2003}", "\u{200B}", "\u{FEFF}\u{2060} \u{200D}"] {
            assert_eq!(EventName::new(blank), Err(NameError::Empty), "{blank:?}");
        }
    }

    #[test]
    fn control_and_direction_characters_are_named() {
        for character in [
            '\0', '\u{1}', '\n', '\u{7F}', '\u{85}', '\u{61C}', '\u{200E}', '\u{2028}', '\u{2029}',
            '\u{202E}', '\u{2066}', '\u{2069}',
        ] {
            let expected = NameError::ForbiddenCharacter { character, position: 3 };
            assert_eq!(EventName::new(&format!("é{}{character}b", "x")), Err(expected));
        }
        let error = EventName::new("a\u{202E}b").unwrap_err().to_string();
        assert!(error.contains("U+202E") && !error.contains('\u{202E}'), "{error}");
    }

    #[test]
    fn length_is_counted_in_characters_and_in_bytes() {
        assert!(EventName::new(&"x".repeat(128)).is_ok());
        assert_eq!(EventName::new(&"x".repeat(129)), Err(NameError::TooLong { bytes: 129 }));
        assert!(EventName::new(&"語".repeat(85)).is_ok());
        assert_eq!(EventName::new(&"語".repeat(86)), Err(NameError::TooLong { bytes: 258 }));
        assert!(EventName::new(&"e\u{308}".repeat(127)).is_ok());
        assert_eq!(EventName::new(&"x".repeat(10_000_000)), Err(NameError::TooLong { bytes: 10_000_000 }));
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_stable(text in any::<String>()) {
            if let Ok(name) = EventName::new(&text) {
                prop_assert_eq!(EventName::new(name.as_str()).unwrap(), name.clone());
                prop_assert!(name.as_str().len() <= MAX_NAME_BYTES);
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<EventName>(&json).unwrap(), name);
            }
        }

        #[test]
        fn no_spelling_of_a_name_is_too_long_to_be_read(text in "\\PC{1,128}") {
            if let Ok(name) = EventName::new(&text) {
                let spelled: String = name.as_str().nfd().collect();
                prop_assert_eq!(EventName::new(&spelled).unwrap(), name);
            }
        }
    }
}
