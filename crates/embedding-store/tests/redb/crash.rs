//! What was acknowledged survives: the process killed amid appends, and a disk without room.
//!
//! The process is this test binary, started again with the same test and a file to write to; it prints a
//! line for each acknowledged append.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::{env, io};

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, FaceSample, Metadata, RedbStore, StoreError, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;
use tokio::task::JoinSet;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Tells the started process which file to write to.
const FILE: &str = "EMBEDDING_STORE_TEST_FILE";
/// How many times to kill it; `cargo xtask soak --crashes` asks for more.
const ROUNDS: &str = "REDB_CRASH_ROUNDS";
const ACKNOWLEDGED: &str = "acknowledged ";
const REFUSED: &str = "refused ";
const WRITERS: u16 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_append_survives_kill_9() -> Outcome {
    if let Some(path) = env::var_os(FILE) {
        return append_without_end(PathBuf::from(path)).await;
    }
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let mut acknowledged = BTreeSet::new();
    let rounds = env::var(ROUNDS).ok().map_or(Ok(5), |text| text.parse::<usize>())?;
    for round in 0..rounds {
        // From few to many, by a fixed rule: 20 to 419.
        let until = 20 + round * 7919 % 400;
        let test = "redb::crash::every_acknowledged_append_survives_kill_9";
        let mut writer = Command::new(env::current_exe()?);
        let writer = writer.args(["--exact", test, "--nocapture"]);
        let mut writer = writer.env(FILE, &path).stdout(Stdio::piped()).spawn()?;
        let (before, mut lines) = (acknowledged.len(), lines_of(&mut writer)?);
        while acknowledged.len() - before < until {
            let line = next_line(&mut lines)?.ok_or("the process ended by itself")?;
            acknowledged.extend(line.strip_prefix(ACKNOWLEDGED).map(str::to_owned));
        }
        writer.kill()?;
        // What it had printed before it died counts too.
        while let Some(line) = next_line(&mut lines)? {
            acknowledged.extend(line.strip_prefix(ACKNOWLEDGED).map(str::to_owned));
        }
        writer.wait()?;

        let found = samples_in(&path).await?;
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} are lost", lost.len(), acknowledged.len());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_refuses_and_loses_nothing() -> Outcome {
    if let Some(path) = env::var_os(FILE) {
        return append_until_refused(PathBuf::from(path)).await;
    }
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    // A limit on the size of files stands for the full disk: 8192 blocks of 512 bytes.
    let mut writer = Command::new("sh");
    let writer =
        writer.args(["-c", r#"trap "" XFSZ; ulimit -f 8192; exec "$0" "$@""#]).arg(env::current_exe()?);
    let writer =
        writer.args(["--exact", "redb::crash::a_disk_without_room_refuses_and_loses_nothing", "--nocapture"]);
    let mut writer = writer.env(FILE, &path).stdout(Stdio::piped()).spawn()?;
    let mut lines = lines_of(&mut writer)?;
    let (mut acknowledged, mut refusals) = (BTreeSet::new(), Vec::new());
    while let Some(line) = next_line(&mut lines)? {
        acknowledged.extend(line.strip_prefix(ACKNOWLEDGED).map(str::to_owned));
        refusals.extend(line.strip_prefix(REFUSED).map(str::to_owned));
    }
    assert!(writer.wait()?.success(), "the process failed");
    assert!(refusals.iter().any(|text| text.contains("there is no room")), "{refusals:?}");

    let found = samples_in(&path).await?;
    assert!(acknowledged.len() > 20, "{} were acknowledged", acknowledged.len());
    assert!(acknowledged.is_subset(&found), "{:?} are lost", acknowledged.difference(&found));
    let store = RedbStore::open(&path).await?;
    store.append_sample(sample(0, 9999)?).await?;
    Ok(())
}

/// In the started process: writers without end, at once.
async fn append_without_end(path: PathBuf) -> Outcome {
    let store = Arc::new(RedbStore::open(path).await?);
    start_a_line()?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for number in 0.. {
                let sample = sample(writer, number)?;
                store.append_sample(sample.clone()).await?;
                print_line(ACKNOWLEDGED, &sample.id().to_string())?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    Ok(())
}

/// In the started process: appends until one is refused, and once more; reads go on or say why not.
async fn append_until_refused(path: PathBuf) -> Outcome {
    let store = RedbStore::open(path).await?;
    start_a_line()?;
    let mut refusals = 0;
    for number in 0..2000 {
        let filler = Metadata::from_iter([("filler".to_owned(), "x".repeat(20_000).into())]);
        let sample = sample(number % WRITERS, number)?.with_quality(filler);
        match store.append_sample(sample.clone()).await {
            Ok(_) => print_line(ACKNOWLEDGED, &sample.id().to_string())?,
            Err(error @ StoreError::Unavailable { .. }) => {
                print_line(REFUSED, &error.to_string())?;
                refusals += 1;
            }
            Err(error) => return Err(error.into()),
        }
        if refusals == 3 {
            return match store.all_events().await {
                Ok(events) if events.is_empty() => Err("the events are gone".into()),
                Ok(_) | Err(StoreError::Unavailable { .. }) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
    }
    Err("the limit on the file's size has no effect".into())
}

/// The ids of all samples in the file, each of which is checked to be whole.
async fn samples_in(path: &Path) -> Outcome<BTreeSet<String>> {
    let store = RedbStore::open(path).await?;
    let mut ids = BTreeSet::new();
    for event in store.all_events().await? {
        for user in store.load_event(&event.name).await?.users {
            assert!(!user.samples.is_empty(), "a user is there without a sample");
            for sample in user.samples {
                let first = sample.embedding().values().first().copied();
                assert_eq!(first, Some(sample.detection_score()), "a sample has another's embedding");
                ids.insert(sample.id().to_string());
            }
        }
    }
    Ok(ids)
}

fn sample(writer: u16, number: u16) -> Outcome<FaceSample> {
    let value = f32::from(writer) + f32::from(number) / 1024.0;
    let embedding = Embedding::new(ModelId::new("test")?, [value; DIMENSIONS])?;
    let event = EventName::new(&format!("event {}", writer % 3))?;
    let user = Username::new(&format!("user {writer}-{}", number / 4))?;
    Ok(FaceSample::new(event, user, embedding, value, "test", OffsetDateTime::UNIX_EPOCH)?)
}

/// The test runner may have begun a line of its own.
fn start_a_line() -> io::Result<()> {
    print_line("", "")
}

fn print_line(prefix: &str, text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{prefix}{text}")?;
    out.flush()
}

type Lines = BufReader<std::process::ChildStdout>;

fn lines_of(process: &mut Child) -> Outcome<Lines> {
    Ok(BufReader::new(process.stdout.take().ok_or("the process has no output")?))
}

/// The next whole line: one that a kill has cut off is none.
fn next_line(lines: &mut Lines) -> io::Result<Option<String>> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok(line.strip_suffix('\n').map(str::to_owned))
}
