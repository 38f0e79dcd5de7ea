//! Lists: page by page from both ends, by person and time, and as files.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use futures_util::TryStreamExt;

use super::{CheckIn, CheckInPage, CheckIns, all, at, check_ins, fair, manual, new, note, to, user};
use crate::ExportFormat;
use crate::export::Exported;

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

/// Ten of five people, a minute apart; those of `guest 0` are voided.
async fn ten() -> CheckIns {
    let check_ins = check_ins();
    for number in 0..10 {
        let name = format!("guest {}", number % 5);
        let check_in = new(check_ins.check_in(&fair(), &user(&name), manual(60 * number)).await);
        if number % 5 == 0 {
            check_ins.correct(&fair(), check_in.id, to(None, 60 * number)).await.unwrap();
        }
    }
    check_ins
}

async fn paged(check_ins: &CheckIns, mut page: CheckInPage) -> Vec<CheckIn> {
    let mut found = Vec::new();
    loop {
        let listing = check_ins.list(&fair(), page.clone()).await.unwrap();
        assert!(listing.items.len() <= page.limit.get());
        found.extend(listing.items);
        match listing.next {
            None => return found,
            // As a client sends it.
            Some(next) => page.after = Some(next.to_string().parse().unwrap()),
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_from_either_end_show_each_once() {
    let check_ins = ten().await;
    let mut expected = all(&check_ins).await;
    assert!(expected.is_sorted_by_key(|check_in| check_in.time));
    expected.retain(|check_in| !check_in.voided);
    assert_eq!(expected.len(), 8);
    for size in [1, 3, 8, 100] {
        assert_eq!(paged(&check_ins, CheckInPage::oldest(limit(size))).await, expected);
        let newest = paged(&check_ins, CheckInPage::newest(limit(size))).await;
        assert!(newest.iter().eq(expected.iter().rev()));
    }
}

#[tokio::test]
async fn a_list_is_of_a_person_and_of_a_time() {
    let check_ins = ten().await;
    let page = CheckInPage::oldest(limit(1));
    let times = |found: Vec<CheckIn>| found.iter().map(|found| found.time).collect::<Vec<_>>();
    let of = CheckInPage { user: Some(user("guest 3")), ..page.clone() };
    assert_eq!(times(paged(&check_ins, of).await), [at(180), at(480)]);
    let voided = CheckInPage { user: Some(user("guest 0")), ..page.clone() };
    assert_eq!(paged(&check_ins, voided.clone()).await, []);
    let voided = CheckInPage { with_voided: true, ..voided };
    assert_eq!(times(paged(&check_ins, voided).await), [at(0), at(300)]);
    let between = CheckInPage { since: Some(at(120)), until: Some(at(240)), ..page };
    assert_eq!(times(paged(&check_ins, between).await), [at(120), at(180)]);
}

#[tokio::test]
async fn a_csv_file_has_a_header_and_a_row_for_each_and_no_formulas() {
    let check_ins = check_ins();
    for (second, name) in [(0, "=HYPERLINK(\"x\")"), (1, "Zoë, \"Z\""), (2, "@ada")] {
        let request = manual(second).with_note(Some(note("+1\n-2")));
        new(check_ins.check_in(&fair(), &user(name), request).await);
    }
    let parts = check_ins.export(fair(), CheckInPage::oldest(limit(2)), ExportFormat::Csv, |_| true);
    let parts: Vec<String> = parts.try_collect().await.unwrap();
    assert_eq!(parts.len(), 2, "a part a page");
    let mut reader = csv::Reader::from_reader(parts[0].as_bytes());
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        header,
        [
            "id",
            "time",
            "event",
            "user",
            "voided",
            "method",
            "decision",
            "distance",
            "threshold",
            "note",
            "transaction",
            "corrections",
            "transaction_id",
        ]
    );
    let whole = parts.concat();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(whole.as_bytes()).into_records().collect::<Result<_, _>>().unwrap();
    let users: Vec<_> = rows.iter().map(|row| row[3].to_owned()).collect();
    assert_eq!(users, ["'=HYPERLINK(\"x\")", "Zoë, \"Z\"", "'@ada"]);
    assert!(rows.iter().all(|row| &row[9] == "'+1\n'-2" && !row[1].is_empty() && row[7].is_empty()));
    assert!(
        rows.iter().all(|row| row[10] == row[12] && !row[12].is_empty()),
        "both names of the transaction"
    );
}

#[tokio::test]
async fn an_ndjson_file_has_each_check_in_as_it_is_on_a_line() {
    let check_ins = check_ins();
    new(check_ins.check_in(&fair(), &user("=1"), manual(0).with_note(Some(note("two\nlines")))).await);
    new(check_ins.check_in(&fair(), &user("ben"), manual(1)).await);
    let parts = check_ins.export(fair(), CheckInPage::newest(limit(1)), ExportFormat::Ndjson, |_| true);
    let text = parts.try_collect::<String>().await.unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, found) in lines.iter().zip(all(&check_ins).await.iter().rev()) {
        let names: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, CheckIn::COLUMNS.iter().copied().collect());
        // What it always said is said as ever; what is not known is null, and of corrections there are none.
        let stored = serde_json::to_value(found).unwrap();
        for (name, value) in line.as_object().unwrap() {
            match name.as_str() {
                "transaction_id" => assert_eq!(value, &stored["transaction"]),
                "corrections" => assert_eq!(value, &serde_json::json!([])),
                _ => assert_eq!(value, &stored[name], "{name}"),
            }
        }
    }
    assert_eq!(lines[1]["user"], "=1");
}

#[tokio::test]
async fn nobody_came_to_an_event_that_there_is_none_of() {
    let check_ins = check_ins();
    let listing = check_ins.list(&fair(), CheckInPage::newest(limit(5))).await.unwrap();
    assert_eq!((listing.items.len(), listing.next), (0, None));
    let parts = check_ins.export(fair(), CheckInPage::newest(limit(5)), ExportFormat::Csv, |_| true);
    let text = parts.try_collect::<String>().await.unwrap();
    assert_eq!(text.lines().count(), 1, "the header alone");
}
