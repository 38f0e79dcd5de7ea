//! The licence texts of the crates, as their authors wrote them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::crates::Crate;

/// What the names of files begin with that hold licences, without regard to case.
const BEGINNINGS: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

/// Copies the texts of each crate into a folder of its name and version, and writes a list of all.
pub(super) fn write(crates: &[Crate], folder: &Path) -> Result<()> {
    let mut list = "# Crates in this program\n\n| crate | licence | texts |\n|---|---|---|\n".to_owned();
    for package in crates.iter().filter(|package| package.source.is_some()) {
        let license = package.license.as_deref().unwrap_or("see the text");
        let texts = texts(package)?;
        ensure!(
            package.license.is_some() || !texts.is_empty(),
            "the crate {} says nothing of its licence",
            package.key()
        );
        let own = folder.join(format!("{}-{}", package.name, package.version));
        if !texts.is_empty() {
            fs::create_dir_all(&own).with_context(|| format!("cannot make {}", own.display()))?;
        }
        let mut names = Vec::new();
        for text in &texts {
            let name = text.file_name().unwrap_or_default();
            fs::copy(text, own.join(name)).with_context(|| format!("cannot copy {}", text.display()))?;
            names.push(name.to_string_lossy().into_owned());
        }
        // A crate without a text is under the licence that its manifest names.
        writeln!(list, "| {} {} | {license} | {} |", package.name, package.version, names.join(", "))?;
    }
    let list_file = folder.join("README.md");
    fs::write(&list_file, list).with_context(|| format!("cannot write {}", list_file.display()))
}

fn texts(package: &Crate) -> Result<Vec<PathBuf>> {
    let folder = package.folder();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut texts: Vec<PathBuf> = package.license_file().filter(|file| file.is_file()).into_iter().collect();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
            texts.push(path);
        }
    }
    texts.sort();
    texts.dedup();
    Ok(texts)
}
