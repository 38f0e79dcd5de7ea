//! The chores of the workspace: `cargo xtask <chore>`.

mod accuracy;
mod bench;
mod cargo;
mod databases;
mod dist;
mod openapi;
mod run;
mod setup;
mod soak;
mod suites;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::setup::Extras;

/// The chores of the workspace.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Gets the models, ONNX Runtime and ReDoc into models/; does nothing where they are
    Setup {
        /// Also what the tests need: pictures, the predictor of 68 landmarks, PostgreSQL, Cloudinary's Python SDK
        #[arg(long)]
        tests: bool,
        /// Also the predictor of 68 landmarks, which is not for commercial use
        #[arg(long)]
        landmarks_68: bool,
    },
    /// Sets up, builds the server and runs it
    Run {
        /// Flags and commands of the server: `cargo xtask run -- --port 9000`
        #[arg(last = true)]
        server_args: Vec<String>,
    },
    /// Sets up and runs all tests
    Test {
        /// A suite that cannot run here is a failure (the default where CI is set)
        #[arg(long)]
        all: bool,
        /// Arguments of cargo-nextest or `cargo test`, in place of the whole workspace
        #[arg(last = true)]
        test_args: Vec<String>,
    },
    /// Sets up and runs the benchmarks
    Bench {
        /// One bench target, such as `stages`
        name: Option<String>,
        /// Also time the replaced service's library on the same picture, and compare
        #[arg(long, conflicts_with = "name")]
        reference: bool,
    },
    /// Runs the fuzz targets, and keeps the inputs that break one in target/fuzz/crashes
    Soak(soak::Soak),
    /// Sets up and measures error rates on labelled pictures: `cargo xtask accuracy --help`
    #[command(disable_help_flag = true)]
    Accuracy {
        /// Arguments of the program `accuracy`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        accuracy_args: Vec<OsString>,
    },
    /// Sets up, builds and packs an archive that runs without Rust, Python and network
    Dist(dist::Dist),
    /// Writes docs/openapi.json from the server's routes
    Openapi {
        /// Only compares, and fails when they differ
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match perform(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            workspace::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(chore: Chore) -> Result<()> {
    match chore {
        Chore::Setup { tests: true, .. } => {
            // With all extras, whatever else was asked for.
            setup::setup(&Extras::TESTS)?;
            setup::postgres()?;
            setup::python_sdk().map(drop)
        }
        Chore::Setup { landmarks_68, .. } => setup::setup(&Extras { landmarks_68, ..Extras::NONE }),
        Chore::Run { server_args } => run::run(&server_args),
        Chore::Test { all, test_args } => test::test(all, &test_args),
        Chore::Bench { name, reference } => bench::bench(name.as_deref(), reference),
        Chore::Soak(options) => soak::soak(&options),
        Chore::Accuracy { accuracy_args } => accuracy::accuracy(&accuracy_args),
        Chore::Dist(options) => dist::dist(&options),
        Chore::Openapi { check } => openapi::openapi(check),
    }
}
