//! Check-ins of those whom their faces name.

use std::sync::Arc;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::InMemory;

use super::{check_ins, fair, manual, new, user, with_key};
use crate::{
    CheckInError, CheckInMethod, CheckInOutcome, CheckInRequest, CheckInService, Decision, EnrolmentFace,
    EventService, FaceCheckIn, MatchPolicy, Metadata,
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
    let events =
        EventService::open(Arc::new(InMemory::new()), model(), MatchPolicy::default()).await.unwrap();
    let source = "test".to_owned();
    let enrolled =
        EnrolmentFace { embedding: face(0), detection_score: 0.9, quality: Metadata::new(), source };
    events.enrol(&fair(), &user("ada"), enrolled).await.unwrap();
    CheckInService::new(Arc::new(events), check_ins())
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
