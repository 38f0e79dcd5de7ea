//! `face-server snapshot` and `face-server restore FILE`: all that is stored, with check-ins and audit, to a file and back.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use embedding_store::archive::{self, Progress};
use embedding_store::{EmbeddingStore, Journal, RedbJournal, StoreError};
use futures_util::StreamExt;
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::commands::running_server::{self, MadeSnapshot};
use crate::config::Config;
use crate::snapshots::{SnapshotName, copy_whole, records, write_whole};
use crate::startup::{open_store_to_read, store_marker};
use crate::store_marker::StoreMarker;

/// Writes a snapshot to `target`, else into the folder for snapshots, whether or not a server is running.
pub(crate) fn snapshot(config: &Config, target: Option<&Path>) -> anyhow::Result<()> {
    let opened = actix_web::rt::System::new().block_on(write(config, target));
    match opened {
        Err(error) if is_held(&error) => by_the_server(config, target, error),
        written => written,
    }
}

async fn write(config: &Config, target: Option<&Path>) -> anyhow::Result<()> {
    let store = open_store_to_read(config).await?;
    let journal = own_journal_to_read(config, &*store).await?;
    if config.secrets.archive_key().is_none() {
        warn_of_plain()?;
    }
    let folder = config.snapshots();
    let name = SnapshotName::at(OffsetDateTime::now_utc()).context("the clock is wrong")?;
    let path = match (target, &folder) {
        (Some(target), _) => target.to_owned(),
        (None, Some(folder)) => folder.path(&name),
        (None, None) => {
            anyhow::bail!("there is no folder for snapshots: give --to FILE or --snapshots FOLDER")
        }
    };
    let bar = ProgressBar::new_spinner();
    let records = records(&*store, journal.as_ref()).await;
    let written =
        write_whole(records, &path, config.secrets.archive_key(), |done| bar.set_message(described(done)));
    let written = written.await;
    bar.finish_and_clear();
    let written = written.with_context(|| format!("'{}' was not written", path.display()))?;
    let unreadable = store.unreadable_records();
    if unreadable > 0 {
        writeln!(io::stderr(), "warning: {unreadable} users or events cannot be read, and are not in it")?;
    }
    if let (None, Some(folder)) = (target, folder) {
        folder.drop_oldest()?;
    }
    report(&path, &described(written.total), &HEXLOWER.encode(&written.sha256))
}

/// Asks the server that holds the store, and copies what it made where another place is meant.
fn by_the_server(config: &Config, target: Option<&Path>, error: anyhow::Error) -> anyhow::Result<()> {
    let made = running_server::make_snapshot(config, warn_of_plain).map_err(|unasked| {
        error.context(format!("it cannot be read here, and no server made a snapshot of it: {unasked:#}"))
    })?;
    let name = SnapshotName::parse(&made.name).context("the server gave no name of a snapshot")?;
    let folder = config.snapshots().context("the server's folder for snapshots is not known here")?;
    let mut path = folder.path(&name);
    if let Some(target) = target {
        take(&path, target, &made).with_context(|| {
            format!("the server made '{name}', which was not copied to '{}'", target.display())
        })?;
        path = target.to_owned();
    }
    let MadeSnapshot { events, users, faces, entries, bytes, sha256, .. } = made;
    report(&path, &counts(events, users, faces, entries, bytes), &sha256)
}

/// Copies the file that the server made.
fn take(made: &Path, target: &Path, said: &MadeSnapshot) -> anyhow::Result<()> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(made)?, &mut hash)?;
    ensure!(HEXLOWER.encode(&hash.finalize()) == said.sha256, "it is another file than the server said");
    Ok(copy_whole(File::open(made)?, target)?)
}

/// Takes a snapshot into the store, which has to be empty unless `is_merge`.
pub(crate) fn restore(config: &Config, source: &Path, is_merge: bool) -> anyhow::Result<()> {
    let key = config.secrets.archive_key();
    let unusable = || format!("'{}'", source.display());
    // Before the store is opened, which makes one: of a file that is no good nothing is left behind.
    archive::verify(BufReader::new(File::open(source).with_context(unusable)?), key, |_| {})
        .with_context(unusable)?;
    let file = BufReader::new(File::open(source).with_context(unusable)?);
    let bar = ProgressBar::new_spinner();
    let restored = actix_web::rt::System::new().block_on(async {
        // Without a look at the note that it was there: a store that has vanished is what is restored.
        let opened = config.store.open_with(&config.secrets.store_options()).await;
        let store = opened.with_context(|| format!("the store '{}' cannot be used", config.store))?;
        ensure!(!store.is_served().await?, "a server is running on the store: stop all of them first");
        let own_journal = match store.journal() {
            Some(_) => None,
            None => Some(Arc::new(RedbJournal::open(&config.journal).await.with_context(|| {
                format!("the journal '{}' cannot be used", config.journal.display())
            })?)),
        };
        let is_empty = records(&*store, own_journal.as_deref()).await.next().await.transpose()?.is_none();
        ensure!(
            is_empty || is_merge,
            "the store '{}' is not empty: give another --store, or --merge to add what it lacks, as to complete a \
             restoration that was interrupted",
            config.store
        );
        let journal = own_journal.map(|journal| journal as Arc<dyn Journal>).or_else(|| store.journal());
        let journal = journal.context("the store has no journal")?;
        let restored =
            archive::restore(&*store, &*journal, file, key, |done| bar.set_message(described(done))).await?;
        store_marker(config).iter().for_each(StoreMarker::make);
        anyhow::Ok(restored)
    });
    bar.finish_and_clear();
    let restored = restored.with_context(unusable)?;
    let mut out = io::stdout().lock();
    for event in restored.kept_events {
        writeln!(out, "Event '{event}' was there already and keeps its own settings.")?;
    }
    writeln!(out, "Restored from '{}': {}.", source.display(), described(restored.total))?;
    Ok(())
}

/// The journal beside a store that has none; `None` also where it was never made.
async fn own_journal_to_read(
    config: &Config,
    store: &dyn EmbeddingStore,
) -> anyhow::Result<Option<RedbJournal>> {
    if store.journal().is_some() {
        return Ok(None);
    }
    StoreMarker::for_file(&config.journal, config.state.as_deref()).check()?;
    if !config.journal.exists() {
        return Ok(None);
    }
    let journal = RedbJournal::open_to_read(&config.journal).await;
    let journal =
        journal.with_context(|| format!("the journal '{}' cannot be used", config.journal.display()))?;
    Ok(Some(journal))
}

/// Whether another process may hold the file of the store or the journal.
fn is_held(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Unavailable { retryable: true, .. }))
}

fn warn_of_plain() -> io::Result<()> {
    writeln!(
        io::stderr(),
        "warning: without FACE_ARCHIVE_KEY the file holds biometric data in the clear; `face-server key` makes a key"
    )
}

fn report(path: &Path, counts: &str, sha256: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "Snapshot '{}': {counts}.\nSHA-256: {sha256}", path.display())?)
}

fn described(progress: Progress) -> String {
    let Progress { events, users, samples, entries, bytes, .. } = progress;
    counts(events, users, samples, entries, bytes)
}

fn counts(events: u64, users: u64, faces: u64, entries: u64, bytes: u64) -> String {
    format!(
        "{events} events, {users} users, {faces} face samples, {entries} entries of check-ins and audit, {bytes} bytes"
    )
}
