//! Where documents are: names as path elements, and the way back.
//!
//! ```text
//! {prefix}/key/{revision}.json                   the key record
//! {prefix}/e-{event}/event/{revision}.json       an event
//! {prefix}/e-{event}/u-{user}/{revision}.json    a user
//! ```
//! An id at Cloudinary has 255 characters at most, none of `?&#\%<>+`, and no element like `v12`,
//! `images`, `videos` or a transformation. Names are data, so an element keeps ASCII letters, digits, `-`
//! and an inner `.`; `_` becomes `__`, every other byte of UTF-8 `_` and two digits, as in `_C3_A9`. A
//! name that gets too long so becomes `_h` and its SHA-256. No two names meet, and the exact name is in
//! the document.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{EventName, StoreError, Username};

/// The longest spelling of a name in an id. Two of them, the longest prefix, a revision and what is
/// between them make 250 characters.
const LONGEST_NAME: usize = 70;
const LONGEST_PREFIX: usize = 64;

/// A folder of the account that one store has to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix(Arc<str>);

/// What has revisions of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Key,
    Event(Element),
    User(Element, Element),
}

/// A name as a path element, without the `e-` or `u-` before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Element(Arc<str>);

impl Prefix {
    pub(super) const EXPECTED: &str = "a prefix of up to 64 letters, digits, '-', '_' and '/', without an \
                                       element such as v1, w_100, images or videos";

    /// `None` for what is no prefix; see [`Prefix::EXPECTED`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_good = |element: &str| {
            let is_version =
                element.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
            // Cloudinary reads `w_100` as a transformation; their names have up to three letters.
            let is_transformation = element.split_once('_').is_some_and(|(name, _)| name.len() <= 3);
            let is_plain = element.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            !element.is_empty()
                && is_plain
                && !is_version
                && !is_transformation
                && !matches!(element, "images" | "videos")
        };
        (text.len() <= LONGEST_PREFIX && text.split('/').all(is_good)).then(|| Self(Arc::from(text)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the ids of all documents begin with.
    pub(super) fn everything(&self) -> String {
        format!("{}/", self.0)
    }

    /// What the ids of a place's revisions begin with.
    pub(super) fn folder(&self, place: &Place) -> String {
        format!("{}/{place}/", self.0)
    }

    pub(super) fn id(&self, place: &Place, revision: Uuid) -> String {
        format!("{}/{place}/{}.json", self.0, revision.hyphenated())
    }

    /// The place and the revision that an id names; `None` for an id that this store does not make.
    pub(super) fn read(&self, id: &str) -> Option<(Place, Uuid)> {
        let rest = id.strip_prefix(&*self.0)?.strip_prefix('/')?;
        let (folder, file) = rest.rsplit_once('/')?;
        let revision = Uuid::try_parse(file.strip_suffix(".json")?).ok()?;
        let place = match folder.split_once('/') {
            None if folder == "key" => Place::Key,
            None => return None,
            Some((event, below)) => {
                let event = Element(Arc::from(event.strip_prefix("e-")?));
                match below.strip_prefix("u-") {
                    Some(user) if !user.contains('/') => Place::User(event, Element(Arc::from(user))),
                    None if below == "event" => Place::Event(event),
                    Some(_) | None => return None,
                }
            }
        };
        // A UUID has several spellings. Another one is another document, which `id` would never name.
        (self.id(&place, revision) == id).then_some((place, revision))
    }
}

impl Place {
    pub(super) fn event(event: &EventName) -> Self {
        Self::Event(Element::spell(event.as_str()))
    }

    pub(super) fn user(event: &EventName, user: &Username) -> Self {
        Self::User(Element::spell(event.as_str()), Element::spell(user.as_str()))
    }
}

impl Element {
    pub(super) fn spell(name: &str) -> Self {
        let mut text = String::new();
        for byte in name.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' => text.push(char::from(byte)),
                b'.' if !text.is_empty() => text.push('.'),
                b'_' => text.push_str("__"),
                _ => text.push_str(&format!("_{byte:02X}")),
            }
        }
        // A dot at the end is one before a slash in the id.
        if text.ends_with('.') {
            text.pop();
            text.push_str("_2E");
        }
        if text.len() > LONGEST_NAME {
            // In a spelled name `_` or an upper-case hex digit follows `_`, so none begins like this.
            text = format!("_h{}", HEXLOWER.encode(&Sha256::digest(name)));
        }
        Self(Arc::from(text))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            // `e-` and `u-`: Cloudinary must not take a name for a version, `images` or a transformation.
            Self::Event(event) => write!(f, "e-{}/event", event.0),
            Self::User(event, user) => write!(f, "e-{}/u-{}", event.0, user.0),
        }
    }
}

