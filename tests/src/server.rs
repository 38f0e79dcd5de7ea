//! A server process in an empty folder, ended when the test is.

use std::env;
use std::fs::{OpenOptions, create_dir_all, write};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::Client;
use crate::keys::{KEY_FILE, add_key};

/// Names the server program; `cargo xtask test` builds it and sets this.
const PROGRAM: &str = "TEST_SERVER_BIN";

/// The workspace's folder.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}

/// The server program with the set-up's models, in `folder`, and nothing of this process's settings.
///
/// # Errors
/// When the program has not been built.
pub fn server_command(folder: &Path) -> Result<Command> {
    let built = || workspace().join("target/debug").join(format!("face-server{}", env::consts::EXE_SUFFIX));
    let program = env::var_os(PROGRAM).map_or_else(built, PathBuf::from);
    ensure!(program.is_file(), "{} is missing: run the tests with `cargo xtask test`", program.display());
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("FACE_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).arg("--models").arg(workspace().join("models"));
    Ok(command)
}

/// How a server is to be started.
#[derive(Debug)]
pub struct ServerBuilder {
    folder: TempDir,
    flags: Vec<String>,
}

impl ServerBuilder {
    /// Adds flags.
    #[must_use]
    pub fn flags<'a>(mut self, flags: impl IntoIterator<Item = &'a str>) -> Self {
        self.flags.extend(flags.into_iter().map(str::to_owned));
        self
    }

    /// Makes a key for it, for these events or for every one; from then on it takes no request without.
    ///
    /// # Errors
    /// When the key was not made.
    pub fn key(mut self, name: &str, role: &str, events: &[&str]) -> Result<(Self, String)> {
        let key = add_key(self.folder.path(), name, role, events)?;
        if !self.flags.iter().any(|flag| flag == KEY_FILE) {
            self = self.flags(["--keys", KEY_FILE]);
        }
        Ok((self, key))
    }

    /// Gives it a secret, by a file in its folder as an operator would.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn secret(self, name: &str, value: &str) -> Result<Self> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.folder.path().join(".env"))?;
        writeln!(file, "{name}={value}")?;
        Ok(self)
    }

    /// Puts a file into its folder, such as a store that was written before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn file(self, path: &str, bytes: &[u8]) -> Result<Self> {
        let path = self.folder.path().join(path);
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        write(&path, bytes)?;
        Ok(self)
    }

    /// The folder it will run in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start(self) -> Result<Server> {
        let (child, url) = spawn(self.folder.path(), &self.flags)?;
        Ok(Server { child: Some(child), url, folder: self.folder, flags: self.flags })
    }
}

/// A running server. Its folder has the store in `data` and the log in `logs`.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    url: String,
    folder: TempDir,
    flags: Vec<String>,
}

impl Server {
    /// A server with the default settings, on a free port.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn builder() -> Result<ServerBuilder> {
        Ok(ServerBuilder { folder: tempfile::tempdir()?, flags: vec!["--port".into(), "0".into()] })
    }

    /// Starts a server with the default settings.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start() -> Result<Self> {
        Self::builder()?.start()
    }

    /// Address without a slash at the end, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The folder it runs in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has written to its log. Lines are written by a thread: of a server that was ended, all of them.
    ///
    /// # Errors
    /// When there is no log.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder().join("logs/app.log"))?)
    }

    /// Id of its process.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Kills it as `kill -9` does, in the middle of whatever it does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the server is not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Starts it again on the same folder.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn restart(&mut self) -> Result<()> {
        let (child, url) = spawn(self.folder.path(), &self.flags)?;
        (self.child, self.url) = (Some(child), url);
        Ok(())
    }

    /// Asks it to stop as a service manager does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn ask_to_stop(&self) -> Result<()> {
        let process = self.process().context("the server is not running")?;
        let asked = Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
        ensure!(asked.success(), "kill failed");
        Ok(())
    }

    /// Tells it to read its settings again, as a service manager does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn tell_to_reload(&self) -> Result<()> {
        let process = self.process().context("the server is not running")?;
        let told = Command::new("kill").args(["-HUP", &process.to_string()]).status()?;
        ensure!(told.success(), "kill failed");
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it is not running.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let mut child = self.child.take().context("the server is not running")?;
        Ok(child.wait()?)
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Errors
    /// When it is not running.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.ask_to_stop()?;
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // A process that has ended already is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(folder: &Path, flags: &[String]) -> Result<(Child, String)> {
    let mut child = server_command(folder)?.args(flags).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    let line = lines.next().context("the server ended before it was ready")??;
    let url = line.strip_prefix("Ready: ").and_then(|rest| rest.split("/ ").next());
    Ok((child, url.with_context(|| format!("no address in {line:?}"))?.to_owned()))
}
