//! `cargo xtask dist`: an archive that runs where it is unpacked, without Rust, Python or a network.

mod archive;
mod check;
mod dependencies;
#[cfg(test)]
mod deploy_tests;
mod files;
mod licences;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::dependencies::Dependencies;
use crate::setup::{self, Extras};
use crate::{cargo, workspace};

/// The server as it is built without optimisation, to try the archive itself.
const DEBUG_BUILD: [&str; 3] = ["build", "--package", "face-server"];

/// What is beside program and models.
const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE", ".env.example"];
/// Folders that are taken as they are.
const FOLDERS: [&str; 2] = ["docs", "deploy"];
/// Not for commercial use, and not needed: whoever may use it runs the set-up.
const NOT_SHIPPED: &str = "landmarks68.safetensors";

/// How the archive is made.
#[derive(Debug, clap::Args)]
pub(crate) struct Dist {
    /// With the server as it is built for tests: quick to make, slow to run
    #[arg(long)]
    debug: bool,
    /// Also unpack it into an empty root directory, serve there and ask it; needs root on Linux
    #[arg(long)]
    check: bool,
}

/// Makes the archive in `target/dist`, and tries it where that is asked for.
pub(crate) fn dist(dist: &Dist) -> Result<()> {
    setup::setup(&Extras::NONE)?;
    let program = if dist.debug {
        cargo::built_server(&DEBUG_BUILD, "debug")?
    } else {
        cargo::built_server(&cargo::RELEASE_BUILD, "release")?
    };
    let dependencies = Dependencies::of_the_server()?;
    let name = format!("face-server-{}-{}", dependencies.version, workspace::host_target()?);
    let folder = workspace::root().join("target/dist").join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fill(&folder, &program, &dependencies)?;
    let archive = archive::pack(&folder, &name)?;
    workspace::say(&format!("made {}", archive.display()));
    if dist.check { check::serves_in_an_empty_root(&archive, &name) } else { Ok(()) }
}

/// Puts everything into the folder; the sums come last.
fn fill(folder: &Path, program: &Path, dependencies: &Dependencies) -> Result<()> {
    let root = workspace::root();
    let file = program.file_name().context("the program has no name")?;
    files::copy(program, &folder.join(file))?;
    files::copy_folder(&root.join("models"), &folder.join("models"), &|name| name != NOT_SHIPPED)?;
    for document in DOCUMENTS {
        files::copy(&root.join(document), &folder.join(document))?;
    }
    for name in FOLDERS {
        files::copy_folder(&root.join(name), &folder.join(name), &|_| true)?;
    }
    files::write(&folder.join("THIRD-PARTY.txt"), &licences::text(dependencies)?)?;
    files::write(&folder.join("sbom.cdx.json"), &sbom::text(dependencies, &folder.join("models"))?)?;
    files::write(&folder.join("SHA256SUMS"), &files::sums(folder)?)
}

/// Where archives are made.
fn output() -> PathBuf {
    workspace::root().join("target/dist")
}
