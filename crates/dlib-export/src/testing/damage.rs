//! Damage to valid files, as a disk, a network or an attacker might do it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::Writer;

/// One to three changes to `valid`.
pub(crate) fn damaged(valid: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    vec(change(), 1..4).prop_map(move |changes| {
        changes.iter().fold(valid.clone(), |mut file, change| {
            change.apply(&mut file);
            file
        })
    })
}

#[derive(Debug, Clone)]
enum Change {
    Cut(Index),
    Remove(Index, Index),
    Repeat(Index, Index),
    Flip(Index, u8),
    /// Another integer in the format of dlib, aimed at sizes.
    Overwrite(Index, i64),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let position = any::<Index>;
    let integer = prop_oneof![-2..300_i64, Just(i64::MAX), Just(-i64::MAX), Just(1 << 40), Just(32_000)];
    prop_oneof![
        position().prop_map(Change::Cut),
        (position(), position()).prop_map(|(from, to)| Change::Remove(from, to)),
        (position(), position()).prop_map(|(from, to)| Change::Repeat(from, to)),
        (position(), 1..=u8::MAX).prop_map(|(at, mask)| Change::Flip(at, mask)),
        (position(), integer).prop_map(|(at, value)| Change::Overwrite(at, value)),
        (position(), vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        // Positions from 0 to the length of the file.
        let at = |index: &Index| index.index(file.len() + 1);
        match self {
            Self::Cut(end) => file.truncate(at(end)),
            Self::Remove(from, to) => {
                let (from, to) = (at(from), at(to));
                file.drain(from.min(to)..from.max(to));
            }
            Self::Repeat(from, to) => {
                let (from, to) = (at(from), at(to));
                file.extend_from_within(from.min(to)..from.max(to));
            }
            Self::Flip(position, mask) => {
                let position = at(position);
                if let Some(byte) = file.get_mut(position) {
                    *byte ^= mask;
                }
            }
            Self::Overwrite(position, value) => {
                let position = at(position);
                let integer = Writer::file(|writer| writer.integer(*value));
                let end = file.len().min(position + integer.len());
                file.splice(position..end, integer);
            }
            Self::Insert(position, bytes) => {
                let position = at(position);
                file.splice(position..position, bytes.iter().copied());
            }
        }
    }
}
