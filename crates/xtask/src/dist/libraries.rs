//! The libraries of the system that a program is loaded with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Writes which libraries the files need that the archive does not bring.
pub(super) fn write(files: &[PathBuf], folder: &Path) -> Result<()> {
    let mut text = "The program and ONNX Runtime are loaded with these libraries of the system:\n".to_owned();
    for library in needed(files)? {
        text += &format!("{}\n", library.file_name().unwrap_or_default().to_string_lossy());
    }
    fs::write(folder.join("SYSTEM-LIBRARIES.txt"), text).context("cannot write the list of libraries")
}

/// The paths of the libraries that files are loaded with here. A file that is not there needs none.
pub(super) fn needed(files: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    let mut needed = BTreeSet::new();
    if !cfg!(target_os = "linux") {
        return Ok(needed);
    }
    for file in files.iter().filter(|file| file.is_file()) {
        let output = Command::new("ldd").arg(file).output().context("cannot run ldd")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(!text.contains("not found"), "{} lacks a library here:\n{text}", file.display());
        needed.extend(text.lines().filter_map(library));
    }
    Ok(needed)
}

/// The path in a line such as `libm.so.6 => /lib/libm.so.6 (0x7f...)`, or of the loader, which stands alone.
fn library(line: &str) -> Option<PathBuf> {
    let path = line.rsplit("=> ").next()?.trim().split(" (").next()?;
    path.starts_with('/').then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_in_the_words_of_the_loader() {
        let lines = [
            "\tlinux-vdso.so.1 (0x00007ffd)",
            "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f00)",
            "\t/lib64/ld-linux-x86-64.so.2 (0x00007f01)",
        ];
        let found: Vec<_> = lines.iter().filter_map(|line| library(line)).collect();
        let expected = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from);
        assert_eq!(found, expected);
    }
}
