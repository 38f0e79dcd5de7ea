//! One server with a data folder of its own.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use uuid::Uuid;

use crate::ServerError;
use crate::error::Outcome;
use crate::guard::Guard;
use crate::installation::{Installation, Unprivileged};
use crate::process::{children, copy_folder, is_ready, signal, wait_until};

/// A running PostgreSQL on a loopback port, which ends with this value and takes its data along.
///
/// Its superuser is `postgres`, with a random password; `fsync` is on, as in production.
#[derive(Debug)]
pub struct PostgresServer {
    // First: what ends the server goes before the folder does.
    process: Option<Child>,
    _guard: Guard,
    installation: Installation,
    user: Option<Unprivileged>,
    settings: Vec<String>,
    password: String,
    port: u16,
    folder: TempDir,
}

impl PostgresServer {
    /// Makes a data folder and starts a server on it.
    ///
    /// # Errors
    /// When a program fails; what it said is in the message.
    pub fn start(installation: &Installation) -> Outcome<Self> {
        Self::start_with(installation, &[])
    }

    /// As [`PostgresServer::start`], with settings such as `max_connections=5`.
    ///
    /// # Errors
    /// As for [`PostgresServer::start`].
    pub fn start_with(installation: &Installation, settings: &[&str]) -> Outcome<Self> {
        let folder = TempDir::with_prefix("postgres-").map_err(ServerError::at(&std::env::temp_dir()))?;
        let user = Unprivileged::instead_of_the_owner_of(folder.path())?;
        if let Some(user) = user {
            user.own(folder.path())?;
        }
        let mut server = Self {
            process: None,
            _guard: Guard::start(folder.path())?,
            installation: reachable(installation, user, &folder)?,
            user,
            settings: settings.iter().map(ToString::to_string).collect(),
            password: Uuid::now_v7().simple().to_string(),
            port: 0,
            folder,
        };
        server.initialise()?;
        // Another program may take the port between the look for a free one and the start.
        let mut attempt = 0;
        loop {
            server.port = free_port()?;
            match server.start_again() {
                Err(error) if attempt < 3 && error.to_string().contains("could not bind") => attempt += 1,
                outcome => return outcome.map(|()| server),
            }
        }
    }

