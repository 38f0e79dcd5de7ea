//! Documents that are there and cannot be read: each keeps out the user, or the event, that it is of.

use std::collections::BTreeMap;

use tokio::time::Instant;
use uuid::Uuid;

use super::calls::Row;
use super::path::Place;
use crate::StoreError;

/// The unreadable revisions, by place. What else a place holds may be older than they are, and a deletion may
/// be among them: so nothing of such a place is shown, and nothing is written to it.
#[derive(Debug, Default)]
pub(super) struct Unreadable(BTreeMap<Place, BTreeMap<Uuid, Found>>);

#[derive(Debug)]
struct Found {
    row: Row,
    since: Instant,
}

impl Unreadable {
    /// How many users and events are kept out.
    pub(super) fn places(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, place: &Place) -> bool {
        self.0.contains_key(place)
    }

    /// Notes a revision. Says whether it is another one, or has other bytes, than was known.
    pub(super) fn insert(&mut self, place: &Place, revision: Uuid, row: Row) -> bool {
        let found = self.0.entry(place.clone()).or_default();
        let is_known = found.get(&revision).is_some_and(|known| known.row == row);
        let since = found.get(&revision).map_or_else(Instant::now, |known| known.since);
        found.insert(revision, Found { row, since });
        !is_known
    }

    /// Whether reading it again would give what could not be read before.
    pub(super) fn is_unchanged(&self, place: &Place, revision: Uuid, row: &Row) -> bool {
        // Without an etag nothing tells a mended document from the damaged one.
        let known = self.0.get(place).and_then(|found| found.get(&revision));
        known.is_some_and(|known| known.row.etag.is_some() && known.row == *row)
    }

    /// Forgets a revision, which is readable, superseded or gone. Says whether the place is whole by that.
    pub(super) fn remove(&mut self, place: &Place, revision: Uuid) -> bool {
        let Some(found) = self.0.get_mut(place) else { return false };
        found.remove(&revision);
        let is_whole = found.is_empty();
        if is_whole {
            self.0.remove(place);
        }
        is_whole
    }

    /// Every one, and since when it has been known.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Place, Uuid, Instant)> {
        self.0.iter().flat_map(|(place, found)| {
            found.iter().map(move |(revision, found)| (place, *revision, found.since))
        })
    }

    /// # Errors
    /// [`StoreError::Corrupt`] when something of the place cannot be read.
    pub(super) fn check(&self, place: &Place) -> Result<(), StoreError> {
        let Some(found) = self.0.get(place).and_then(|found| found.values().next()) else { return Ok(()) };
        let id = &found.row.public_id;
        Err(StoreError::corrupt(format!("the document {id} at Cloudinary cannot be read")))
    }
}
