//! `face-server export FILE` and `face-server import FILE`: moves faces between stores of any kind.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use embedding_store::archive::{self, ArchiveError, ExportOptions, ImportOptions, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::new_store::open_or_make;
use crate::commands::output::report;
use crate::config::Config;
use crate::startup::{open_store_to_read, stop_signal};

/// Writes the whole store to a new file, readable to its owner alone.
pub(crate) fn export(config: &Config, target: &Path) -> anyhow::Result<()> {
    let mut options = ExportOptions::default();
    options.key = config.secrets.archive_key().cloned();
    if options.key.is_none() {
        let _ = writeln!(
            io::stderr(),
            "warning: without FACE_ARCHIVE_KEY the file holds biometric data in the clear; `face-server key` makes \
             a key"
        );
    }
    // Before the store is opened, so that a place that cannot be written to is known at once. Never over an
    // earlier export, which may be the only copy.
    let file = create_new(target).with_context(|| cannot_make(target))?;
    let bar = ProgressBar::new_spinner();
    let work = async {
        let store = open_store_to_read(config).await?;
        let summary = archive::export(&*store, BufWriter::new(&file), &options, |done| {
            bar.set_message(described(done));
            bar.tick();
        })
        .await?;
        let unreadable = store.unreadable_records();
        if unreadable > 0 {
            let _ = writeln!(
                io::stderr(),
                "warning: {unreadable} users or events cannot be read, and are not in it"
            );
        }
        // The export flushes, no more: that its bytes are on the disk is left to its caller.
        file.sync_all()?;
        anyhow::Ok(summary)
    };
    let exported = actix_web::rt::System::new().block_on(async {
        let stopped = stop_signal()?;
        tokio::select! {
            exported = work => exported,
            () = stopped => bail!("told to stop, so nothing was exported"),
        }
    });
    bar.finish_and_clear();
    if exported.is_err() {
        // Half an export is of no use, and every reader would refuse it.
        let _ = fs::remove_file(target);
    }
    report(format_args!("Exported to '{}': {}.", target.display(), described(exported?.total)))
}

/// Adds what an export holds to the store; again if need be, which changes nothing.
pub(crate) fn import(config: &Config, source: &Path) -> anyhow::Result<()> {
    let mut options = ImportOptions::default();
    options.key = config.secrets.archive_key().cloned();
    let mut file = File::open(source).with_context(|| format!("cannot read '{}'", source.display()))?;
    let found = file.metadata()?;
    let named = || format!("'{}'", source.display());
    ensure!(!found.is_dir(), "{} is a folder: give the export", named());
    let bar = ProgressBar::new(found.len());
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}")?);
    let imported = actix_web::rt::System::new().block_on(async {
        // A store is made for what can be taken in alone. From a pipe it can be read once.
        let check = || {
            if found.is_file() {
                archive::verify(BufReader::new(&file), options.key.as_ref(), |_| {}).with_context(named)?;
                file.rewind()?;
            }
            Ok(())
        };
        let store = open_or_make(config, check).await?;
        let summary = archive::import(&*store, BufReader::new(&file), &options, |done| {
            bar.set_position(done.bytes);
            bar.set_message(described(done));
        })
        .await;
        summary.map_err(|error| {
            let is_of_store = matches!(error, ArchiveError::Store(_));
            let by_store = || format!("the store '{}' does not take {}", config.store, named());
            let at_fault = if is_of_store { by_store() } else { named() };
            anyhow::Error::from(error).context(at_fault)
        })
    });
    bar.finish_and_clear();
    let imported = imported?;
    for event in imported.kept_events {
        report(format_args!("Event '{event}' was there already and keeps its own settings."))?;
    }
    report(format_args!("Imported from '{}': {}.", source.display(), described(imported.total)))
}

fn described(progress: Progress) -> String {
    let Progress { events, users, samples, bytes, .. } = progress;
    format!("{events} events, {users} users, {samples} face samples, {bytes} bytes")
}

/// What is wrong with a place for a new file, as far as it can be seen.
fn cannot_make(target: &Path) -> String {
    let advice = if target.symlink_metadata().is_ok() {
        "something is there already, give a name that is free"
    } else {
        "its folder must be there, and writable"
    };
    format!("cannot make '{}': {advice}", target.display())
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // With the mode from the start: set afterwards, others could open the file in between.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
