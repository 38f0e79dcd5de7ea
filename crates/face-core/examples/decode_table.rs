//! What becomes of a collection of picture files, as a Markdown table:
//! `cargo run --release --example decode_table -- FOLDER`, with a folder for each kind of file in it.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use face_core::{PictureError, PictureLimits, decode};

/// The files of one kind.
#[derive(Default)]
struct Kind {
    files: usize,
    /// How often each result came.
    results: BTreeMap<String, usize>,
    worst_ms: f64,
    peak_mib: Option<f64>,
}

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("usage: decode_table FOLDER")?;
    println!("| kind | files | results | slowest, ms | peak memory, MiB |\n|---|---|---|---|---|");
    for folder in entries(Path::new(&folder))? {
        let mut kind = Kind::default();
        for file in entries(&folder)?.into_iter().filter(|path| path.is_file()) {
            kind.decode(&file)?;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let results = kind.results.iter().map(|(result, count)| format!("{count} x {result}"));
        let peak = kind.peak_mib.map_or_else(|| "?".to_owned(), |peak| format!("{peak:.1}"));
        let results = results.collect::<Vec<_>>().join("<br>");
        println!("| {name} | {} | {results} | {:.1} | {peak} |", kind.files, kind.worst_ms);
    }
    Ok(())
}

impl Kind {
    fn decode(&mut self, file: &Path) -> anyhow::Result<()> {
        let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let before = reset_peak();
        let started = Instant::now();
        let result = decode(&bytes, &PictureLimits::default());
        self.worst_ms = self.worst_ms.max(started.elapsed().as_secs_f64() * 1e3);
        if let (Some(before), Some(peak)) = (before, resident("VmHWM:")) {
            self.peak_mib = Some(self.peak_mib.unwrap_or_default().max(peak - before));
        }
        self.files += 1;
        *self.results.entry(described(&result)).or_default() += 1;
        Ok(())
    }
}

fn described(result: &Result<image::RgbImage, PictureError>) -> String {
    match result {
        Ok(picture) => format!("{}x{}", picture.width(), picture.height()),
        Err(error) => {
            let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
            format!("{error}{cause}")
        }
    }
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Makes Linux forget the process's peak; returns what is resident now, in MiB. Elsewhere `None`.
fn reset_peak() -> Option<f64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    resident("VmRSS:")
}

/// A figure of the process's memory in MiB.
fn resident(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let figure = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(figure.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
