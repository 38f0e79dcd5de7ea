//! Which field of a record was changed last by what: of two processes that change different fields at one moment,
//! neither undoes what the other did.
//!
//! A record has its fields, and its metadata the fields of that object. Each change of one is stamped with a UUID v7
//! above every stamp of the record, and every later revision carries the stamps on. Where revisions are merged, a
//! field is the one of the latest stamp; of two processes that change one field at once, the later one's holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::path::next_revision;
use crate::StoreError;

/// The latest change of each field, by its name; one that is not here is as the record was made.
pub(super) type Stamps = BTreeMap<String, Uuid>;

/// Stamps of fields that are gone which are kept: of two processes, neither lags by more changes than that.
const REMEMBERED: usize = 64;

/// What fields of metadata are named by, before their own names.
const METADATA: &str = "metadata";

/// Merged by themselves, as the least and the greatest.
const TIMES: [&str; 2] = ["created", "updated"];

/// Stamps the fields in which a record differs from what it was.
///
/// # Errors
/// [`StoreError::Unstorable`] when a record is no JSON.
pub(super) fn stamp<R: Serialize>(stamps: &mut Stamps, before: &R, after: &R) -> Result<(), StoreError> {
    let (before, after) = (fields(before)?, fields(after)?);
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).peekable();
    if changed.peek().is_none() {
        return Ok(());
    }
    let now = next_revision(stamps.values().max().copied())?;
    stamps.extend(changed.map(|name| (name.clone(), now)));
    forget(stamps, &after);
    Ok(())
}

/// Keeps the stamps of the fields that are gone for the latest alone: names come and go without end.
fn forget(stamps: &mut Stamps, present: &BTreeMap<String, Value>) {
    let gone = stamps.iter().filter(|(name, _)| !present.contains_key(*name));
    let mut gone: Vec<Uuid> = gone.map(|(_, stamp)| *stamp).collect();
    gone.sort_unstable();
    if let Some(oldest) = gone.iter().rev().nth(REMEMBERED - 1).copied() {
        stamps.retain(|name, stamp| present.contains_key(name) || *stamp >= oldest);
    }
}

/// The record of several revisions, the oldest first, and the stamps of all; `None` when there are none. What would make
/// no record together is the last one's: nothing is lost that was not changed twice at once.
pub(super) fn merged<R: Clone + Serialize + DeserializeOwned>(
    revisions: &[(&R, &Stamps)],
) -> Option<(R, Stamps)> {
    let (last, rest) = revisions.split_last()?;
    let together = if rest.is_empty() { None } else { together(revisions) };
    Some(together.unwrap_or_else(|| (last.0.clone(), last.1.clone())))
}

/// The same; `None` when they make no record together.
fn together<R: Clone + Serialize + DeserializeOwned>(revisions: &[(&R, &Stamps)]) -> Option<(R, Stamps)> {
    let last = revisions.last()?;
    let mut stamps = Stamps::new();
    let mut merged = fields(last.0).ok()?;
    for (record, theirs) in revisions {
        let record = fields(*record).ok()?;
        for (name, stamp) in *theirs {
            // The later revision of two with one stamp: a program that knows no stamps changed it since.
            if stamps.get(name).is_some_and(|known| known > stamp) {
                continue;
            }
            stamps.insert(name.clone(), *stamp);
            match record.get(name) {
                Some(value) => drop(merged.insert(name.clone(), value.clone())),
                None => drop(merged.remove(name)),
            }
        }
    }
    let mut whole = Map::new();
    let mut metadata = Map::new();
    for (name, value) in merged {
        match name.strip_prefix(METADATA).and_then(|name| name.strip_prefix('/')) {
            Some(name) => drop(metadata.insert(name.to_owned(), value)),
            None => drop(whole.insert(name, value)),
        }
    }
    if !metadata.is_empty() {
        whole.insert(METADATA.to_owned(), Value::Object(metadata));
    }
    // The times are no fields here: those of the last one stand until the caller has looked at all.
    if let Ok(Value::Object(last)) = serde_json::to_value(last.0) {
        whole.extend(last.into_iter().filter(|(name, _)| TIMES.contains(&name.as_str())));
    }
    Some((serde_json::from_value(Value::Object(whole)).ok()?, stamps))
}

/// The fields of a record, those of its metadata each by itself.
fn fields<R: Serialize>(record: &R) -> Result<BTreeMap<String, Value>, StoreError> {
    let json = serde_json::to_value(record).map_err(|e| StoreError::Unstorable {
        reason: "it cannot be written as JSON".to_owned(),
        source: Some(e.into()),
    })?;
    let mut fields = BTreeMap::new();
    let Value::Object(json) = json else { return Ok(fields) };
    for (name, value) in json {
        if TIMES.contains(&name.as_str()) {
            continue;
        }
        if name == METADATA
            && let Value::Object(metadata) = value
        {
            fields.extend(metadata.into_iter().map(|(name, value)| (format!("{METADATA}/{name}"), value)));
        } else {
            fields.insert(name, value);
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::{EventName, UserRecord, Username};

    fn ada(metadata: &[(&str, i32)]) -> UserRecord {
        let (event, user) = (EventName::new("e").unwrap(), Username::new("ada").unwrap());
        let mut record = UserRecord::new(event, user, OffsetDateTime::UNIX_EPOCH);
        record.metadata =
            metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        record
    }

    fn changed(before: (&UserRecord, &Stamps), metadata: &[(&str, i32)]) -> (UserRecord, Stamps) {
        let (record, mut stamps) = (ada(metadata), before.1.clone());
        stamp(&mut stamps, before.0, &record).unwrap();
        (record, stamps)
    }

    #[test]
    fn changes_of_different_fields_are_all_kept_in_either_order() {
        let base = (ada(&[("a", 1), ("b", 1), ("c", 1)]), Stamps::new());
        let one = changed((&base.0, &base.1), &[("a", 2), ("b", 1), ("c", 1)]);
        let more = changed((&one.0, &one.1), &[("a", 2), ("b", 1), ("c", 1), ("d", 5)]);
        let other = changed((&base.0, &base.1), &[("a", 1), ("c", 1)]);
        for revisions in [[&more, &other], [&other, &more]] {
            let (record, stamps) = merged(&revisions.map(|(record, stamps)| (record, stamps))).unwrap();
            assert_eq!(record, ada(&[("a", 2), ("c", 1), ("d", 5)]));
            assert_eq!(stamps.keys().collect::<Vec<_>>(), ["metadata/a", "metadata/b", "metadata/d"]);
        }
    }

    #[test]
    fn of_two_changes_of_one_field_the_later_holds_whichever_revision_is_greater() {
        let base = (ada(&[("a", 1)]), Stamps::new());
        let first = changed((&base.0, &base.1), &[("a", 2)]);
        let later = changed((&first.0, &first.1), &[("a", 3)]);
        for revisions in [[&first, &later], [&later, &first]] {
            let (record, _) = merged(&revisions.map(|(record, stamps)| (record, stamps))).unwrap();
            assert_eq!(record, ada(&[("a", 3)]));
        }
    }

    #[test]
    fn without_stamps_it_is_the_last_ones_record() {
        let (one, other) = (ada(&[("a", 1)]), ada(&[("b", 2)]));
        let none = Stamps::new();
        assert_eq!(merged(&[(&one, &none), (&other, &none)]).unwrap(), (other.clone(), none.clone()));
        assert_eq!(merged::<UserRecord>(&[]), None);
        let mut same = Stamps::new();
        stamp(&mut same, &one, &one).unwrap();
        assert_eq!(same, none);
    }
}
