//! Keys: names joined by NUL, in the order of their code points.
//!
//! | table | key |
//! |---|---|
//! | events | event |
//! | users | event, NUL, user |
//! | samples | event, NUL, user, NUL, 16 bytes of id |
//!
//! No name holds a NUL or any other control character, so a key has one reading, and NUL sorts before
//! every byte of a name: all of `a` comes before `a!`, `aa` and `a b`. UTF-8 sorts as code points do.

use std::ops::Range;

use uuid::Uuid;

use crate::{EventName, FaceSample, Username};

const SEPARATOR: u8 = 0;
/// The byte after the separator: `name` + AFTER is behind every key that starts with `name` + SEPARATOR.
const AFTER: u8 = 1;

pub(super) fn event(event: &EventName) -> Vec<u8> {
    event.as_str().as_bytes().to_vec()
}

pub(super) fn user(event: &EventName, user: &Username) -> Vec<u8> {
    join(&[event.as_str().as_bytes(), &[SEPARATOR], user.as_str().as_bytes()])
}

pub(super) fn sample(sample: &FaceSample) -> Vec<u8> {
    sample_id(sample.event(), sample.user(), sample.id())
}

pub(super) fn sample_id(event: &EventName, name: &Username, id: Uuid) -> Vec<u8> {
    // An id may hold NULs. It is last and always 16 bytes long, so the key still has one reading.
    join(&[&user(event, name), &[SEPARATOR], id.as_bytes()])
}

/// The keys of an event's users, and of its samples.
pub(super) fn range_of_event(event: &EventName) -> Range<Vec<u8>> {
    below(event.as_str().as_bytes())
}

/// The keys of a user's samples.
pub(super) fn range_of_user(event: &EventName, name: &Username) -> Range<Vec<u8>> {
    below(&user(event, name))
}

/// The least key behind that of the event called `name`, which need not be a name.
pub(super) fn behind_event(name: &str) -> Vec<u8> {
    join(&[name.as_bytes(), &[SEPARATOR]])
}

/// The least key behind that of the user called `name`, which need not be a name.
pub(super) fn behind_user(event: &EventName, name: &str) -> Vec<u8> {
    join(&[event.as_str().as_bytes(), &[SEPARATOR], name.as_bytes(), &[SEPARATOR]])
}

fn below(prefix: &[u8]) -> Range<Vec<u8>> {
    join(&[prefix, &[SEPARATOR]])..join(&[prefix, &[AFTER]])
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec!["a", "a!", "a b", "aa", "a\u{200B}b", "\u{FFFD}", "😀", "..", "a/b"])
                .prop_map(str::to_owned),
            "\\PC{1,12}",
        ]
        .prop_filter("a name", |text| EventName::new(text).is_ok())
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_names_do(a in names(), b in names(), c in names(), d in names()) {
            let key = |e: &str, u: &str| user(&EventName::new(e).unwrap(), &Username::new(u).unwrap());
            let name = |text: &str| EventName::new(text).unwrap();
            let pairs = ((name(&a), name(&b)), (name(&c), name(&d)));
            prop_assert_eq!(key(&a, &b).cmp(&key(&c, &d)), pairs.0.cmp(&pairs.1));
        }

        #[test]
        fn a_range_holds_the_keys_of_its_owner_alone(a in names(), b in names(), u in names()) {
            let (a, b) = (EventName::new(&a).unwrap(), EventName::new(&b).unwrap());
            let u = Username::new(&u).unwrap();
            prop_assert_eq!(range_of_event(&a).contains(&user(&b, &u)), a == b);
            for id in [Uuid::nil(), Uuid::max()] {
                let key = sample_id(&b, &u, id);
                prop_assert_eq!(range_of_event(&a).contains(&key), a == b);
                prop_assert_eq!(range_of_user(&a, &u).contains(&key), a == b);
            }
        }

        #[test]
        fn the_key_behind_a_name_is_behind_it_alone(a in names(), b in names(), e in names()) {
            let (a, b) = (EventName::new(&a).unwrap(), EventName::new(&b).unwrap());
            let e = EventName::new(&e).unwrap();
            prop_assert_eq!(event(&b) >= behind_event(a.as_str()), b > a);
            let behind = behind_user(&e, a.as_str());
            prop_assert_eq!(user(&e, &Username::new(b.as_str()).unwrap()) >= behind, b > a);
        }
    }
}
