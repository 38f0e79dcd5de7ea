//! A server process on a free port, in an empty folder, ended with the measurement.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::AccuracyError;

/// Everything but its defaults: a store in memory, of several faces the largest counts, and no line on the
/// terminal for each of thousands of requests.
const FLAGS: [&str; 8] =
    ["--port", "0", "--store", "memory:", "--multi-face", "largest", "--log-level", "warn"];

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
    /// It keeps its log there, which goes with it.
    _folder: TempDir,
}

impl Server {
    /// Starts the program with the set-up's models and waits until it says that it is ready.
    pub(super) fn start(program: &Path, models: &Path) -> Result<Self, AccuracyError> {
        let failed = |source| AccuracyError::Read { path: program.to_path_buf(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        let mut command = Command::new(std::path::absolute(program).map_err(failed)?);
        // Settings of whoever measures must not change what is measured: the server's own defaults.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("FACE_") {
                command.env_remove(name);
            }
        }
        let models = std::path::absolute(models).map_err(failed)?;
        // Paths were made absolute above, for they start in the folder that is left here.
        command.current_dir(folder.path()).arg("--models").arg(models).args(FLAGS);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        // Waits as long as the start takes, and ends when the server does: its end closes the pipe. After
        // this line the server writes nothing more to standard output, so nobody need read on.
        let line = child.stdout.take().and_then(|output| BufReader::new(output).lines().next());
        let line = line.transpose().map_err(failed)?.unwrap_or_default();
        let url = line.strip_prefix("Ready: ").and_then(|rest| rest.split("/ ").next()).map(str::to_owned);
        match url {
            Some(url) => Ok(Self { child, url, _folder: folder }),
            None => {
                end(&mut child);
                Err(AccuracyError::Server("it ended before it was ready: its own words are above".to_owned()))
            }
        }
    }

    /// Address without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    // Runs before the fields are dropped: the process is gone when its folder is removed.
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // A process that has ended already is what is wanted.
    let _ = child.kill();
    // Without it the process would stay as a zombie until this one ends.
    let _ = child.wait();
}
