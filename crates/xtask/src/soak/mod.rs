//! `cargo xtask soak`: tries the stores, or a server under load; or builds the fuzz targets with coverage, runs each, and keeps what breaks one.
//!
//! It needs no other toolchain than the pinned one and a C++ compiler, with which libFuzzer is built.
//! Everything lies in target/fuzz: the build, the seeds, the corpus that grows from run to run, the logs
//! and the inputs that broke a target.

mod load;
mod outcome;
mod overload;
mod servers;
mod stores;
mod strangers;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::outcome::Outcome;
use crate::{cargo, workspace};

/// The programs of the package in fuzz/.
pub(crate) const TARGETS: [&str; 3] = ["decode", "dlib_reader", "yunet"];

/// Tells a target to write its seeds into this folder and to end.
const SEEDS_VARIABLE: &str = "FACE_FUZZ_SEEDS";

/// Counters at every edge and compared values, as libFuzzer wants them; all of it is stable. `fuzzing`
/// opens the readers of small networks, and switches the checksums of PNG off, which chance never meets.
const FLAGS: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input that takes longer, in seconds, is a fault; so is one that needs more memory, in MiB, than
/// the targets' limits and libFuzzer itself can explain.
const SLOWEST: u32 = 10;
const MOST_MEMORY: u32 = 512;

/// What the others have no use for.
const FUZZING: [&str; 4] = ["minutes", "runs", "target", "seed"];

/// How much to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Soak {
    /// Minutes for each target
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// This many executions of each target in place of minutes, from the seeds alone, so that the same
    /// number and seed repeat the same run
    #[arg(long, conflicts_with = "minutes")]
    runs: Option<u64>,
    /// In place of the fuzz targets, kill the stores' processes this many times amid the writes of many,
    /// and look for what was acknowledged
    #[arg(long, value_name = "ROUNDS", conflicts_with_all = FUZZING)]
    crashes: Option<u32>,
    /// In place of the fuzz targets, let two servers under load do without their database for so long,
    /// and look at every answer
    #[arg(long, value_name = "SECONDS", conflicts_with_all = FUZZING)]
    outage: Option<u32>,
    /// In place of the fuzz targets, move so many users from one store into one of each other kind, and
    /// compare
    #[arg(long, value_name = "USERS", conflicts_with_all = FUZZING)]
    moving: Option<u32>,
    /// In place of the fuzz targets, ask a server for twice what it can do for so long, then send it malformed
    /// requests, and hold its answers, times and memory to bounds
    #[arg(long, value_name = "SECONDS", conflicts_with_all = FUZZING)]
    overload: Option<u32>,
    /// In place of the fuzz targets, let so many clients of a server read nothing while others send forms and ask for
    /// lists that are as dear as can be, and look at its memory
    #[arg(long, value_name = "CLIENTS", num_args = 0..=1, default_missing_value = "3000")]
    #[arg(conflicts_with_all = FUZZING)]
    load: Option<u32>,
    /// In place of the fuzz targets, try what overlaps at several servers 100 times, then send three servers 10,000 mixed
    /// requests within so long, kill one after the other, and look for all that was acknowledged
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600")]
    #[arg(conflicts_with_all = FUZZING)]
    servers: Option<u32>,
    /// Seconds between two kills
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "servers")]
    kill_every: u32,
    /// In place of the fuzz targets, show two servers the pictures of a folder, each of one person, and compare what keys
    /// below admin are told
    #[arg(long, value_name = "FOLDER", conflicts_with_all = FUZZING)]
    strangers: Option<PathBuf>,
    /// One target in place of all
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
    /// Where the random numbers start
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Builds and runs the targets; an error names the inputs that broke one. Or tries the stores or a server.
pub(crate) fn soak(soak: &Soak) -> Result<()> {
    if soak.needs_no_targets() {
        soak.overload.map_or(Ok(()), overload::overload)?;
        soak.load.map_or(Ok(()), load::load)?;
        soak.servers.map_or(Ok(()), |seconds| servers::servers(seconds, soak.kill_every))?;
        soak.strangers.as_deref().map_or(Ok(()), strangers::strangers)?;
        soak.crashes.map_or(Ok(()), stores::crashes)?;
        soak.outage.map_or(Ok(()), stores::outage)?;
        return soak.moving.map_or(Ok(()), stores::moving);
    }
    let programs = build()?;
    let mut broken = Vec::new();
    let mut rows = vec![Outcome::HEADER.to_owned()];
    for target in
        TARGETS.into_iter().filter(|target| soak.target.as_deref().is_none_or(|wanted| wanted == *target))
    {
        workspace::say(&format!("{target}: {}", soak.described()));
        let outcome = soak.run(target, &programs.join(target))?;
        rows.push(outcome.row(target));
        broken.extend(outcome.broken_by.map(|what| format!("  {target}: {what}")));
    }
    workspace::say(&rows.join("\n"));
    ensure!(
        broken.is_empty(),
        "a target broke; run it again with the input as its argument\n{}",
        broken.join("\n")
    );
    Ok(())
}

