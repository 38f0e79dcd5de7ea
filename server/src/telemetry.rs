//! Where the log goes: the terminal, and one file a day.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, ensure};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Config, LogFormat};
use crate::log_level::{change, changeable};

/// The framework's own messages.
const FRAMEWORK: &str = "actix_server";

/// Days whose log files are kept.
const DAYS_KEPT: usize = 14;

/// Starts logging; what is still to be written is written when the guard is dropped.
///
/// # Errors
/// When the log folder cannot be made or written to.
pub(crate) fn start(config: &Config) -> anyhow::Result<Option<WorkerGuard>> {
    let filter = changeable(filter(config)?);
    let as_text = match config.log_format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let terminal = if as_text {
        // Text can be asked for where it goes to a file, in which colours are noise.
        fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).boxed()
    } else {
        // The list of spans would repeat the request's span in every line.
        fmt::layer().json().with_span_list(false).with_writer(io::stderr).boxed()
    };
    let (file, guard) = match &config.log_dir {
        Some(folder) => {
            // A thread of its own writes: no request waits for the disk. Beyond 128,000 waiting lines, it
            // drops.
            let (writer, guard) = tracing_appender::non_blocking(appender(folder)?);
            (Some(fmt::layer().json().with_span_list(false).with_writer(writer)), Some(guard))
        }
        None => (None, None),
    };
    tracing_subscriber::registry().with(filter).with(terminal).with(file).init();
    Ok(guard)
}

/// Changes what is logged to what `config` says.
///
/// # Errors
/// When the level cannot be used or changed.
pub(crate) fn change_level(config: &Config) -> anyhow::Result<()> {
    ensure!(change(filter(config)?), "the log level cannot be changed");
    Ok(())
}

/// What is logged.
fn filter(config: &Config) -> anyhow::Result<Targets> {
    let filter: Targets = config.log_level.parse().context("the log level cannot be used")?;
    if config.log_level.contains(FRAMEWORK) {
        return Ok(filter);
    }
    // At the level of information it tells of its own start, in words that mean nothing to an operator.
    Ok(filter.with_target(FRAMEWORK, LevelFilter::WARN))
}

/// Makes the folder, for its owner alone: the log names people.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    // The mode from the start, so it is never open to others. A folder that is there keeps its own.
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// `app.log` is a link to the day's file.
fn appender(folder: &Path) -> anyhow::Result<RollingFileAppender> {
    // A link made from a relative path would dangle.
    let folder = std::path::absolute(folder)?;
    private_folder(&folder).with_context(|| {
        format!("the log folder {} cannot be made: change --log-dir, or set it to nothing", folder.display())
    })?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("app")
        .filename_suffix("log")
        .latest_symlink("app.log")
        .max_log_files(DAYS_KEPT)
        .build(&folder)
        .with_context(|| {
            format!(
                "log files cannot be written to {}: change --log-dir, or set it to nothing",
                folder.display()
            )
        })
}
