//! Where the log goes: the terminal and files, each by a thread of its own that nobody waits for.

mod budget;
mod dropped;
mod files;
mod level;
mod queue;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use self::budget::Budget;
use self::dropped::UNWRITTEN;
use self::files::LogFiles;
use self::level::{change, changeable};
use self::queue::{Lines, LinesGuard};
use crate::config::{Config, LogFormat};

pub(crate) use self::dropped::dropped_lines;

/// The framework's own messages, and how much of them is logged unless they are asked for: it tells of its own start
/// as information, in words that mean nothing to an operator, and of each client that sends no HTTP as an error.
const FRAMEWORK: [(&str, LevelFilter); 2] =
    [("actix_server", LevelFilter::WARN), ("actix_http::h1", LevelFilter::OFF)];

/// Starts logging; what is still to be written is written when the guards are dropped.
///
/// # Errors
/// When the log folder cannot be made or written to.
pub(crate) fn start(config: &Config) -> anyhow::Result<Vec<LinesGuard>> {
    let filter = changeable(filter(config)?);
    let as_text = match config.log_format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let (lines, guard) = Lines::start("log-terminal", standard_error()?, &UNWRITTEN)?;
    let mut guards = vec![guard];
    let writer = move || lines.clone();
    let terminal = if as_text {
        // Text can be asked for where it goes to a file, in which colours are noise.
        fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(writer).boxed()
    } else {
        // The list of spans would repeat the request's span in every line.
        fmt::layer().json().with_span_list(false).with_writer(writer).boxed()
    };
    let file = match &config.log_dir {
        Some(folder) => {
            let (lines, guard) = Lines::start("log-file", log_files(folder)?, &UNWRITTEN)?;
            guards.push(guard);
            Some(fmt::layer().json().with_span_list(false).with_writer(move || lines.clone()))
        }
        None => None,
    };
    let budget = Budget::new(Instant::now());
    tracing_subscriber::registry().with(budget).with(filter).with(terminal).with(file).init();
    // The usual hook writes to standard error by itself, and would wait for its reader.
    std::panic::set_hook(Box::new(|panic| tracing::error!("a fault: {panic}")));
    Ok(guards)
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
    let mut filter: Targets = config.log_level.parse().context("the log level cannot be used")?;
    for (target, level) in FRAMEWORK {
        // Asked for by this name, or by that of the crate around it.
        let is_asked_for = filter.iter().any(|(asked, _)| target.starts_with(asked));
        if !is_asked_for {
            filter = filter.with_target(target, level);
        }
    }
    Ok(filter)
}

/// Standard error without the lock of the process: who holds that while its reader has stalled keeps all others.
fn standard_error() -> io::Result<impl Write + Send + 'static> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle;
        Ok(File::from(io::stderr().as_handle().try_clone_to_owned()?))
    }
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

/// `app.log` is a link to the file that is written to.
fn log_files(folder: &Path) -> anyhow::Result<LogFiles> {
    // The process may go elsewhere.
    let folder = std::path::absolute(folder)?;
    private_folder(&folder).with_context(|| {
        format!("the log folder {} cannot be made: change --log-dir, or set it to nothing", folder.display())
    })?;
    LogFiles::open(&folder).with_context(|| {
        format!("log files cannot be written to {}: change --log-dir, or set it to nothing", folder.display())
    })
}
