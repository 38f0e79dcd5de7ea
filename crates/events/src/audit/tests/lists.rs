//! Reading the audit: filters, pages, the last verification of a person, files.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::TryStreamExt;

use super::{
    Action, AuditEntry, AuditFilter, AuditPage, AuditTrail, Outcome, at, entry, fair, found, newest, oldest,
    over, trail, user, written,
};
use crate::export::Exported;
use crate::test_journal::TestJournal;
use crate::{EventName, ExportFormat};

/// 600 entries a second apart: of two events and none, of several people and none.
async fn six_hundred() -> AuditTrail {
    let trail = trail();
    let actions = [Action::Identify, Action::Enrol, Action::Verify];
    let outcomes = [Outcome::Match, Outcome::NoMatch, Outcome::Refused, Outcome::Failed];
    for number in 0..600 {
        let mut entry = entry(number, actions[number % 3], outcomes[number % 4]);
        match number % 5 {
            0 => {}
            1 => entry = entry.with_event(EventName::new("ball").unwrap()).with_user(user("ada")),
            _ => entry = entry.with_event(fair()),
        }
        if number % 7 == 0 && entry.details.event.is_some() {
            entry = entry.with_user(user("ada"));
        }
        trail.record(entry).await.unwrap();
    }
    trail
}

async fn paged(trail: &AuditTrail, filter: &AuditFilter, mut page: AuditPage) -> Vec<AuditEntry> {
    let mut found = Vec::new();
    loop {
        let listing = trail.list(filter, page).await.unwrap();
        assert!(listing.items.len() <= page.limit.get());
        found.extend(listing.items);
        match listing.next {
            None => return found,
            next => page.after = next,
        }
    }
}

#[tokio::test]
async fn every_filter_finds_what_it_says_in_pages_of_any_size_from_either_end() {
    let trail = six_hundred().await;
    let all = written(&trail).await;
    assert_eq!(all.len(), 600);
    let none = AuditFilter::default;
    let filters = [
        none(),
        AuditFilter { event: Some(fair()), ..none() },
        AuditFilter { user: Some(user("ada")), ..none() },
        AuditFilter { event: Some(fair()), user: Some(user("ada")), ..none() },
        AuditFilter { action: Some(Action::Enrol), ..none() },
        AuditFilter { outcome: Some(Outcome::Failed), ..none() },
        AuditFilter { since: Some(at(100)), until: Some(at(200)), ..none() },
        AuditFilter {
            event: Some(fair()),
            action: Some(Action::Verify),
            outcome: Some(Outcome::Match),
            since: Some(at(50)),
            ..none()
        },
        AuditFilter { user: Some(user("nobody")), ..none() },
    ];
    for filter in filters {
        let is_meant = |entry: &&AuditEntry| {
            let details = &entry.details;
            filter.event.as_ref().is_none_or(|event| details.event.as_ref() == Some(event))
                && filter.user.as_ref().is_none_or(|user| details.user.as_ref() == Some(user))
                && filter.action.is_none_or(|action| action == entry.action)
                && filter.outcome.is_none_or(|outcome| outcome == details.outcome)
                && filter.since.is_none_or(|since| since <= entry.time)
                && filter.until.is_none_or(|until| entry.time < until)
        };
        let expected: Vec<_> = all.iter().filter(is_meant).cloned().collect();
        for limit in [1, 7, 1_000] {
            assert_eq!(paged(&trail, &filter, oldest(limit)).await, expected, "{filter:?}");
            let newest = paged(&trail, &filter, newest(limit)).await;
            assert!(newest.iter().eq(expected.iter().rev()), "{filter:?}");
        }
    }
}

#[tokio::test]
async fn a_page_ends_after_many_entries_that_are_not_looked_for() {
    let trail = trail();
    trail.record(found(0, "ada")).await.unwrap();
    for number in 1..21_000 {
        trail.record(entry(number, Action::Detect, Outcome::Done)).await.unwrap();
    }
    let filter = AuditFilter { outcome: Some(Outcome::Match), ..AuditFilter::default() };
    let first = trail.list(&filter, newest(10)).await.unwrap();
    assert_eq!(first.items, [], "20,000 were read");
    let second = trail.list(&filter, AuditPage { after: first.next, ..newest(10) }).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
}

