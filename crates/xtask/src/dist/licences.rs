//! The licences of the crates in the program: their expressions and the texts that their authors want to be kept.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::dependencies::{Crate, Dependencies};

/// How the names of such files begin, in upper case.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// Each crate with its licence, then the texts. The models and ONNX Runtime have theirs beside them.
pub(super) fn text(dependencies: &Dependencies) -> Result<String> {
    let mut text = "The program is linked from these crates. The licences of models and ONNX Runtime are in models/.\n\n"
        .to_owned();
    for one in &dependencies.crates {
        let licence = one.license.as_deref().unwrap_or("see its text");
        writeln!(text, "{} {}: {licence}", one.name, one.version)?;
    }
    for one in &dependencies.crates {
        for (name, licence) in texts(one)? {
            write!(text, "\n\n==== {} {}: {name} ====\n\n{}", one.name, one.version, licence.trim_end())?;
        }
    }
    text.push('\n');
    Ok(text)
}

/// The names and texts of a crate's licence files, in the order of their names.
fn texts(one: &Crate) -> Result<Vec<(String, String)>> {
    let folder = one.folder();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut texts = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let upper = name.to_ascii_uppercase();
        if entry.file_type()?.is_file() && NAMES.iter().any(|begins| upper.starts_with(begins)) {
            // Some are in other encodings: a sign of theirs that is lost changes no term.
            texts.push((name, String::from_utf8_lossy(&fs::read(entry.path())?).into_owned()));
        }
    }
    texts.sort();
    Ok(texts)
}
