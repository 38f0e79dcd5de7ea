//! A table of fixed size: whoever fills it pushes out what is the least loss.

use std::hash::{BuildHasher, Hash, RandomState};

use tokio::time::Instant;

/// Entries that share a place: of these one is pushed out, so a full table costs no more than an empty one.
const WAYS: usize = 8;

/// What a table holds of somebody.
pub(super) trait Passing: Copy {
    /// When it is over: from then on it says no more than no entry.
    fn end(&self) -> Instant;
}

/// Values by the hash of a key, under a seed of the process's own, so that nobody can aim at a place.
#[derive(Debug)]
pub(super) struct Table<V> {
    seed: RandomState,
    places: Vec<[Option<(u64, V)>; WAYS]>,
}

impl<V: Passing> Table<V> {
    /// A table of at least this many entries; it never takes up more memory than at first.
    pub(super) fn new(entries: usize) -> Self {
        Self { seed: RandomState::new(), places: vec![[None; WAYS]; entries.div_ceil(WAYS).max(1)] }
    }

    /// The entry of a key, `new` where there is none. In a full place it takes that of the entry which ends first:
    /// who loses theirs is less limited than before, and never more.
    pub(super) fn entry(&mut self, key: impl Hash, new: V) -> Option<&mut V> {
        let hash = self.seed.hash_one(key);
        let place = usize::try_from(hash % u64::try_from(self.places.len()).ok()?).ok()?;
        let place = self.places.get_mut(place)?;
        let known = place.iter().position(|entry| entry.is_some_and(|(other, _)| other == hash));
        let slot = known.or_else(|| {
            // `None` is less than any time.
            let by_end =
                place.iter().enumerate().min_by_key(|(_, entry)| entry.map(|(_, value)| value.end()));
            by_end.map(|(index, _)| index)
        })?;
        let entry = place.get_mut(slot)?;
        if known.is_none() {
            *entry = None;
        }
        Some(&mut entry.get_or_insert((hash, new)).1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    struct Until(Instant);

    impl Passing for Until {
        fn end(&self) -> Instant {
            self.0
        }
    }

    #[test]
    fn a_full_table_forgets_what_ends_first_and_grows_no_further() {
        let start = Instant::now();
        let at = |seconds| Until(start + Duration::from_secs(seconds));
        let mut table = Table::new(WAYS);
        let known = |table: &mut Table<Until>, key: u64| table.entry(key, at(0)).unwrap().0 != start;
        for key in 0..8_u64 {
            *table.entry(key, at(0)).unwrap() = at(100 - key);
        }
        // The eighth ends first.
        *table.entry(8_u64, at(0)).unwrap() = at(200);
        assert!((0..7).all(|key| known(&mut table, key)) && known(&mut table, 8));
        for key in 9..10_000_u64 {
            table.entry(key, at(1)).unwrap();
        }
        assert_eq!(table.places.len(), 1);
        assert!((0..6).all(|key| known(&mut table, key)) && known(&mut table, 8));
    }
}
