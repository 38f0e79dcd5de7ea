//! The processes of one server, by what its data folder says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::ServerError;
use crate::error::Outcome;

/// How long a server may take for anything on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Waits until `done` says so.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> Outcome<bool>) -> Outcome {
    let start = Instant::now();
    while !done()? {
        if start.elapsed() > DEADLINE {
            return Err(ServerError::new(format!("{what} has not happened within {DEADLINE:?}")));
        }
        thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// The state that the server notes in its data folder: its process in the first line, how far it has come
/// in the eighth.
pub(crate) fn is_ready(data: &Path, process: u32) -> bool {
    // A killed server leaves this file behind, "ready" included: hence the comparison of the process.
    let note = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = note.lines();
    lines.next().is_some_and(|line| line.trim() == process.to_string())
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

pub(crate) fn signal(name: &str, processes: &[u32]) -> Outcome {
    // The standard library can send KILL only.
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).args(processes.iter().map(u32::to_string));
    // Of those that have ended meanwhile it complains.
    kill.stderr(Stdio::null()).status().map(drop).map_err(ServerError::at(Path::new("kill")))
}

/// The processes that `parent` has started and that have not ended.
pub(crate) fn children(parent: u32) -> Outcome<Vec<u32>> {
    let mut ps = Command::new("ps");
    let output = ps.args(["-A", "-o", "pid=,ppid="]).output().map_err(ServerError::at(Path::new("ps")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = text.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    Ok(pairs.filter(|(_, its_parent)| *its_parent == parent).map(|(process, _)| process).collect())
}

/// Copies a folder with all that is in it, keeping who may run what.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(ServerError::at(to))?;
    for entry in fs::read_dir(from).map_err(ServerError::at(from))? {
        let from: PathBuf = entry.map_err(ServerError::at(from))?.path();
        let to = to.join(from.file_name().unwrap_or_default());
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(ServerError::at(&from))?;
        }
    }
    Ok(())
}
