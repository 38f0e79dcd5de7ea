//! One archive into every kind of store: each then holds the same.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{Write, stderr};
use std::path::Path;
use std::time::Instant;

use cloudinary_standin::{API_KEY, API_SECRET, CLOUD, Options, StandIn};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::archive::{ExportOptions, ImportOptions, export, import};
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{
    CloudinaryOptions, CloudinaryStore, EmbeddingStore, EventName, FaceSample, InMemory, PostgresStore,
    RedbStore, Username,
};
use postgres_server::Database;
use time::OffsetDateTime;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many users; `cargo xtask soak --moving` moves more.
const USERS: &str = "ARCHIVE_USERS";

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_comes_back_equal_out_of_every_kind_of_store() -> Outcome {
    let users = env::var(USERS).ok().map_or(Ok(300), |text| text.parse::<u32>())?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = folder.path().join("faces.archive");
    let original = gallery(users).await?;
    let start = Instant::now();
    export(&original, &File::create(&path)?, &ExportOptions::default(), |_| {}).await?;
    say(&format!("{users} users exported in {:.1} s", start.elapsed().as_secs_f64()))?;

    let database = Database::new()?;
    let account = StandIn::start(Options::default())?;
    let mut options = CloudinaryOptions::default();
    options.access.cloud_name = Some(CLOUD.to_owned());
    options.access.api_key = Some(API_KEY.to_owned());
    options.access.api_secret = Some(ApiSecret::new(API_SECRET));
    options.access.upload_prefix = Some(account.base_url());

    let redb = RedbStore::open(folder.path().join("faces.redb")).await?;
    let postgres = PostgresStore::open(&database.url().parse()?).await?;
    let cloudinary = CloudinaryStore::open(options).await?;
    moved("memory", &original, &InMemory::new(), &path).await?;
    moved("redb", &original, &redb, &path).await?;
    moved("PostgreSQL", &original, &postgres, &path).await?;
    moved("Cloudinary (stand-in)", &original, &cloudinary, &path).await
}

async fn moved(
    name: &str,
    original: &dyn EmbeddingStore,
    store: &dyn EmbeddingStore,
    path: &Path,
) -> Outcome {
    let start = Instant::now();
    import(store, File::open(path)?, &ImportOptions::default(), |_| {}).await?;
    let took = start.elapsed().as_secs_f64();
    // Not by `assert_eq`, which would show what is in them.
    assert!(store.load_event(&event()?).await? == original.load_event(&event()?).await?, "{name}: not equal");
    say(&format!("{name}: imported in {took:.1} s, equal"))
}

async fn gallery(users: u32) -> Outcome<InMemory> {
    let store = InMemory::new();
    let model = ModelId::new("test")?;
    for number in 0..users {
        let values =
            std::array::from_fn::<f32, DIMENSIONS, _>(|index| ((number + index as u32) as f32).sin());
        let user = Username::new(&format!("user {number}"))?;
        let embedding = Embedding::new(model.clone(), values)?;
        let now = OffsetDateTime::UNIX_EPOCH;
        store.append_sample(FaceSample::new(event()?, user, embedding, 0.9, "test", now)?).await?;
    }
    Ok(store)
}

fn event() -> Outcome<EventName> {
    Ok(EventName::new("conference")?)
}

fn say(line: &str) -> Outcome {
    Ok(writeln!(stderr(), "{line}")?)
}
