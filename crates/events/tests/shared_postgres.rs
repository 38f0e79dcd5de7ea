//! Three services on one PostgreSQL: what is asked of them at one moment comes out as if it had been asked one after another.
#![allow(missing_docs)]

use std::error::Error;
use std::sync::Arc;

use embedding::{DIMENSIONS, Distance, Embedding, ModelId};
use embedding_store::{EmbeddingStore, Metadata, PostgresStore};
use events::{
    DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, EventChange, EventError, EventName,
    EventService, EventSettings, MatchPolicy, MatchRule, Username,
};
use postgres_server::Database;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: u32 = 100;

async fn store(database: &Database) -> Outcome<Arc<dyn EmbeddingStore>> {
    Ok(Arc::new(PostgresStore::open(&database.url().parse()?).await?))
}

async fn services(database: &Database) -> Outcome<Vec<Arc<EventService>>> {
    let mut services = Vec::new();
    for _ in 0..3 {
        let (model, policy) = (ModelId::new("test-model")?, MatchPolicy::default());
        services.push(Arc::new(EventService::open(store(database).await?, model, policy).await?));
    }
    Ok(services)
}

/// A face of a person, of whom there are as many as there are pairs of numbers.
fn face(person: u32) -> Outcome<EnrolmentFace> {
    let mut values = [0.0; DIMENSIONS];
    let places = u32::try_from(DIMENSIONS)?;
    for place in [person % places, (person * 7 + person / places * 5 + 3) % places] {
        *values.get_mut(usize::try_from(place)?).ok_or("no such place")? += 1.0;
    }
    let embedding = Embedding::new(ModelId::new("test-model")?, values)?;
    Ok(EnrolmentFace { embedding, detection_score: 0.9, quality: Metadata::new(), source: "test".to_owned() })
}

type Request = (EventName, Username, EnrolmentFace, EnrolmentOptions);

/// What each service answered to its request, asked at one moment.
async fn at_once(
    services: &[Arc<EventService>],
    requests: Vec<Request>,
) -> Outcome<Vec<Result<EnrolmentOutcome, EventError>>> {
    let barrier = Arc::new(Barrier::new(requests.len()));
    let mut running = JoinSet::new();
    for (service, (event, user, face, options)) in services.iter().map(Arc::clone).zip(requests) {
        let barrier = Arc::clone(&barrier);
        running.spawn(async move {
            barrier.wait().await;
            service.enrol_all(&event, &user, vec![face], options).await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = running.join_next().await {
        answers.push(answer?);
    }
    Ok(answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_one_key_is_done_once() -> Outcome {
    let database = Database::new()?;
    let services = services(&database).await?;
    let checking = store(&database).await?;
    for round in 0..ROUNDS {
        let policy = if round % 2 == 0 { DuplicatePolicy::Warn } else { DuplicatePolicy::Reject };
        let (event, user) =
            (EventName::new(&format!("event {}", round % 9))?, Username::new(&format!("{round}"))?);
        let options = EnrolmentOptions {
            request: Some("key".to_owned()),
            on_duplicate: Some(policy),
            ..EnrolmentOptions::default()
        };
        let request = (event.clone(), user.clone(), face(round)?, options);
        let mut outcomes = Vec::new();
        for answer in at_once(&services, vec![request; 3]).await? {
            let EnrolmentOutcome { samples, embedding_count, .. } = answer?;
            outcomes.push((samples, embedding_count));
        }
        outcomes.dedup();
        assert_eq!(outcomes.len(), 1, "round {round}");
        assert_eq!(checking.samples(&event, &user).await?.len(), 1, "round {round}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_face_under_three_names_is_taken_under_one() -> Outcome {
    let database = Database::new()?;
    let services = services(&database).await?;
    for round in 0..ROUNDS {
        let mut requests = Vec::new();
        for place in 0..3 {
            let (event, user) = (format!("event {}", round % 9), format!("{round} {place}"));
            let names = (EventName::new(&event)?, Username::new(&user)?);
            requests.push((names.0, names.1, face(round)?, EnrolmentOptions::default()));
        }
        let answers = at_once(&services, requests).await?;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        let is_refused = |answer: &&_| matches!(answer, Err(EventError::DuplicatePerson { .. }));
        let refused = answers.iter().filter(is_refused).count();
        assert_eq!((taken, refused), (1, 2), "round {round}: {answers:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_changes_of_one_field_each_none_is_lost() -> Outcome {
    let database = Database::new()?;
    let services = services(&database).await?;
    let first = services.first().ok_or("no service")?;
    for round in 0..ROUNDS {
        let name = EventName::new(&format!("event {round}"))?;
        first.create_event(&name, EventSettings::default()).await?;
        let rule = MatchRule::Threshold(Distance::new(0.25)?);
        let metadata = Metadata::from_iter([("field".to_owned(), json!(round))]);
        let changes = [
            EventChange { match_rule: Some(Some(rule)), ..EventChange::default() },
            EventChange { on_duplicate: Some(Some(DuplicatePolicy::Warn)), ..EventChange::default() },
            EventChange { metadata: Some(metadata.clone()), ..EventChange::default() },
        ];
        let barrier = Arc::new(Barrier::new(changes.len()));
        let mut running = JoinSet::new();
        for (service, change) in services.iter().map(Arc::clone).zip(changes) {
            let (name, barrier) = (name.clone(), Arc::clone(&barrier));
            running.spawn(async move {
                barrier.wait().await;
                service.update_event(&name, change).await
            });
        }
        while let Some(answer) = running.join_next().await {
            answer??;
        }
        let record = first.event(&name).await?.record;
        assert_eq!(
            (record.match_rule, record.on_duplicate, record.metadata),
            (Some(rule), Some(DuplicatePolicy::Warn), metadata),
            "round {round}"
        );
    }
    Ok(())
}
