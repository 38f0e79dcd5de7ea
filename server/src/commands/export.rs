//! `face-server export FILE` and `face-server import FILE`: moves faces between stores of any kind.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use embedding_store::archive::{self, ExportOptions, ImportOptions, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::startup::{open_store, open_store_to_read};

/// Writes the whole store to a new file, readable to its owner alone.
pub(crate) fn export(config: &Config, target: &Path) -> anyhow::Result<()> {
    let mut options = ExportOptions::default();
    options.key = config.secrets.archive_key().cloned();
    if options.key.is_none() {
        writeln!(
            io::stderr(),
            "warning: without FACE_ARCHIVE_KEY the file holds biometric data in the clear; `face-server key` makes \
             a key"
        )?;
    }
    // Before the store is opened, so that a place that cannot be written to is known at once. Never over an
    // earlier export, which may be the only copy.
    let file = create_new(target).with_context(|| format!("cannot make '{}'", target.display()))?;
    let bar = ProgressBar::new_spinner();
    let exported = actix_web::rt::System::new().block_on(async {
        let store = open_store_to_read(config).await?;
        let summary = archive::export(&*store, BufWriter::new(&file), &options, |done| {
            bar.set_message(described(done));
            bar.tick();
        })
        .await?;
        let unreadable = store.unreadable_records();
        if unreadable > 0 {
            writeln!(
                io::stderr(),
                "warning: {unreadable} users or events cannot be read, and are not in it"
            )?;
        }
        // The export flushes, no more: that its bytes are on the disk is left to its caller.
        file.sync_all()?;
        anyhow::Ok(summary)
    });
    bar.finish_and_clear();
    if exported.is_err() {
        // Half an export is of no use, and every reader would refuse it.
        let _ = fs::remove_file(target);
    }
    writeln!(io::stdout(), "Exported to '{}': {}.", target.display(), described(exported?.total))?;
    Ok(())
}

/// Adds what an export holds to the store; again if need be, which changes nothing.
pub(crate) fn import(config: &Config, source: &Path) -> anyhow::Result<()> {
    let mut options = ImportOptions::default();
    options.key = config.secrets.archive_key().cloned();
    let file = File::open(source).with_context(|| format!("cannot read '{}'", source.display()))?;
    let bar = ProgressBar::new(file.metadata()?.len());
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}")?);
    let imported = actix_web::rt::System::new().block_on(async {
        let store = open_store(config).await?;
        let summary = archive::import(&*store, BufReader::new(file), &options, |done| {
            bar.set_position(done.bytes);
            bar.set_message(described(done));
        })
        .await?;
        anyhow::Ok(summary)
    });
    bar.finish_and_clear();
    let imported = imported.with_context(|| format!("'{}'", source.display()))?;
    let mut out = io::stdout().lock();
    for event in imported.kept_events {
        writeln!(out, "Event '{event}' was there already and keeps its own settings.")?;
    }
    writeln!(out, "Imported from '{}': {}.", source.display(), described(imported.total))?;
    Ok(())
}

fn described(progress: Progress) -> String {
    let Progress { events, users, samples, bytes, .. } = progress;
    format!("{events} events, {users} users, {samples} face samples, {bytes} bytes")
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // With the mode from the start: set afterwards, others could open the file in between.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
