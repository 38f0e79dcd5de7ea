//! The gallery of the old service, taken over: all of it that can be, once, and the rest reported.

use std::error::Error;

use embedding::{DIMENSIONS, EmbeddingError, ModelId};
use embedding_store::legacy::{LegacyDocument, LegacyError, MAX_DOCUMENT_BYTES, RejectReason, SOURCE};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, EventSnapshot, InMemory, StoreError, Username,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn parse(document: &Value) -> Outcome<LegacyDocument> {
    parse_text(&document.to_string())
}

fn parse_text(document: &str) -> Outcome<LegacyDocument> {
    Ok(LegacyDocument::parse(document.as_bytes(), ModelId::new("dlib-resnet-v1")?)?)
}

/// 128 numbers that f32 holds to the last bit, as the old service wrote them.
fn vector(number: u16) -> Vec<f64> {
    (0..DIMENSIONS).map(|index| f64::from((f32::from(number) + index as f32 / 7.0).sin() / 11.0)).collect()
}

fn created() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::new(1_700_000_000, 987_000_000)
}

async fn content(store: &InMemory) -> Outcome<Vec<EventSnapshot>> {
    let mut events = Vec::new();
    for event in store.all_events().await? {
        events.push(store.load_event(&event.name).await?);
    }
    Ok(events)
}

#[tokio::test]
async fn the_old_document_is_taken_over_to_the_last_bit() -> Outcome {
    let document = parse(&json!({
        "conference_2024": { "Zoë": [vector(1), vector(2)], "ada": [vector(3)] },
        "empty": {},
    }))?;
    assert!(document.rejected.is_empty() && document.merged.is_empty(), "{document:?}");
    let store = InMemory::new();
    let mut last = None;
    let summary = document.import(&store, created(), |so_far| last = Some(so_far)).await?;
    assert_eq!((summary.events, summary.users, summary.samples, summary.already_there), (2, 2, 3, 0));
    assert_eq!((last, document.total()), (Some(summary), summary));

    let (event, zoe) = (EventName::new("conference_2024")?, Username::new("Zoë")?);
    let samples = store.samples(&event, &zoe).await?;
    for (sample, number) in samples.iter().zip(1..) {
        let values: Vec<f64> = sample.embedding().values().iter().map(|value| f64::from(*value)).collect();
        assert_eq!(values, vector(number), "in the document's order");
        assert_eq!((sample.source(), sample.detection_score()), (SOURCE, 0.0));
        assert_eq!((sample.created(), sample.embedding().model().as_str()), (created(), "dlib-resnet-v1"));
        assert_eq!(sample.id().get_version_num(), 7);
        let (seconds, nanoseconds) = sample.id().get_timestamp().ok_or("no time")?.to_unix();
        assert_eq!((seconds, nanoseconds), (1_700_000_000, 987_000_000));
    }
    assert_eq!(store.user(&event, &zoe).await?.map(|user| user.created), Some(created()));
    assert!(store.event(&EventName::new("empty")?).await?.is_some(), "an empty event is taken over too");
    Ok(())
}

#[tokio::test]
async fn importing_again_changes_nothing_whatever_the_time() -> Outcome {
    let text = json!({ "conference": { "ada": [vector(1), vector(1), vector(2)], "bob": [vector(1)] } });
    let store = InMemory::new();
    let document = parse(&text)?;
    document.import(&store, created(), |_| {}).await?;
    let first = content(&store).await?;
    assert_eq!(first[0].users[0].samples.len(), 3, "what the document has twice is there twice");
    for time in [created(), created() + Duration::days(1)] {
        let summary = parse(&text)?.import(&store, time, |_| {}).await?;
        assert_eq!((summary.samples, summary.already_there), (4, 4));
        assert_eq!(content(&store).await?, first);
    }

    let other = InMemory::new();
    document.import(&other, created(), |_| {}).await?;
    assert_eq!(content(&other).await?, first, "ids follow from the document and the time");
    Ok(())
}

