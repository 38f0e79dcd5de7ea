//! How long the store at Cloudinary takes to open with 5,000 users, at 50 ms a call, and what that costs of
//! the Admin API's calls.
//!
//! `cargo bench -p embedding-store --features cloudinary --bench cloudinary_start`

use std::error::Error;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudinary_standin::{API_KEY, API_SECRET, CLOUD, Options, StandIn};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryOptions, CloudinaryStore, EmbeddingStore, EventName, FaceSample, Username};
use time::OffsetDateTime;
use tokio::task::JoinSet;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const USERS: usize = 5_000;
const WRITERS: usize = 8;
const A_CALL: Duration = Duration::from_millis(50);
/// What is promised of the time, and of the calls: a page of 500 documents each, the key and the event
/// among them.
const TIME: Duration = Duration::from_secs(60);
const CALLS: u64 = (USERS as u64 + 2).div_ceil(500);

#[tokio::main]
async fn main() -> Outcome {
    let account = StandIn::start(Options::default())?;
    enrol(&account).await?;
    account.behave(|account| account.delay = A_CALL);
    let start = Instant::now();
    let store = CloudinaryStore::open(options(&account)).await?;
    let (time, calls) = (start.elapsed(), store.client().admin_calls());
    let users = store.load_event(&event()?).await?.users.len();
    writeln!(
        stdout(),
        "{users} users at {} ms a call, {} calls at a time: ready in {:.1} s with {calls} calls of the Admin API",
        A_CALL.as_millis(),
        CloudinaryOptions::default().parallel,
        time.as_secs_f64(),
    )?;
    if users == USERS && time <= TIME && calls == CALLS {
        Ok(())
    } else {
        Err(format!("due were {USERS} users within {} s with {CALLS} calls", TIME.as_secs()).into())
    }
}

fn options(account: &StandIn) -> CloudinaryOptions {
    let mut options = CloudinaryOptions::default();
    options.access.cloud_name = Some(CLOUD.to_owned());
    options.access.api_key = Some(API_KEY.to_owned());
    options.access.api_secret = Some(ApiSecret::new(API_SECRET));
    options.access.upload_prefix = Some(account.base_url());
    options
}

fn event() -> Outcome<EventName> {
    Ok(EventName::new("conference")?)
}

async fn enrol(account: &StandIn) -> Outcome {
    let store = Arc::new(CloudinaryStore::open(options(account)).await?);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for number in (writer..USERS).step_by(WRITERS) {
                let user = Username::new(&format!("user {number}"))?;
                let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
                let now = OffsetDateTime::UNIX_EPOCH;
                store.append_sample(FaceSample::new(event()?, user, embedding, 0.9, "bench", now)?).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    Ok(())
}