#[tokio::test]
async fn a_person_was_last_verified_when_a_face_was_last_found_to_be_theirs() {
    let trail = trail();
    let last = async || trail.last_verified(&fair(), &user("ada"), None).await.unwrap();
    assert_eq!(last().await, None);
    trail.record(found(10, "ada")).await.unwrap();
    assert_eq!(last().await, Some(at(10)));
    let by = |second, action, outcome| {
        let mut entry = found(second, "ada");
        (entry.action, entry.details.outcome) = (action, outcome);
        entry
    };
    let mut manual = by(20, Action::CheckIn, Outcome::Done);
    manual.details.distance = None;
    for no_verification in [
        manual,
        by(21, Action::Verify, Outcome::NoMatch),
        by(22, Action::Identify, Outcome::Ambiguous),
        by(23, Action::Enrol, Outcome::Done),
        by(24, Action::CheckIn, Outcome::Repeated),
        found(25, "ben"),
        found(26, "ada").with_event(EventName::new("ball").unwrap()),
    ] {
        trail.record(no_verification).await.unwrap();
        assert_eq!(last().await, Some(at(10)));
    }
    for (second, action, outcome) in [
        (30, Action::Verify, Outcome::Match),
        (40, Action::CheckIn, Outcome::Done),
        (50, Action::CheckIn, Outcome::Already),
    ] {
        trail.record(by(second, action, outcome)).await.unwrap();
        assert_eq!(last().await, Some(at(second)));
    }
    // Before these, some that are passed over.
    for second in 60..80 {
        trail.record(by(second, Action::CheckIn, Outcome::Repeated)).await.unwrap();
    }
    assert_eq!(last().await, Some(at(50)));
}

#[tokio::test]
async fn two_names_that_make_one_text_are_not_taken_for_another() {
    let trail = trail();
    let event = EventName::new("fair a").unwrap();
    trail.record(found(1, "b").with_event(event)).await.unwrap();
    assert_eq!(trail.last_verified(&fair(), &user("a b"), None).await.unwrap(), None);
    trail.record(found(2, "a b")).await.unwrap();
    assert_eq!(trail.last_verified(&fair(), &user("a b"), None).await.unwrap(), Some(at(2)));
}

#[tokio::test]
async fn as_a_file_the_audit_is_csv_without_formulas_or_a_json_object_a_line() {
    let trail = trail();
    let entries = [found(0, "=1+1"), entry(1, Action::Detect, Outcome::Refused).with_code("no_face")];
    for entry in &entries {
        trail.record(entry.clone()).await.unwrap();
    }
    let csv = trail.export(AuditFilter::default(), oldest(1), ExportFormat::Csv);
    let csv = csv.try_collect::<String>().await.unwrap();
    let lines: Vec<_> = csv.split("\r\n").collect();
    let [first, second] = entries.each_ref().map(|entry| (entry.id, entry.details.transaction));
    assert_eq!(
        lines,
        [
            "id,time,action,outcome,transaction,actor,event,user,distance,threshold,model,code,transaction_id,key_name,new_name"
                .to_owned(),
            format!(
                "{},2023-11-14T22:13:20Z,identify,match,{},door,fair,'=1+1,0.25,0.375,test-model,,{1},,",
                first.0, first.1
            ),
            format!("{},2023-11-14T22:13:21Z,detect,refused,{},door,,,,,,no_face,{1},,", second.0, second.1),
            String::new(),
        ]
    );
    let ndjson = trail.export(AuditFilter::default(), newest(1), ExportFormat::Ndjson);
    let ndjson = ndjson.try_collect::<String>().await.unwrap();
    let lines: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, entry) in lines.iter().zip([&entries[1], &entries[0]]) {
        assert_eq!(names(line), AuditEntry::COLUMNS.iter().copied().collect());
        // What an entry always said is said as ever; what it does not say is null.
        let stored = serde_json::to_value(entry).unwrap();
        for (name, value) in line.as_object().unwrap() {
            let expected = if name == "transaction_id" { &stored["transaction"] } else { &stored[name] };
            assert_eq!(value, expected, "{name}");
        }
    }
}

/// The names of an object's fields.
fn names(line: &serde_json::Value) -> BTreeSet<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_file_that_is_not_whole_ends_with_an_error() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    for second in 0..2 {
        trail.record(found(second, "ada")).await.unwrap();
    }
    let mut parts = Box::pin(trail.export(AuditFilter::default(), oldest(1), ExportFormat::Ndjson));
    assert!(parts.try_next().await.unwrap().is_some());
    journal.leave();
    assert!(parts.try_next().await.is_err());
    journal.come_back();
    assert!(parts.try_next().await.unwrap().is_none(), "and with nothing behind it");
}
