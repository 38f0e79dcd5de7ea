//! Shows two servers the same strangers' pictures, with keys below admin: what they answer tells nothing of who is registered.
//!
//! Users of the same names are registered at both, with other faces. So whatever one of them says of a stranger the other says
//! too, or it is about the faces. `TEST_SERVER_BIN` names the program, the argument is a folder with pictures of one person
//! each; `cargo xtask soak --strangers` calls it:
//!
//! ```sh
//! cargo run -p e2e --example strangers FOLDER
//! ```

#![expect(clippy::print_stdout, reason = "what it prints is its report")]

mod told;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Client, Server};

use self::told::{is_match, numbers_of_the_unmatched, told};

/// Strangers who come.
const STRANGERS: usize = 1000;
/// Users of the event.
const USERS: [&str; 3] = ["ada", "ben", "eve"];
/// Pictures that are tried for each user: some show no face, or show it too badly.
const TRIED: usize = 10;
const EVENT: &str = "/v1/events/summit";

/// A server, as whoever registers and whoever asks sees it.
struct Site {
    admin: Client,
    verify: Client,
    enrol: Client,
    _server: Server,
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("which folder has the pictures?")?;
    let mut pictures = pictures_in(Path::new(&folder))?.into_iter();
    let sites = [site()?, site()?];
    for site in &sites {
        for user in USERS {
            register(site, user, pictures.by_ref().take(TRIED)).await?;
        }
    }
    let (mut strangers, mut answers, mut matches, mut refused) = (0, 0, 0, 0);
    for path in pictures {
        if strangers == STRANGERS {
            break;
        }
        let picture = fs::read(&path)?;
        let [one, other] = &sites;
        let role = |site: &Site| if strangers % 2 == 0 { site.verify.clone() } else { site.enrol.clone() };
        let (here, there) = (ask(&role(one), &picture).await?, ask(&role(other), &picture).await?);
        if here.first().is_some_and(|answer| answer.code() != 200) {
            refused += 1;
            continue;
        }
        strangers += 1;
        for (here, there) in here.iter().zip(&there) {
            answers += 1;
            for answer in [here, there] {
                let numbers = numbers_of_the_unmatched(&answer.json);
                ensure!(numbers.is_empty(), "{}: {numbers:?} in {}", path.display(), answer.text);
            }
            if is_match(&here.json) || is_match(&there.json) {
                matches += 1;
            } else {
                let (here, there) = (told(here), told(there));
                ensure!(here == there, "{}: {here} here, {there} there", path.display());
            }
        }
    }
    ensure!(strangers > 0, "no picture of {folder} shows a face");
    println!(
        "{strangers} strangers, {answers} answers of each server: no number about a user who was not matched, and no \
         difference by who is registered; {matches} answers were matches, {refused} pictures showed no face"
    );
    Ok(())
}

fn site() -> Result<Site> {
    let (builder, admin) = Server::builder()?.flags(["--log-level", "error"]).key("office", "admin", &[])?;
    let (builder, verify) = builder.key("door", "verify", &[])?;
    let (builder, enrol) = builder.key("desk", "enrol", &[])?;
    // Nobody is to wait for the rates of a key.
    let off = "off";
    let server = builder.flags(["--rate-per-key", off, "--rate-per-address", off]).start()?;
    let client = |key: &str| server.client().with_key(key);
    Ok(Site { admin: client(&admin), verify: client(&verify), enrol: client(&enrol), _server: server })
}

/// Registers a user with the first picture that will do.
async fn register(site: &Site, user: &str, pictures: impl Iterator<Item = PathBuf>) -> Result<()> {
    let mut is_registered = false;
    // All are taken, so that users of both servers are as many pictures apart.
    for path in pictures {
        if !is_registered {
            let faces = format!("{EVENT}/users/{user}/faces");
            let answer = site.admin.pictures(&faces, &[&fs::read(path)?], &[]).await?;
            is_registered = answer.code() == 201;
        }
    }
    ensure!(is_registered, "none of {TRIED} pictures could be registered as {user}");
    Ok(())
}

/// All that can be asked about a picture, the search first, and what the transactions say.
async fn ask(client: &Client, picture: &[u8]) -> Result<Vec<Answer>> {
    let ask = async |path: &str, fields: &[(&str, &str)]| client.pictures(path, &[picture], fields).await;
    let mut answers = vec![
        ask(&format!("{EVENT}/identify"), &[("top_k", "100")]).await?,
        ask(&format!("{EVENT}/identify"), &[("top_k", "100"), ("faces", "all")]).await?,
        client.verify("summit", picture).await?,
        ask(&format!("{EVENT}/check-ins"), &[]).await?,
    ];
    for user in USERS {
        answers.push(ask(&format!("{EVENT}/users/{user}/verify"), &[]).await?);
    }
    let transactions: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.headers.get("x-transaction-id")?.to_str().ok())
        .map(str::to_owned)
        .collect();
    for id in transactions {
        answers.push(client.get(&format!("/v1/transactions/{id}")).await?);
        answers.push(client.get(&format!("/get_transaction_details/?transaction_id={id}")).await?);
    }
    Ok(answers)
}

/// The pictures of a folder and those below it, by name.
fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["jpg", "jpeg", "png", "webp"].contains(&extension.to_lowercase().as_str()) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
