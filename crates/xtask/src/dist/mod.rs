//! `cargo xtask dist`: an archive that runs where it is unpacked, without Rust, Python and network.

mod archive;
mod check;
mod crates;
mod libraries;
mod licences;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use self::sbom::Material;
use crate::setup::{Digest, Extras};
use crate::{cargo, setup, workspace};

/// The program and the name of the archive.
const PROGRAM: &str = "face-server";

/// The release that it is of.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is taken from the repository as it is, beside the documents.
const FILES: [(&str, &str); 6] = [
    ("LICENSE", "LICENSE"),
    (".env.example", "env.example"),
    ("deploy/README.md", "README.md"),
    ("deploy/face-server.service", "deploy/face-server.service"),
    ("deploy/grafana.json", "deploy/grafana.json"),
    ("docs/openapi.json", "docs/openapi.json"),
];

/// Options of `cargo xtask dist`.
#[derive(Debug, Args)]
pub(crate) struct Dist {
    /// Builds the profile dev, which takes less time and serves slower
    #[arg(long)]
    dev: bool,
    /// Also unpacks the archive into an empty root folder, and asks the server there; needs root or user namespaces
    #[arg(long)]
    check: bool,
}

/// Sets up, builds, and packs.
pub(crate) fn dist(options: &Dist) -> Result<()> {
    setup::setup(&Extras::NONE)?;
    let server = if options.dev {
        cargo::built_server(&["build", "--package", PROGRAM], "debug")?
    } else {
        cargo::built_server(&cargo::RELEASE_BUILD, "release")?
    };
    let target = workspace::host_target()?;
    let name = format!("{PROGRAM}-{VERSION}-{target}");
    let dist = workspace::root().join("target").join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        // What an earlier version had is no part of this one.
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fill(&folder, &server, &target)?;
    let archive = dist.join(format!("{name}.tar.gz"));
    archive::pack(&folder, &name, &archive)?;
    let digest = digest(&archive)?;
    fs::write(dist.join(format!("{name}.tar.gz.sha256")), format!("{digest}  {name}.tar.gz\n"))?;
    workspace::say(&format!("{} is written", archive.display()));
    if options.check { check::check(&archive, &name, &dist.join("check")) } else { Ok(()) }
}

/// Puts every file in its place.
fn fill(folder: &Path, server: &Path, target: &str) -> Result<()> {
    let root = workspace::root();
    let program = folder.join(PROGRAM);
    copy(server, &program)?;
    for (from, to) in FILES {
        copy(&root.join(from), &folder.join(to))?;
    }
    for document in files_of(&root.join("docs"), "md")? {
        copy(&document, &folder.join("docs").join(document.file_name().unwrap_or_default()))?;
    }
    let materials = models(&root.join("models"), folder)?;
    let crates = crates::crates(target)?;
    licences::write(&crates, &folder.join("licences"))?;
    let sbom = sbom::sbom(PROGRAM, VERSION, &crates, &materials);
    fs::write(folder.join("sbom.cdx.json"), serde_json::to_string_pretty(&sbom)? + "\n")?;
    libraries::write(&[program, folder.join("models/runtime/libonnxruntime.so")], folder)?;
    archive::write_sums(folder)
}

/// The models, their licences and calibrations, ONNX Runtime and ReDoc.
fn models(from: &Path, folder: &Path) -> Result<Vec<Material>> {
    let mut files = setup::files()?;
    for extension in ["toml", "txt", "md"] {
        files.extend(files_of(from, extension)?);
    }
    files.extend(files_of(&from.join("calibration"), "toml")?);
    files.sort();
    files.dedup();
    let mut materials = Vec::new();
    for file in files {
        let inside = Path::new("models").join(file.strip_prefix(from).unwrap_or(&file));
        copy(&file, &folder.join(&inside))?;
        let path = inside.to_string_lossy().replace('\\', "/");
        materials.push(Material { path, sha256: digest(&file)?.to_string() });
    }
    Ok(materials)
}

/// The files of a folder whose names end with this extension.
fn files_of(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.is_file() && file.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

fn digest(file: &Path) -> Result<Digest> {
    let digest = Digest::of_file(file).with_context(|| format!("cannot read {}", file.display()))?;
    digest.with_context(|| format!("{} is missing", file.display()))
}