/// A new revision: a UUID v7 of now, or of the moment after `greatest` where that is later, so that it
/// sorts behind every revision known. A clock that goes wrong does not put an older state above a newer one.
pub(super) fn next_revision(greatest: Option<Uuid>) -> Result<Uuid, StoreError> {
    let revision = Uuid::now_v7();
    let Some(greatest) = greatest.filter(|greatest| *greatest >= revision) else { return Ok(revision) };
    let behind = milliseconds(greatest) + 1;
    if behind >= 1 << 48 {
        return Err(StoreError::corrupt("a revision is of the end of time"));
    }
    // Random per call: two processes that go behind the same revision must not meet in one id.
    let mut random = [0; 10];
    for (to, from) in random.iter_mut().zip(revision.into_bytes().into_iter().skip(6)) {
        *to = from;
    }
    Ok(uuid::Builder::from_unix_timestamp_millis(behind, &random).into_uuid())
}

/// When a revision was made, in milliseconds since 1970, by the clock of its maker.
pub(super) fn milliseconds(revision: Uuid) -> u64 {
    u64::try_from(revision.as_u128() >> 80).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(name: &str) -> String {
        Element::spell(name).0.to_string()
    }

    #[test]
    fn readable_names_stay_readable_and_others_are_spelled_out() {
        for (name, expected) in [
            ("conference-2024", "conference-2024"),
            ("john_doe", "john__doe"),
            ("a b", "a_20b"),
            ("Zoë", "Zo_C3_AB"),
            ("a/b", "a_2Fb"),
            ("..", "_2E_2E"),
            ("v1.2", "v1.2"),
            ("_2F", "__2F"),
        ] {
            assert_eq!(spelled(name), expected);
        }
        assert_eq!(
            spelled(&"語".repeat(20)),
            format!("_h{}", HEXLOWER.encode(&Sha256::digest("語".repeat(20))))
        );
    }

    #[test]
    fn ids_of_the_longest_names_fit_and_read_back() {
        let prefix = Prefix::parse(&"p".repeat(LONGEST_PREFIX)).unwrap();
        for name in ["x".repeat(70), "語".repeat(80), "x".repeat(128)] {
            let place = Place::User(Element::spell(&name), Element::spell(&name));
            let id = prefix.id(&place, Uuid::max());
            assert!(id.len() <= 255, "{}", id.len());
            assert_eq!(prefix.read(&id), Some((place, Uuid::max())));
        }
    }

    #[test]
    fn what_is_not_ours_is_no_place() {
        let prefix = Prefix::parse("faces").unwrap();
        let id = Uuid::nil();
        for text in [
            "faces/readme.json".to_owned(),
            "other/key/x.json".to_owned(),
            format!("faces/key/{id}.txt"),
            format!("faces/e-a/{id}.json"),
            format!("faces/e-a/u-b/c/{id}.json"),
            format!("faces/e-a/x-b/{id}.json"),
            format!("faces/key/{}.json", id.simple()),
        ] {
            assert_eq!(prefix.read(&text), None, "{text}");
        }
    }

    #[test]
    fn prefixes_that_mean_something_to_cloudinary_are_refused() {
        for text in ["faces", "a/b-c", "face_store", "v", "version1"] {
            assert_eq!(Prefix::parse(text).is_some(), text != "v", "{text}");
        }
        for text in ["", "/", "a/", "/a", "a//b", "v1", "a/v12", "images", "w_100", "a b", "a%2F", "ü", ".."]
        {
            assert!(Prefix::parse(text).is_none(), "{text}");
        }
        assert!(Prefix::parse(&"p".repeat(65)).is_none());
    }

    #[test]
    fn a_revision_is_behind_the_greatest_one_known_even_one_of_the_future() {
        let first = next_revision(None).unwrap();
        let future = uuid::Builder::from_unix_timestamp_millis(1 << 47, &[7; 10]).into_uuid();
        for greatest in [first, future] {
            let next = next_revision(Some(greatest)).unwrap();
            assert!(next > greatest && next.get_version_num() == 7);
        }
        assert!(next_revision(Some(Uuid::max())).is_err());
    }

    proptest! {
        #[test]
        fn no_two_names_meet(a in "\\PC{0,90}", b in "\\PC{0,90}") {
            prop_assert_eq!(spelled(&a) == spelled(&b), a == b);
        }

        #[test]
        fn elements_are_of_harmless_characters(name in "\\PC{1,90}") {
            let text = spelled(&name);
            prop_assert!(text.len() <= LONGEST_NAME);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
        }

        #[test]
        fn names_of_one_alphabet_do_not_meet_either(a in "[._a2EF-]{1,6}", b in "[._a2EF-]{1,6}") {
            prop_assert_eq!(spelled(&a) == spelled(&b), a == b);
        }
    }
}