impl Soak {
    fn needs_no_targets(&self) -> bool {
        self.overload
            .or(self.load)
            .or(self.servers)
            .or(self.crashes)
            .or(self.outage)
            .or(self.moving)
            .is_some()
    }

    fn described(&self) -> String {
        match self.runs {
            Some(runs) => format!("{runs} executions, seed {}", self.seed),
            None => format!("{} minutes, seed {}", self.minutes, self.seed),
        }
    }

    fn run(&self, target: &str, program: &Path) -> Result<Outcome> {
        let folder = |kind: &str| folder().join(kind).join(target);
        // The target of today writes its own seeds; what broke an earlier one is kept.
        let (seeds, crashes) = (emptied(folder("seeds"))?, made(folder("crashes"))?);
        // A run that can be repeated starts from the seeds alone.
        let corpus = match self.runs {
            Some(_) => emptied(folder("scratch"))?,
            None => made(folder("corpus"))?,
        };
        let written = Command::new(program).env(SEEDS_VARIABLE, &seeds).output();
        let written = written.with_context(|| format!("cannot run {}", program.display()))?;
        let said = String::from_utf8_lossy(&written.stderr);
        ensure!(written.status.success(), "{target} wrote no seeds: {said}");

        let log = folder("logs").with_extension("log");
        made(log.with_file_name(""))?;
        let mut artifacts = OsString::from("-artifact_prefix=");
        // With a slash at its end: libFuzzer puts the names of its files right behind the prefix.
        artifacts.push(crashes.join(""));
        let amount = match self.runs {
            Some(runs) => format!("-runs={runs}"),
            None => format!("-max_total_time={}", u64::from(self.minutes) * 60),
        };
        let status = Command::new(program)
            .args([amount, format!("-seed={}", self.seed), format!("-timeout={SLOWEST}")])
            .args([format!("-rss_limit_mb={MOST_MEMORY}"), "-print_final_stats=1".to_owned()])
            .arg(artifacts)
            // libFuzzer adds what it finds to the first folder, and only reads the others.
            .args([corpus, seeds])
            .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?)
            .status()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let text = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
        Ok(Outcome::read(&String::from_utf8_lossy(&text), status.success(), &log))
    }
}

/// Builds all targets; returns the folder that they lie in.
fn build() -> Result<PathBuf> {
    let host = workspace::host_target()?;
    let mut command = cargo::cargo(["build", "--quiet", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    // With a target named, build scripts and macros are built without the counters.
    command.args(["--target", &host]).arg("--target-dir").arg(folder());
    // Cargo takes flags from one place, and from this variable first: none of the caller's are mixed in.
    command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    cargo::finish(&mut command)?;
    Ok(folder().join(host).join("release"))
}

fn folder() -> PathBuf {
    workspace::root().join("target").join("fuzz")
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn emptied(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    made(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_that_is_called_by_its_name_is_there() {
        // Cargo takes a name that no test has for a run in which all went well.
        for (name, path) in [
            ("clients_that_read_nothing", "tests/tests/api/connections.rs"),
            ("come_through_an_outage_of_their_database", "tests/tests/api/shared_database.rs"),
            ("survives_kill_9", "crates/embedding-store/tests/redb/crash.rs"),
            ("survives_kill_9", "crates/embedding-store/tests/postgres/crash.rs"),
            ("comes_back_equal", "crates/embedding-store/tests/archive/round_trip.rs"),
            ("three_that_start_at_once_make_one_index", "crates/embedding-store/tests/postgres/access.rs"),
            ("cloudinary::overlapping", "crates/embedding-store/tests/cloudinary/mod.rs"),
        ] {
            let source = |path: &str| fs::read_to_string(workspace::root().join(path)).unwrap();
            let called = ["load.rs", "servers.rs", "stores.rs"]
                .map(|file| source(&format!("crates/xtask/src/soak/{file}")));
            assert!(called.iter().any(|text| text.contains(&format!("\"{name}\""))), "{name} is not called");
            let own = name.rsplit("::").next().unwrap();
            assert!(source(path).contains(own), "no test of {path} is called {name}");
        }
    }

    #[test]
    fn every_program_of_the_package_is_a_target() {
        let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let programs: Vec<&str> =
            manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap()).collect();
        assert_eq!(programs, TARGETS);
    }
}