#[tokio::test]
async fn a_document_that_has_grown_adds_what_is_new() -> Outcome {
    let store = InMemory::new();
    parse(&json!({ "e": { "ada": [vector(1)] } }))?.import(&store, created(), |_| {}).await?;
    let grown = parse(&json!({ "e": { "ada": [vector(2), vector(1)], "bob": [vector(3)] } }))?;
    let summary = grown.import(&store, created(), |_| {}).await?;
    assert_eq!((summary.samples, summary.already_there), (3, 1));
    let users = store.load_event(&EventName::new("e")?).await?.users;
    assert_eq!(users.iter().map(|user| user.samples.len()).collect::<Vec<_>>(), [2, 1]);
    Ok(())
}

#[tokio::test]
async fn an_event_of_another_model_is_an_error() -> Outcome {
    let store = InMemory::new();
    let text = json!({ "conference": { "ada": [vector(1)] } });
    parse(&text)?.import(&store, created(), |_| {}).await?;
    let other = LegacyDocument::parse(text.to_string().as_bytes(), ModelId::new("another")?)?;
    let error = other.import(&store, created(), |_| {}).await;
    assert!(matches!(error, Err(StoreError::Conflict { .. })), "{error:?}");
    Ok(())
}

#[test]
fn what_cannot_be_taken_is_reported_with_its_place_and_the_rest_is_taken() -> Outcome {
    let mut with_text = json!(vector(1));
    with_text[5] = json!("0.1");
    let mut too_large = json!(vector(1));
    too_large[127] = json!(1e300);
    let short: Vec<f64> = vector(1).into_iter().skip(1).collect();
    let long = [vector(1), vec![0.0]].concat();
    let document = parse(&json!({
        "": { "ada": [vector(1)] },
        "list": [1, 2],
        "e": {
            "ada": [vector(1), short, long, with_text, too_large, vec![0.0; DIMENSIONS], "x", null, {}],
            "a\u{202E}b": [vector(1)],
            "no list": 5,
            "nothing": [],
        },
    }))?;
    let total = document.total();
    assert_eq!((total.events, total.users, total.samples), (1, 1, 1));
    let reason = |user: Option<&str>, index: Option<usize>| {
        let is_it = |r: &&embedding_store::legacy::Rejected| r.user.as_deref() == user && r.index == index;
        document.rejected.iter().filter(|r| r.event == "e").find(is_it).map(|r| r.reason.clone())
    };
    let ada = |index| reason(Some("ada"), Some(index));
    assert_eq!(ada(1), Some(EmbeddingError::WrongDimension { got: 127 }.into()));
    assert_eq!(ada(2), Some(EmbeddingError::WrongDimension { got: 129 }.into()));
    assert_eq!(ada(3), Some(RejectReason::NotANumber { position: 5 }));
    assert_eq!(ada(4), Some(EmbeddingError::NotFinite { index: 127 }.into()));
    assert_eq!(ada(5), Some(EmbeddingError::ZeroLength.into()));
    for (index, kind) in [(6, "a text"), (7, "null"), (8, "an object")] {
        assert!(matches!(ada(index), Some(RejectReason::WrongShape { found, .. }) if found == kind));
    }
    assert!(matches!(reason(Some("a\u{202E}b"), None), Some(RejectReason::Name(_))));
    assert!(matches!(
        reason(Some("no list"), None),
        Some(RejectReason::WrongShape { found: "a number", .. })
    ));
    assert_eq!(reason(Some("nothing"), None), Some(RejectReason::NoEmbedding));
    assert!(document.rejected.iter().any(|r| r.event.is_empty() && r.user.is_none()));
    assert!(document.rejected.iter().any(|r| r.event == "list" && r.user.is_none()));
    assert_eq!(document.rejected.len(), 13);
    let texts: Vec<String> = document.rejected.iter().map(ToString::to_string).collect();
    assert!(texts.iter().all(|text| !text.contains('\u{202E}')), "{texts:?}");
    assert!(
        texts
            .contains(&"embedding 3 of user 'ada' of event 'e': item 5 of the embedding is no number".into())
    );
    Ok(())
}

