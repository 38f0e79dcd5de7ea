//! The archive tried: unpacked into an empty root folder, where nothing of this machine is but the loader's libraries.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;

use super::{PROGRAM, archive, copy, libraries};
use crate::workspace::{root, say};

/// Where the archive is unpacked, seen from the root folder.
const PLACE: &str = "opt";

/// Unpacks, compares the sums, starts the server and asks it.
pub(super) fn check(archive: &Path, name: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let place = folder.join(PLACE);
    fs::create_dir_all(&place)?;
    tar::Archive::new(GzDecoder::new(File::open(archive)?)).unpack(&place)?;
    let unpacked = place.join(name);
    archive::check_sums(&unpacked)?;
    let loaded = [unpacked.join(PROGRAM), unpacked.join("models/runtime/libonnxruntime.so")];
    for library in libraries::needed(&loaded)? {
        copy(&library, &folder.join(library.strip_prefix("/")?))?;
    }
    check_unit(&unpacked)?;
    let mut server = start(folder, name)?;
    let asked = ask(&mut server);
    // However it went: it would go on for ever.
    server.kill().and_then(|()| server.wait()).context("the server cannot be ended")?;
    asked?;
    say("the archive serves in an empty root folder");
    Ok(())
}

/// Lets systemd read the unit, where there is a systemd.
fn check_unit(unpacked: &Path) -> Result<()> {
    let own = unpacked.join("deploy/face-server.service");
    // It looks whether the program is there.
    let text = fs::read_to_string(&own)?.replace("/opt/face-server", &unpacked.display().to_string());
    let unit = unpacked.with_file_name("face-server.service");
    fs::write(&unit, text)?;
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&unit).output() else {
        say("no systemd-analyze is here to read the unit");
        return Ok(());
    };
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    // Of units of this machine that the unit refers to, it also tells.
    let own_words: Vec<&str> = words.lines().filter(|line| line.contains("face-server")).collect();
    ensure!(own_words.is_empty(), "systemd says of deploy/face-server.service: {}", own_words.join("; "));
    Ok(())
}

/// Starts the server in the root folder, with no variable of this process.
fn start(folder: &Path, name: &str) -> Result<Child> {
    let own = format!("/{PLACE}/{name}");
    let id = Command::new("id").arg("-u").output().context("cannot run id")?;
    // Whoever is not root becomes it in a namespace of their own.
    let mut command = if id.stdout.trim_ascii() == b"0" {
        Command::new("chroot")
    } else {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "chroot"]);
        command
    };
    command.arg(folder).arg(format!("{own}/{PROGRAM}"));
    // Without /proc a program does not know where it lies.
    command
        .args(["--port", "0", "--store", "memory:", "--log-dir", "", "--models"])
        .arg(format!("{own}/models"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).stdout(Stdio::piped());
    command.spawn().context("cannot run chroot")
}

/// Waits until the server is ready, and asks for what needs every part of it.
fn ask(server: &mut Child) -> Result<()> {
    let output = server.stdout.take().context("the server has no standard output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let address = line.strip_prefix("Ready: http://").and_then(|rest| rest.split('/').next());
    let address = address.with_context(|| format!("the server was not ready: {line:?}"))?;
    for (path, expected) in
        [("/health/ready", "\"ready\""), ("/", "<html"), ("/redoc/redoc.standalone.js", "Redoc")]
    {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        expect(address, request.as_bytes(), path, expected)?;
    }
    let picture = root().join("tests/pictures/obama.jpg");
    if !picture.is_file() {
        say("no picture is here to try: `cargo xtask setup --tests` gets some");
        return Ok(());
    }
    let body = [
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n".as_slice(),
        &fs::read(picture)?,
        b"\r\n--b--\r\n",
    ]
    .concat();
    // Enrolled and not only detected: that takes the embedder and the store too.
    let path = "/v1/events/dist/users/obama/faces";
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    expect(address, &[head.as_bytes(), &body].concat(), path, "\"embedding_count\":1")
}

fn expect(address: &str, request: &[u8], path: &str, expected: &str) -> Result<()> {
    let mut connection = TcpStream::connect(address).context("the server does not take connections")?;
    connection.write_all(request)?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let shown: String = answer.chars().take(300).collect();
    ensure!(answer.starts_with("HTTP/1.1 2") && answer.contains(expected), "{path}: {shown}");
    Ok(())
}
