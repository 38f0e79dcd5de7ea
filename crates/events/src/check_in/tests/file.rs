//! Check-ins in a file: what many did at once is there when it is opened again.

use std::collections::BTreeMap;

use embedding_store::{EmbeddingStore, RedbStore};
use tokio::task::JoinSet;

use super::{COOL_DOWN, CheckInOptions, CheckInOutcome, CheckIns, all, fair, to, user, with_key};

async fn open(folder: &tempfile::TempDir) -> CheckIns {
    let store = RedbStore::open(folder.path().join("faces.redb")).await.unwrap();
    CheckIns::new(store.journal().unwrap(), CheckInOptions { cool_down: COOL_DOWN })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_many_people_who_ask_at_once_and_again_is_checked_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let check_ins = open(&folder).await;
    let mut requests = JoinSet::new();
    for number in 0..400 {
        let (check_ins, person) = (check_ins.clone(), number % 50);
        let request = with_key(0, &format!("key {person}"));
        requests.spawn(async move {
            let outcome =
                check_ins.check_in(&fair(), &user(&format!("guest {person}")), request).await.unwrap();
            (person, outcome)
        });
    }
    let mut new = BTreeMap::new();
    for (person, outcome) in requests.join_all().await {
        match outcome {
            CheckInOutcome::New(check_in) => assert_eq!(new.insert(person, check_in), None),
            CheckInOutcome::Repeated(_) => {}
            CheckInOutcome::Already(already) => panic!("{already:?}"),
        }
    }
    assert_eq!(new.len(), 50);
    let corrected = check_ins.correct(&fair(), new[&7].id, to(Some("ada"), 1)).await.unwrap();
    new.insert(7, corrected.clone());
    drop(check_ins);

    let check_ins = open(&folder).await;
    let mut expected: Vec<_> = new.into_values().collect();
    expected.sort_by_key(|check_in| (check_in.time, check_in.id));
    assert_eq!(all(&check_ins).await, expected);
    let again = check_ins.check_in(&fair(), &user("guest 7"), with_key(9, "key 7")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(corrected));
}
