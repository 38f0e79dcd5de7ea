//! What several services on one store are asked at one moment, wherever that store is.
#![allow(dead_code, reason = "each store's tests use a part")]

pub(crate) mod database;

use std::error::Error;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{EmbeddingStore, Journal, Metadata};
use events::{
    CheckIn, CheckInOptions, CheckInPage, CheckInRequest, CheckInService, CheckIns, EnrolmentFace,
    EnrolmentOptions, EnrolmentOutcome, EventError, EventName, EventService, MatchPolicy, Username,
};
use time::OffsetDateTime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often each case is tried; `cargo xtask soak --servers` tries it more often.
const ROUNDS: &str = "OVERLAP_ROUNDS";

/// One of the services, with its check-ins.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) events: Arc<EventService>,
    pub(crate) check_ins: CheckInService,
}

/// How often each case is tried.
pub(crate) fn rounds() -> Outcome<u32> {
    Ok(std::env::var(ROUNDS).ok().map(|text| text.parse()).transpose()?.unwrap_or(20))
}

/// A service of a store; a journal of its own for a store that has none.
pub(crate) async fn site(store: Arc<dyn EmbeddingStore>, own: Option<Arc<dyn Journal>>) -> Outcome<Site> {
    let (model, policy) = (ModelId::new("test-model")?, MatchPolicy::default());
    let journal = own.clone().or_else(|| store.journal()).ok_or("no journal")?;
    let events = Arc::new(EventService::open(store, model, policy).await?);
    let list = CheckIns::new(journal, CheckInOptions::default());
    match own {
        Some(_) => events.attach_own(Arc::new(list.clone())),
        None => events.attach(Arc::new(list.clone())),
    }
    Ok(Site { check_ins: CheckInService::new(Arc::clone(&events), list), events })
}

/// A face of a person, of whom there are as many as there are pairs of numbers.
pub(crate) fn face(person: u32) -> Outcome<EnrolmentFace> {
    let mut values = [0.0; DIMENSIONS];
    let places = u32::try_from(DIMENSIONS)?;
    for place in [person % places, (person * 7 + person / places * 5 + 3) % places] {
        *values.get_mut(usize::try_from(place)?).ok_or("no such place")? += 1.0;
    }
    let embedding = Embedding::new(ModelId::new("test-model")?, values)?;
    Ok(EnrolmentFace { embedding, detection_score: 0.9, quality: Metadata::new(), source: "test".to_owned() })
}

pub(crate) type Request = (EventName, Username, EnrolmentFace, EnrolmentOptions);

/// What became of things that were done at one moment, in the order in which they ended.
pub(crate) async fn together<T: Send + 'static>(
    things: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Outcome<Vec<T>> {
    let things: Vec<_> = things.into_iter().collect();
    let barrier = Arc::new(Barrier::new(things.len()));
    let mut running = JoinSet::new();
    for thing in things {
        let barrier = Arc::clone(&barrier);
        running.spawn(async move {
            barrier.wait().await;
            thing.await
        });
    }
    let mut ended = Vec::new();
    while let Some(one) = running.join_next().await {
        ended.push(one?);
    }
    Ok(ended)
}

/// What each service answered to its enrolment, asked at one moment.
pub(crate) async fn enrol_at_once(
    sites: &[Site],
    requests: Vec<Request>,
) -> Outcome<Vec<Result<EnrolmentOutcome, EventError>>> {
    let sites = sites.iter().cloned();
    together(sites.zip(requests).map(|(site, (event, user, face, options))| async move {
        site.events.enrol_all(&event, &user, vec![face], options).await
    }))
    .await
}

/// Somebody says who comes.
pub(crate) fn by_hand() -> CheckInRequest {
    CheckInRequest::manual(OffsetDateTime::now_utc(), Uuid::now_v7())
}

/// Everything that a service's journal has of a user.
pub(crate) async fn check_ins_of(site: &Site, event: &EventName, user: &Username) -> Outcome<Vec<CheckIn>> {
    let mut page = CheckInPage::oldest(NonZeroUsize::new(100).ok_or("not zero")?);
    (page.user, page.with_voided) = (Some(user.clone()), true);
    Ok(site.check_ins.list().list(event, page).await?.items)
}