    /// The address of the database `postgres`, for the superuser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The data folder, for tests that look into it or change a file.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Stops it at once and in order: connections are ended, what was committed is written.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Outcome {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // INT is PostgreSQL's fast shutdown; after TERM it would wait for its clients to leave.
        signal("INT", &[process.id()])?;
        wait_until("the end of the server", || Ok(process.try_wait().is_ok_and(|status| status.is_some())))
    }

    /// Kills all its processes as a crash of the machine would, without a word.
    ///
    /// # Errors
    /// When they do not end.
    pub fn kill(&mut self) -> Outcome {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // Held first, so that it starts no more. The children are killed too: they outlive it for a moment, and
        // could still finish a commit.
        signal("STOP", &[process.id()])?;
        let mut all = children(process.id())?;
        all.push(process.id());
        signal("KILL", &all)?;
        wait_until("the end of the server", || Ok(process.try_wait().is_ok_and(|status| status.is_some())))
    }

    /// Stops all its processes where they are: it neither answers nor ends connections until the guard is dropped.
    ///
    /// # Errors
    /// When they cannot be reached.
    pub fn freeze(&self) -> Outcome<Frozen> {
        let Some(process) = &self.process else { return Ok(Frozen(None)) };
        let frozen = Frozen(Some(process.id()));
        signal("STOP", &[process.id()])?;
        signal("STOP", &children(process.id())?)?;
        Ok(frozen)
    }

    /// Starts it on its data and its port; waits until it answers.
    ///
    /// # Errors
    /// When it ends by itself; the end of its log is in the message.
    pub fn start_again(&mut self) -> Outcome {
        let log = self.folder.path().join("log");
        wait_until("the start of the server", || {
            let output = File::create(&log).map_err(ServerError::at(&log))?;
            let mut process = self.spawn(output)?;
            let mut exit = None;
            wait_until("the readiness of the server", || {
                exit = process.try_wait().ok().flatten();
                Ok(exit.is_some() || is_ready(&self.data(), process.id()))
            })?;
            if exit.is_none() {
                self.process = Some(process);
                return Ok(true);
            }
            let said = fs::read_to_string(&log).unwrap_or_default();
            // Of a killed server some process may live on for a moment.
            let still_there =
                ["pre-existing shared memory block", "lock file \"postmaster.pid\" already exists"];
            if still_there.iter().any(|text| said.contains(text)) {
                return Ok(false);
            }
            Err(ServerError::new(format!("the server ended by itself: {said}")))
        })
    }

    fn initialise(&self) -> Outcome {
        let password = self.folder.path().join("password");
        fs::write(&password, &self.password).map_err(ServerError::at(&password))?;
        if let Some(user) = self.user {
            user.own(&password)?;
        }
        let mut initdb = self.installation.command("initdb");
        // A password, because any user of this machine can reach the port. --no-sync, because tests kill
        // processes, not the machine, and so lose nothing that was written.
        initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        initdb.args(["--no-instructions", "--no-sync"]).arg("--pgdata").arg(self.data());
        initdb.arg(format!("--pwfile={}", password.display()));
        Installation::run(self.as_its_user(&mut initdb)).map(drop)
    }

    fn spawn(&self, log: File) -> Outcome<Child> {
        use std::os::unix::process::CommandExt;

        let mut server = self.installation.command("postgres");
        server.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        let own = ["listen_addresses=127.0.0.1", "unix_socket_directories="].map(str::to_owned);
        for setting in own.iter().chain(&self.settings) {
            server.args(["-c", setting]);
        }
        let program = self.installation.bin().join("postgres");
        let errors = log.try_clone().map_err(ServerError::at(&program))?;
        // In a group of its own like the guard, which is to end it when a test's whole group is killed.
        server.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        self.as_its_user(&mut server).spawn().map_err(ServerError::at(&program))
    }

    fn as_its_user<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if let Some(user) = self.user {
            user.run(command);
        }
        // It must be able to enter the folder that it is started in.
        command.current_dir(self.folder.path())
    }
}

/// A server that does nothing. Dropped, it goes on: also when a test fails meanwhile, which would otherwise wait for ever
/// for its database to be dropped.
#[derive(Debug)]
#[must_use]
pub struct Frozen(Option<u32>);

impl Drop for Frozen {
    fn drop(&mut self) {
        if let Some(process) = self.0 {
            let _ = signal("CONT", &children(process).unwrap_or_default());
            let _ = signal("CONT", &[process]);
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Its data goes with it, so nothing need be written.
            let _ = signal("QUIT", &[process.id()]);
            let _ = wait_until("the end of the server", || Ok(matches!(process.try_wait(), Ok(Some(_)))));
        }
    }
}

fn free_port() -> Outcome<u16> {
    let at_port = || ServerError::at(std::path::Path::new("127.0.0.1"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(at_port())?;
    Ok(listener.local_addr().map_err(at_port())?.port())
}

/// The installation itself, or a copy when another user is to run it who cannot reach it.
fn reachable(
    installation: &Installation,
    user: Option<Unprivileged>,
    folder: &TempDir,
) -> Outcome<Installation> {
    let Some(user) = user else { return Ok(installation.clone()) };
    let mut version = installation.command("postgres");
    user.run(version.arg("--version").current_dir(folder.path()));
    if version.output().is_ok_and(|output| output.status.success()) {
        return Ok(installation.clone());
    }
    // With the folder beside it, where a wheel keeps its libraries.
    let programs = installation.bin();
    let root = programs.ancestors().nth(3).unwrap_or(programs);
    let copy = folder.path().join("installation");
    copy_folder(root, &copy)?;
    let inside = programs.strip_prefix(root).unwrap_or(programs);
    Installation::at(copy.join(inside))
}
