//! Makes the fixtures of a release: what its program leaves behind in every kind of store, in `tests/fixtures/`.
//!
//! `TEST_SERVER_BIN` names the program of that release, the argument is the release's name:
//!
//! ```sh
//! TEST_SERVER_BIN=.../face-server cargo run -p e2e --example make_fixtures v0.1.0
//! ```

mod events;
mod stores;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Client, KEY_FILE, Server, add_key, picture, server_command};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

/// Made up for the fixtures: they open nothing else.
const ENCRYPTION_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const ARCHIVE_KEY: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

#[tokio::main]
async fn main() -> Result<()> {
    let release = std::env::args().nth(1).context("which release is it? such as v0.1.0")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(release);
    for secrets in [&[][..], &[("FACE_ENCRYPTION_KEY", ENCRYPTION_KEY), ("FACE_ARCHIVE_KEY", ARCHIVE_KEY)]] {
        let kind =
            Kind { folder: folder.join(if secrets.is_empty() { "plain" } else { "encrypted" }), secrets };
        stores::file(&kind).await?;
        stores::database(&kind).await?;
        stores::account(&kind).await?;
    }
    raw(&folder.join("raw")).await?;
    keys(&folder.join("settings"))
}

/// Where fixtures go, and under which secrets they are made.
struct Kind {
    folder: PathBuf,
    secrets: &'static [(&'static str, &'static str)],
}

impl Kind {
    /// A server with the secrets and these flags.
    fn start(&self, flags: &[&str]) -> Result<Server> {
        let builder = Server::builder()?.flags(flags.iter().copied());
        self.secrets.iter().try_fold(builder, |builder, (name, value)| builder.secret(name, value))?.start()
    }
}

/// A store whose faces were enrolled for raw distances, and the document of the service before, whose
/// embeddings are such.
async fn raw(folder: &Path) -> Result<()> {
    let mut server = Server::builder()?.flags(["--space", "raw", "--crops", "1"]).start()?;
    let client = server.client();
    let mut users = Map::new();
    for user in ["obama", "biden"] {
        let face = picture(&format!("{user}.jpg"))?;
        accepted(client.add_user("summit", user, &face).await?)?;
        users.insert(user.to_owned(), json!([embedding(&client, &face).await?]));
    }
    keep(&folder.join("legacy.json"), json!({ "conference": users }).to_string().as_bytes())?;
    server.terminate()?;
    keep_store(server.folder(), folder)
}

/// A key of each role, and their texts.
fn keys(folder: &Path) -> Result<()> {
    let made = tempfile::tempdir()?;
    let mut texts = Map::new();
    for (name, role, events) in
        [("office", "admin", &[][..]), ("desk", "enrol", &["summit"]), ("door", "verify", &["summit"])]
    {
        texts.insert(name.to_owned(), add_key(made.path(), name, role, events)?.into());
    }
    keep(&folder.join("key_texts.json"), serde_json::to_string_pretty(&texts)?.as_bytes())?;
    keep(&folder.join(KEY_FILE), &fs::read(made.path().join(KEY_FILE))?)
}

/// The embedding that the server makes of the one face of a picture.
async fn embedding(client: &Client, face: &[u8]) -> Result<Value> {
    let answer = accepted(client.pictures("/v1/faces/embed", &[face], &[]).await?)?;
    answer.json.pointer("/faces/0/embedding").cloned().context("a picture without a face")
}

/// The answer, when it is of success.
fn accepted(answer: Answer) -> Result<Answer> {
    ensure!(answer.status.is_success(), "{}: {}", answer.status, answer.text);
    Ok(answer)
}

/// Writes a compact copy of the store in a server's folder.
fn keep_store(of_server: &Path, folder: &Path) -> Result<()> {
    run(server_command(of_server)?.args(["backup", "copy.redb"]))?;
    keep_compressed(&folder.join("store.redb.gz"), &of_server.join("copy.redb"))
}

fn keep_compressed(path: &Path, file: &Path) -> Result<()> {
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(&fs::read(file)?)?;
    keep(path, &compressed.finish()?)
}

fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(path.parent().context("no folder")?)?;
    Ok(fs::write(path, bytes)?)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
