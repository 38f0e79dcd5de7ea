//! Check-ins of those whom their faces name.

use std::sync::Arc;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{EmbeddingStore, InMemory};

use super::{CheckIns, all, check_ins, fair, manual, new, over, user, with_key};
use crate::test_journal::{Fault, TestJournal};
use crate::{
    CheckInError, CheckInMethod, CheckInOutcome, CheckInRequest, CheckInService, Decision, EnrolmentFace,
    EventError, EventService, FaceCheckIn, MatchPolicy, Metadata,
};

fn model() -> ModelId {
    ModelId::new("test-model").unwrap()
}

/// A face as far from every other as can be.
fn face(person: usize) -> Embedding {
    let values = std::array::from_fn::<f32, DIMENSIONS, _>(|at| if at == person { 1.0 } else { 0.0 });
    Embedding::new(model(), values).unwrap()
}

/// A fair at which Ada has the first face.
async fn service() -> CheckInService {
    service_over(&Arc::new(InMemory::new()), check_ins()).await
}

async fn service_over(store: &Arc<InMemory>, list: CheckIns) -> CheckInService {
    let events = EventService::open(Arc::clone(store) as _, model(), MatchPolicy::default()).await.unwrap();
    let source = "test".to_owned();
    let enrolled =
        EnrolmentFace { embedding: face(0), detection_score: 0.9, quality: Metadata::new(), source };
    events.enrol(&fair(), &user("ada"), enrolled).await.unwrap();
    CheckInService::new(Arc::new(events), list)
}

async fn come(
    service: &CheckInService,
    person: usize,
    is_decidable: bool,
    request: CheckInRequest,
) -> Result<FaceCheckIn, CheckInError> {
    service.check_in_face(&fair(), &face(person), is_decidable, request).await
}

#[tokio::test]
async fn a_face_checks_in_whose_it_is_and_nobody_when_it_is_nobodys_or_badly_shown() {
    let service = service().await;
    for (person, is_decidable) in [(1, true), (0, false)] {
        let FaceCheckIn { verdict, outcome } = come(&service, person, is_decidable, manual(0)).await.unwrap();
        assert_eq!((verdict.decision, outcome), (Decision::NoMatch, None));
    }
    let FaceCheckIn { verdict, outcome } = come(&service, 0, true, manual(0)).await.unwrap();
    assert_eq!(verdict.matched(), Some(&user("ada")));
    let made = new(Ok(outcome.unwrap()));
    assert_eq!((made.user, made.details.method), (user("ada"), CheckInMethod::Face));
    assert_eq!(made.details.decision, Some(Decision::Match));
    assert_eq!(made.details.distance, Some(verdict.nearest.distance));
}

#[tokio::test]
async fn a_key_that_was_used_stands_for_that_check_in_when_the_face_is_no_longer_decided_on() {
    let service = service().await;
    let made = new(Ok(come(&service, 0, true, with_key(0, "door 1")).await.unwrap().outcome.unwrap()));
    let again = come(&service, 0, false, with_key(1, "door 1")).await.unwrap();
    assert_eq!(again.outcome, Some(CheckInOutcome::Repeated(made)));
    let stranger = come(&service, 1, true, with_key(2, "door 1")).await;
    assert!(matches!(stranger, Err(CheckInError::KeyReused)), "{stranger:?}");
}

#[tokio::test]
async fn a_check_in_that_was_written_unacknowledged_goes_when_its_user_was_deleted() {
    let (store, journal) = (Arc::new(InMemory::new()), Arc::<TestJournal>::default());
    let service = service_over(&store, over(&journal)).await;
    // By another server, whose deletion has erased the check-ins that were there.
    store.delete_user(&fair(), &user("ada")).await.unwrap();
    journal.next(Fault::DoneButUnavailable);
    let came = come(&service, 0, true, manual(0)).await;
    assert!(matches!(came, Err(CheckInError::Event(EventError::UnknownUser { .. }))), "{came:?}");
    assert_eq!(journal.appended().len(), 1);
    assert_eq!(all(service.list()).await, []);
}
