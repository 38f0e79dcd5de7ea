//! The archive tried as on a bare machine: in an empty root directory with nothing but the system's C and C++ libraries.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{archive, files, output};
use crate::workspace;

/// What is asked, and what must be in the answer.
const QUESTIONS: [(&str, &str); 4] = [
    ("/health/ready", "200 OK"),
    ("/", "<!doctype html>"),
    ("/docs", "swagger"),
    ("/openapi.json", "\"openapi\""),
];

/// Ends the server when the check is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself is no concern of the drop.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Unpacks the archive into an empty root directory and serves there, through `chroot`.
pub(super) fn serves_in_an_empty_root(archive: &Path, name: &str) -> Result<()> {
    let root = output().join("root");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("cannot empty {}", root.display()))?;
    }
    fs::create_dir_all(root.join("tmp"))?;
    archive::unpack(archive, &root)?;
    let folder = root.join(name);
    for library in libraries(&[folder.join("face-server"), folder.join("models/runtime/libonnxruntime.so")])?
    {
        let inside = library.strip_prefix("/").unwrap_or(&library);
        files::copy(&library, &root.join(inside))?;
    }
    let mut server = Command::new("chroot");
    server.arg(&root).arg(format!("/{name}/face-server")).args(["--port", "0", "--log-dir", ""]);
    server.env_clear().stdout(Stdio::piped());
    let child = server.spawn().context("cannot run chroot")?;
    let mut server = Running(child);
    let output = server.0.stdout.take().context("the server has no output")?;
    let ready =
        BufReader::new(output).lines().next().context("the server ended before it was ready (root?)")??;
    let address = ready.split("://").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.with_context(|| format!("no address in {ready:?}"))?;
    for (path, expected) in QUESTIONS {
        let answer = get(address, path)?;
        ensure!(answer.contains(expected), "GET {path} was answered without {expected:?}: {answer:.300}");
    }
    drop(server);
    fs::remove_dir_all(&root)?;
    workspace::say("it serves in an empty root directory");
    Ok(())
}

/// The shared libraries that the files need, the loader included.
fn libraries(programs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").args(programs).output().context("cannot run ldd")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found: Vec<PathBuf> = text
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/') && !word.ends_with(':')))
        .map(PathBuf::from)
        .collect();
    found.sort();
    found.dedup();
    ensure!(!found.is_empty(), "ldd names no library: {text}");
    Ok(found)
}

/// The whole answer to a request, head included.
fn get(address: &str, path: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address)?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\nconnection: close\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
