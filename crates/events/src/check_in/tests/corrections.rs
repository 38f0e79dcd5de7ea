//! Corrections: what is right stands there, and what was there before can be seen.

use std::sync::Arc;

use embedding::Distance;
use embedding_store::{Journal, JournalEntry, StoreError};
use serde_json::json;
use uuid::Uuid;

use super::super::topic;
use super::{CheckInError, CheckInRequest, at, check_ins, fair, manual, new, note, over, to, user};
use crate::test_journal::TestJournal;
use crate::{Decision, Named};

#[tokio::test]
async fn a_check_in_says_what_it_said_before() {
    let check_ins = check_ins();
    let id = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await).id;
    check_ins.correct(&fair(), id, to(Some("ben"), 1)).await.unwrap();
    check_ins.correct(&fair(), id, to(None, 2)).await.unwrap();
    let restored = check_ins.correct(&fair(), id, to(Some("cem"), 3)).await.unwrap();
    assert_eq!((restored.time, &restored.user, restored.voided), (at(0), &user("cem"), false));
    let history: Vec<_> =
        restored.details.corrections.iter().map(|past| (past.time, past.before.clone())).collect();
    assert_eq!(
        history,
        [(at(1), Named::User(user("ada"))), (at(2), Named::User(user("ben"))), (at(3), Named::Nobody)]
    );
    assert_eq!(restored.details.corrections[0].actor.as_str(), "desk");
    assert_eq!(restored.details.corrections[0].reason.as_str(), "it was another");
    assert_eq!(check_ins.get(&fair(), id).await.unwrap(), restored, "as it is stored");
}

#[tokio::test]
async fn a_correction_that_is_sent_again_changes_nothing() {
    let check_ins = check_ins();
    let id = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await).id;
    for correction in [to(Some("ben"), 1), to(None, 2)] {
        let corrected = check_ins.correct(&fair(), id, correction.clone()).await.unwrap();
        let again = check_ins.correct(&fair(), id, super::Correction { time: at(9), ..correction }).await;
        assert_eq!(again.unwrap(), corrected);
    }
}

#[tokio::test]
async fn a_correction_that_another_one_came_before_is_added_to_it() {
    let journal = Arc::<TestJournal>::default();
    let check_ins = over(&journal);
    let id = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await).id;
    let topic = topic(&fair()).unwrap();
    let mut others = journal.entry(&topic, id).await.unwrap().unwrap();
    others.body.insert(
        "corrections".to_owned(),
        json!([{"time": "2023-11-14T22:13:21Z", "before": {"user": "ada"}, "actor": "door", "reason": "no"}]),
    );
    others.subject = Some("ben".to_owned());
    others.body.insert("of a newer version".to_owned(), json!(1));
    journal.amend_before_next(others);
    let corrected = check_ins.correct(&fair(), id, to(Some("cem"), 2)).await.unwrap();
    let before: Vec<_> = corrected.details.corrections.iter().map(|past| past.before.clone()).collect();
    assert_eq!(before, [Named::User(user("ada")), Named::User(user("ben"))]);
    let stored = journal.entry(&topic, id).await.unwrap().unwrap();
    assert_eq!(stored.subject.as_deref(), Some("cem"));
    assert_eq!(stored.body["of a newer version"], 1, "what is not understood stays");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_corrected() {
    let check_ins = check_ins();
    let id = Uuid::now_v7();
    let error = check_ins.correct(&fair(), id, to(None, 0)).await.unwrap_err();
    assert!(matches!(error, CheckInError::NotFound { id: found, .. } if found == id), "{error:?}");
    assert!(matches!(check_ins.get(&fair(), id).await, Err(CheckInError::NotFound { .. })));
}

#[tokio::test]
async fn as_json_a_check_in_is_flat_and_leaves_out_what_is_not_known() {
    let check_ins = check_ins();
    let distance = |value| Distance::new(value).unwrap();
    let transaction = Uuid::from_u128(7);
    let request = CheckInRequest::manual(at(0), transaction);
    let request = request.by_face(Decision::Match, distance(0.25), distance(0.375));
    let check_in =
        new(check_ins.check_in(&fair(), &user("ada"), request.with_note(Some(note("late")))).await);
    let corrected = check_ins.correct(&fair(), check_in.id, to(None, 1)).await.unwrap();
    let expected = json!({
        "id": check_in.id, "event": "fair", "user": "ada", "time": "2023-11-14T22:13:20Z", "voided": true,
        "method": "face", "decision": "match", "distance": 0.25, "threshold": 0.375, "note": "late",
        "transaction": transaction, "corrections": [{
            "time": "2023-11-14T22:13:21Z", "before": {"user": "ada"}, "actor": "desk", "reason": "it was another"
        }],
    });
    assert_eq!(serde_json::to_value(&corrected).unwrap(), expected);
    let plain = new(check_ins.check_in(&fair(), &user("ben"), manual(0)).await);
    let json = serde_json::to_value(&plain).unwrap();
    let fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["event", "id", "method", "time", "transaction", "user", "voided"]);
}

#[tokio::test]
async fn what_cannot_be_understood_is_an_error_and_not_left_out() {
    let entry = |kind: &str, subject: &str, body| {
        let serde_json::Value::Object(body) = body else { panic!("no object") };
        JournalEntry::new(topic(&fair()).unwrap(), kind, at(0)).with_subject(subject).with_body(body)
    };
    let good = json!({"method": "manual", "transaction": Uuid::nil()});
    for damaged in [
        entry("checked_out", "ada", good.clone()),
        entry("check_in", "a\u{202E}da", good.clone()),
        entry("check_in", "ada", json!({"method": "manual"})),
        entry("check_in", "ada", json!({"method": "by smell", "transaction": Uuid::nil()})),
        entry("check_in", "ada", json!({"method": "face", "transaction": Uuid::nil(), "distance": -1})),
    ] {
        let journal = Arc::<TestJournal>::default();
        let (check_ins, id) = (over(&journal), damaged.id);
        journal.append(damaged, None).await.unwrap();
        let error = check_ins.get(&fair(), id).await.unwrap_err();
        assert!(matches!(error, CheckInError::Store(StoreError::Corrupt { .. })), "{error:?}");
        let page = super::CheckInPage {
            with_voided: true,
            ..super::CheckInPage::newest(std::num::NonZeroUsize::MIN)
        };
        assert!(check_ins.list(&fair(), page).await.is_err());
    }
}
