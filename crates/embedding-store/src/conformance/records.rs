//! Records: every field is kept, also those of a newer version; what could not be read back is refused.

use embedding::Distance;
use serde_json::{Value, json};
use time::{Date, Month, UtcOffset};

use super::checks::assert_unstorable;
use super::harness::{Harness, Outcome};
use super::specimens::{at, event, new_event, sample, user};
use crate::{
    DuplicatePolicy, EmbeddingStore, EmbeddingStoreExt, EventRecord, FalseMatchRate, MAX_METADATA_DEPTH,
    MAX_RECORD_BYTES, MatchRule, Metadata, UserRecord,
};

/// Times to the nanosecond and with their offset, rules, and metadata with numbers of full length.
pub async fn all_fields_read_back(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let rules = [
        None,
        Some(MatchRule::Threshold(Distance::new(0.412_345_67)?)),
        Some(MatchRule::TargetFalseMatchRate(FalseMatchRate::new(1.234_567_890_123_456_7e-7)?)),
    ];
    let policies =
        [None, Some(DuplicatePolicy::Reject), Some(DuplicatePolicy::Warn), Some(DuplicatePolicy::Allow)];
    let mut record = new_event("conference")?;
    store.create_event(record.clone()).await?;
    record.updated = at(-3600).to_offset(UtcOffset::from_hms(-9, -30, 0)?);
    record.metadata = metadata();
    for match_rule in rules {
        for on_duplicate in policies {
            record.match_rule = match_rule;
            record.on_duplicate = on_duplicate;
            record.on_other_person = on_duplicate;
            store.update_event(record.clone()).await?;
            let read = store.event(&record.name).await?.ok_or("the event is gone")?;
            assert_eq!(read, record);
            assert_eq!(read.updated.offset(), record.updated.offset());
        }
    }
    let theirs = sample("conference", "ada", 1)?.with_quality(metadata());
    store.append_sample(theirs.clone()).await?;
    assert_eq!(store.samples(theirs.event(), theirs.user()).await?, [theirs]);
    Ok(())
}

/// A program that does not know a field keeps it when it rewrites the record.
pub async fn unknown_fields_survive_a_rewrite(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let unknown = json!({"numbers": [1, 2.5, null], "text": "<ü>"});
    let with_unknown = |mut record: Value| {
        if let Value::Object(fields) = &mut record {
            fields.insert("of_a_newer_version".to_owned(), unknown.clone());
        }
        record
    };

    let newer: EventRecord =
        serde_json::from_value(with_unknown(serde_json::to_value(new_event("conference")?)?))?;
    store.create_event(newer).await?;
    let mut record = store.event(&event("conference")?).await?.ok_or("the event is gone")?;
    record.updated = at(60);
    store.update_event(record.clone()).await?;
    let record = store.event(&record.name).await?.ok_or("the event is gone")?;
    assert_eq!(serde_json::to_value(&record)?.get("of_a_newer_version"), Some(&unknown));

    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let user = UserRecord::new(theirs.event().clone(), theirs.user().clone(), at(1));
    store.update_user(serde_json::from_value(with_unknown(serde_json::to_value(user)?))?).await?;
    // The store itself rewrites the record here, for the user's new time.
    store.append_sample(sample("conference", "ada", 2)?).await?;
    let user = store.user(theirs.event(), theirs.user()).await?.ok_or("the user is gone")?;
    assert_eq!(user.updated, at(2));
    assert_eq!(serde_json::to_value(&user)?.get("of_a_newer_version"), Some(&unknown));
    Ok(())
}

/// Metadata that is too deep or too long and times that have no text are refused, and leave nothing.
pub async fn what_cannot_be_stored_is_refused(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let deep = |depth: usize| (1..depth).fold(json!([]), |inner, _| json!([inner]));
    let field = |value: Value| Metadata::from_iter([("field".to_owned(), value)]);

    let mut record = new_event("conference")?;
    record.metadata = field(deep(MAX_METADATA_DEPTH - 1));
    store.create_event(record.clone()).await?;
    assert_eq!(store.event(&record.name).await?, Some(record.clone()), "so deep is not too deep");
    store.append_sample(sample("conference", "ada", 1)?).await?;
    let before = store.load_event(&record.name).await?;

    for bad in [deep(MAX_METADATA_DEPTH), json!("x".repeat(MAX_RECORD_BYTES))] {
        let mut bad_event = record.clone();
        bad_event.metadata = field(bad.clone());
        assert_unstorable(store.update_event(bad_event.clone()).await);
        bad_event.name = event("other")?;
        assert_unstorable(store.create_event(bad_event).await);
        let mut bad_user = UserRecord::new(record.name.clone(), user("ada")?, at(1));
        bad_user.metadata = field(bad.clone());
        assert_unstorable(store.update_user(bad_user).await);
        assert_unstorable(
            store.append_sample(sample("conference", "bob", 2)?.with_quality(field(bad))).await,
        );
    }
    let mut timeless = record.clone();
    timeless.updated = Date::from_calendar_date(-1, Month::January, 1)?.midnight().assume_utc();
    assert_unstorable(store.update_event(timeless).await);

    assert_eq!(store.load_event(&record.name).await?, before);
    assert_eq!(store.all_events().await?, [record]);
    Ok(())
}

fn metadata() -> Metadata {
    Metadata::from_iter([
        ("float".to_owned(), json!(0.123_456_789_012_345_67)),
        ("tiny".to_owned(), json!(5e-324)),
        ("large".to_owned(), json!(u64::MAX)),
        ("small".to_owned(), json!(i64::MIN)),
        ("text".to_owned(), json!("\u{0}\n\"'</script> 山 😀")),
        ("nested".to_owned(), json!({"": [null, true, {}]})),
    ])
}
