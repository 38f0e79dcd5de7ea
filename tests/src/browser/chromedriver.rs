//! The process between the tests and the browser.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// Names the program; `cargo xtask test` finds it and sets this.
const PROGRAM: &str = "CHROMEDRIVER_BIN";

/// How long the browser may take to end.
const GOODBYE: Duration = Duration::from_secs(10);

/// A running chromedriver, which ends its browsers when it is dropped.
#[derive(Debug)]
pub(super) struct Chromedriver {
    child: Child,
    url: String,
    port: u16,
    /// Kept open: it may still have something to print.
    _output: BufReader<ChildStdout>,
}

impl Chromedriver {
    /// Starts it on a free port and waits until it says which.
    pub(super) fn start() -> Result<Self> {
        let program = env::var_os(PROGRAM).unwrap_or_else(|| "chromedriver".into());
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
        let port = announced_port(&mut output)?;
        Ok(Self { child, url: format!("http://127.0.0.1:{port}"), port, _output: output })
    }

    /// Address without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Asks it to end its browsers and itself, and waits for the answer.
    fn ask_to_stop(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        connection.set_read_timeout(Some(GOODBYE))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // A process that does not answer or has ended already is killed all the same.
        let _ = self.ask_to_stop();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn announced_port(output: &mut impl BufRead) -> Result<u16> {
    for line in output.lines() {
        let line = line?;
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().with_context(|| format!("no port in {line:?}"));
        }
    }
    anyhow::bail!("chromedriver ended before it was ready")
}