#[test]
fn entries_of_one_name_are_taken_together_and_reported() -> Outcome {
    let v = |number| json!(vector(number)).to_string();
    let text = format!(
        r#"{{"e": {{"Zoë": [{}], " Zoe\u0308 ": [{}], "ada": [{}], "ada": [{}]}}, " e ": {{"ada": [{}]}}}}"#,
        v(1),
        v(2),
        v(3),
        v(4),
        v(5),
    );
    let document = parse_text(&text)?;
    assert!(document.rejected.is_empty());
    let merged: Vec<String> = document.merged.iter().map(ToString::to_string).collect();
    assert_eq!(merged.len(), 4, "{merged:?}");
    assert!(merged[0].starts_with("user 'Zoë' of event 'e' is there again as ' Zoe"), "{merged:?}");
    assert!(document.merged.iter().any(|merged| merged.user.is_none() && merged.spelling == " e "));
    let total = document.total();
    assert_eq!((total.events, total.users, total.samples), (1, 2, 5));
    Ok(())
}

#[test]
fn what_is_no_document_is_an_error_that_says_where() -> Outcome {
    let model = ModelId::new("test")?;
    for (text, found) in [("[]", "a list"), ("null", "null"), ("3", "a number"), ("\"x\"", "a text")] {
        let error = LegacyDocument::parse(text.as_bytes(), model.clone());
        assert!(matches!(error, Err(LegacyError::NotAnObject { found: f }) if f == found), "{error:?}");
    }
    let error = LegacyDocument::parse(b"{\"e\": {\n\"ada\": [[0.1,", model.clone());
    assert!(matches!(error, Err(LegacyError::NotJson { line: 2, .. })), "{error:?}");
    let error = LegacyDocument::parse(&vec![b' '; MAX_DOCUMENT_BYTES + 1], model);
    assert!(matches!(error, Err(LegacyError::TooLong { .. })), "{error:?}");
    Ok(())
}

#[test]
fn debug_output_shows_no_embedding() -> Outcome {
    let document = parse(&json!({ "e": { "ada": [vec![0.625; DIMENSIONS]] } }))?;
    assert!(!format!("{document:?}").contains("0.625"));
    Ok(())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(document in any_json()) {
        let model = ModelId::new("test").unwrap();
        let read = LegacyDocument::parse(document.to_string().as_bytes(), model);
        prop_assert_eq!(read.is_ok(), document.is_object());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = LegacyDocument::parse(&bytes, ModelId::new("test").unwrap());
    }
}

#[test]
fn what_could_not_be_taken_of_a_user_is_one_line() -> Outcome {
    let document = parse(&json!({
        "e": { "ada": [vector(1), [1], [2], [3]], "bob": [[1], [2]], "cem": [[1]], "dan": [] },
        "": {},
    }))?;
    let lines: Vec<_> = document.rejected_users().map(|user| user.to_string()).collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    let starts = [
        "event '': ",
        "3 embeddings of user 'ada' of event 'e' (the first is embedding 1: ",
        "user 'bob' of event 'e': the user has no embedding that can be taken over (2 were refused; the first is embedding 0: ",
        "user 'cem' of event 'e': the user has no embedding that can be taken over (1 were refused; the first is embedding 0: ",
        "user 'dan' of event 'e': the user has no embedding that can be taken over",
    ];
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
        assert_eq!(line.matches('(').count(), line.matches(')').count(), "{line}");
    }
    Ok(())
}

/// More than are handed to the store at a time.
#[tokio::test]
async fn a_user_of_thousands_is_taken_into_a_file_once() -> Outcome {
    const MANY: usize = 3_000;
    let vectors: Vec<_> = (0..MANY).map(|number| vector(u16::try_from(number).unwrap_or_default())).collect();
    let document = parse(&json!({ "e": { "ada": vectors } }))?;
    let folder = tempfile::tempdir()?;
    let store = embedding_store::RedbStore::open(folder.path().join("faces.redb")).await?;
    for already_there in [0, MANY] {
        let summary = document.import(&store, created(), |_| {}).await?;
        assert_eq!((summary.samples, summary.already_there), (MANY, already_there));
    }
    assert_eq!(store.samples(&EventName::new("e")?, &Username::new("ada")?).await?.len(), MANY);
    Ok(())
}
