//! The library of the replaced service, timed on the same picture in the same run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::setup::Python;
use crate::{cargo, workspace};

/// What the replaced service ran on. The second is compiled, which takes ten minutes.
const PACKAGES: [&str; 7] = [
    "cmake==3.31.6",
    "dlib==20.0.1",
    "face_recognition==1.3.0",
    "face_recognition_models==0.3.0",
    "numpy==2.2.6",
    "pillow==11.2.1",
    // face_recognition_models imports pkg_resources, which setuptools announced to drop from 81 on.
    "setuptools<81",
];

const SCRIPT: &str = include_str!("reference.py");

/// The picture that the bench `stages` writes for this.
const PICTURE: &str = "target/tmp/640x480.jpg";

const WHOLE: &str = "whole path";
const MODEL_RUNS: &str = "all model runs";
const MMOD: &str = "detector MMOD";

/// What must hold of the whole path: at most this many times the model runs alone, and the reference.
const OF_MODEL_RUNS: f64 = 1.5;
const OF_REFERENCE: f64 = 0.15;

/// What must hold of MMOD: at most this many times the reference's run of the same network.
const OF_REFERENCES_MMOD: f64 = 0.15;

fn folder() -> PathBuf {
    workspace::root().join("target/reference")
}

fn python() -> PathBuf {
    folder().join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// Installs the reference into a virtual environment of its own, once.
pub(super) fn install() -> Result<()> {
    let installed = folder().join("installed");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    workspace::say("installing the reference (dlib is compiled, about ten minutes)");
    cargo::finish(Python::find()?.command().args(["-m", "venv", "--clear"]).arg(folder()))?;
    let mut pip = Command::new(python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // dlib's build looks for cmake on the path, where the first package puts it.
    let programs = python().parent().map(PathBuf::from).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)))?;
    for package in PACKAGES {
        cargo::finish(Command::new(python()).args(pip.get_args()).arg(package).env("PATH", &path))?;
    }
    // Last: an installation that was interrupted is made anew.
    Ok(fs::write(installed, wanted)?)
}

/// Runs the reference and prints both, with the ratios that must hold.
pub(super) fn compare() -> Result<()> {
    let picture = workspace::root().join(PICTURE);
    ensure!(picture.is_file(), "{} is missing: the bench `stages` writes it", picture.display());
    let output = Command::new(python())
        .args(["-c", SCRIPT])
        .arg(&picture)
        // One thread, as the benches use for a picture.
        .envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")])
        .output()
        .context("the reference cannot be run")?;
    ensure!(output.status.success(), "the reference failed: {}", String::from_utf8_lossy(&output.stderr));
    let reference: BTreeMap<String, f64> =
        serde_json::from_slice(&output.stdout).context("the reference's answer cannot be read")?;

    let steps = [
        ("decode", "640x480/decode"),
        ("detect", "640x480/detect"),
        ("landmarks", "640x480/landmarks"),
        ("align (4 crops)", "640x480/align"),
        ("embed (4 crops)", "640x480/embed"),
        (WHOLE, "640x480/whole"),
        ("model run: detector, 640x480", "model_runs/detector_640x480"),
        ("model run: detector, 320x240", "model_runs/detector_320x240"),
        ("model run: embedder, 4 crops", "model_runs/embedder_4_crops"),
        (MODEL_RUNS, "model_runs/all"),
        ("detector YuNet", "detectors/yunet"),
        (MMOD, "detectors/mmod"),
        ("detector HOG, not up-sampled", "detectors/hog0"),
        ("detector HOG, up-sampled once", "detectors/hog1"),
        ("no face: YuNet", "detectors/yunet_faceless"),
        ("no face: auto", "detectors/auto_faceless"),
        ("POST /verify/, one client", "route/verify"),
    ];
    workspace::say("\n| step, 640x480, one thread | ms |\n|---|---|");
    let mut ours = BTreeMap::new();
    for (step, benchmark) in steps {
        let milliseconds = median(benchmark)?;
        workspace::say(&format!("| {step} | {milliseconds:.2} |"));
        ours.insert(step, milliseconds);
    }
    for (step, milliseconds) in &reference {
        workspace::say(&format!("| reference: {step} | {milliseconds:.1} |"));
    }
    // A figure that is missing is NaN, which is within no bound: the check at the end fails.
    let mmod = ours.get(MMOD).copied().unwrap_or(f64::NAN);
    let references_mmod = reference.get("mmod").copied().unwrap_or(f64::NAN);
    let whole = ours.get(WHOLE).copied().unwrap_or(f64::NAN);
    let runs = ours.get(MODEL_RUNS).copied().unwrap_or(f64::NAN);
    let encodings = reference.get("face_encodings").copied().unwrap_or(f64::NAN);
    let ratios = [
        ("whole / model runs", whole / runs, OF_MODEL_RUNS),
        ("whole / reference's face_encodings", whole / encodings, OF_REFERENCE),
        ("MMOD / dlib's MMOD", mmod / references_mmod, OF_REFERENCES_MMOD),
    ];
    for (what, found, most) in ratios {
        workspace::say(&format!("{what}: {found:.3} (at most {most})"));
    }
    // All are printed before the first that is missed ends the program.
    for (what, found, most) in ratios {
        ensure!(found <= most, "{what} is {found:.3}, more than {most}");
    }
    Ok(())
}

/// The median of a criterion benchmark in milliseconds.
fn median(benchmark: &str) -> Result<f64> {
    let path = workspace::root().join(format!("target/criterion/{benchmark}/new/estimates.json"));
    let text = fs::read_to_string(&path)
        .with_context(|| format!("{} is missing: run all benches", path.display()))?;
    let estimates: serde_json::Value = serde_json::from_str(&text)?;
    let nanoseconds = estimates.pointer("/median/point_estimate").and_then(serde_json::Value::as_f64);
    Ok(nanoseconds.with_context(|| format!("{} has no median", path.display()))? / 1e6)
}
