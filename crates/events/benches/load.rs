//! A start with many people: opening and checking the file, reading every gallery, and what memory they take.
//!
//! Prints a table of 100,000 and 1,000,000 embeddings, two samples a user; `LOAD_USERS=N` measures one size.
//! Each file is read by a process of its own, whose memory nothing else has used.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use embedding::{DIMENSIONS, Distance, Embedding, ModelId};
use embedding_store::EmbeddingStore;
use embedding_store::{EventName, FaceSample, RedbStore, Username};
use events::{EventService, MatchPolicy};
use futures_util::{StreamExt, TryStreamExt, stream};
use time::OffsetDateTime;
use tokio::runtime::Runtime;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Users of one event; a large installation has several.
const USERS_OF_EVENT: u32 = 50_000;
const SAMPLES: u32 = 2;
/// Appends under way at once, which share commits.
const WRITERS: usize = 512;

/// Tells the process that reads which file it is to read.
const FILE: &str = "LOAD_FILE";

fn main() -> Outcome {
    if let Some(path) = env::var_os(FILE) {
        return read(Path::new(&path));
    }
    let sizes = match env::var("LOAD_USERS") {
        Ok(users) => vec![users.parse()?],
        Err(_) => vec![50_000, 500_000],
    };
    say(
        "| embeddings | file | bytes each | enrolled | opened and checked | galleries read | memory each |\n",
    )?;
    say("|---|---|---|---|---|---|---|\n")?;
    for users in sizes {
        // On the disk that the build is on: in memory a sync costs nothing.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = folder.path().join("faces.redb");
        let started = Instant::now();
        Runtime::new()?.block_on(async { fill(&RedbStore::open(&path).await?, users).await })?;
        written(users * SAMPLES, fs::metadata(&path)?.len(), started.elapsed())?;
        let reading = Command::new(env::current_exe()?).env(FILE, &path).status()?;
        if !reading.success() {
            return Err("the process that reads has failed".into());
        }
    }
    Ok(())
}

/// Does what a server does at its start, and ends the row.
#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
fn read(path: &Path) -> Outcome {
    let runtime = Runtime::new()?;
    let before = resident()?;
    let started = Instant::now();
    let store = runtime.block_on(RedbStore::open(path))?;
    let opened = started.elapsed().as_secs_f64();
    let policy = MatchPolicy::fixed(Distance::new(0.4)?);
    let started = Instant::now();
    let service = runtime.block_on(EventService::open(Arc::new(store), model()?, policy))?;
    let loaded = started.elapsed().as_secs_f64();
    let memory = resident()?.saturating_sub(before) as f64;
    let users: usize = runtime.block_on(service.events())?.iter().map(|event| event.user_count).sum();
    say(&format!(
        " {opened:.2} s | {loaded:.2} s | {:.0} bytes |\n",
        memory / users as f64 / f64::from(SAMPLES)
    ))
}

/// Begins a row.
#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
fn written(embeddings: u32, file: u64, filled: Duration) -> Outcome {
    let each = file as f64 / f64::from(embeddings);
    let a_second = f64::from(embeddings) / filled.as_secs_f64();
    say(&format!("| {embeddings} | {:.0} MB | {each:.0} | {a_second:.0}/s |", file as f64 / 1e6))
}

fn say(text: &str) -> Outcome {
    let mut output = std::io::stdout();
    write!(output, "{text}")?;
    Ok(output.flush()?)
}

async fn fill(store: &RedbStore, users: u32) -> Outcome {
    stream::iter((0..users).flat_map(|user| (0..SAMPLES).map(move |sample| (user, sample))))
        .map(|(user, number)| async move { Outcome::Ok(store.append_sample(sample(user, number)?).await?) })
        .buffer_unordered(WRITERS)
        .try_fold((), |(), _| async { Ok(()) })
        .await
}

fn sample(user: u32, number: u32) -> Outcome<FaceSample> {
    let mut state = u64::from(user) << 32 | u64::from(number) | 1;
    let values = std::array::from_fn::<f32, DIMENSIONS, _>(|_| {
        // Any spread will do: the numbers are copied and summed, whatever they are.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f32::from(u16::try_from(state >> 48).unwrap_or_default()) / 65_536.0 - 0.5
    });
    let event = EventName::new(&format!("event {}", user / USERS_OF_EVENT))?;
    let name = Username::new(&format!("user {user}"))?;
    Ok(FaceSample::new(
        event,
        name,
        Embedding::new(model()?, values)?,
        0.9,
        "bench",
        OffsetDateTime::UNIX_EPOCH,
    )?)
}

fn model() -> Outcome<ModelId> {
    Ok(ModelId::new("bench")?)
}

/// Memory of this process that is in use, in bytes.
fn resident() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS line: not Linux?")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
