//! `cargo xtask test`: set-up, then every test that can run here, and the names of those that cannot.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow, ensure};

use crate::databases::Databases;
use crate::setup::Extras;
use crate::suites::{NPM, SUITES, Suite};
use crate::{cargo, setup, workspace};

/// Tells the end-to-end tests which server to run.
pub(crate) const SERVER_VARIABLE: &str = "TEST_SERVER_BIN";

/// Compile the tests in that run Cloudinary's Python SDK, and those that hold the API to its document: what
/// they need is what set-up needs.
const PYTHON_FEATURES: [&str; 2] = ["cloudinary-standin/sdk", "e2e/contract"];
/// Tell those tests where the interpreter and the SDK are.
const PYTHON_VARIABLES: [&str; 2] = ["TEST_PYTHON", "TEST_CLOUDINARY_PYTHON"];
/// Tells the contract tests where their tools are.
const CONTRACT_VARIABLE: &str = "TEST_CONTRACT_TOOLS";
/// Tells the tests of the suite `node-sdk` where the SDK is.
const NODE_SDK_VARIABLE: &str = "TEST_CLOUDINARY_NODE";

/// Builds the server that the end-to-end tests run.
pub(crate) const SERVER_BUILD: [&str; 4] = ["build", "--workspace", "--bin", "face-server"];

/// Runs the tests of the workspace, or those that `test_args` select.
pub(crate) fn test(all: bool, test_args: &[String]) -> Result<()> {
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    // A suite that cannot run is left out of the build: a test that gave up by itself would count as passed.
    let mut features = Vec::from(PYTHON_FEATURES);
    let mut environment = Vec::new();
    let mut skipped = Vec::new();
    for suite in SUITES {
        match suite.locate() {
            Ok(programs) => {
                features.push(suite.feature);
                environment.extend(programs);
            }
            Err(missing) => skipped.push(describe(suite, missing)),
        }
    }
    // Said before the long work, where it is an error; after it, where it is the last thing to read.
    ensure!(skipped.is_empty() || !(all || in_ci), "not every suite can run here\n{}", skipped.join("\n"));

    let features = features.join(",");
    // The server out of the same build as the tests: alone, its dependencies have other features than with
    // them, and would be compiled twice.
    let with_tests = [&SERVER_BUILD[..], &["--tests", "--features", &features]].concat();
    let build = if test_args.is_empty() { &with_tests[..] } else { &SERVER_BUILD };
    // Side by side: set-up waits for the network, the build for the processor.
    let (server, sdks) = thread::scope(|scope| {
        let build = scope.spawn(|| cargo::built_server(build, "debug"));
        let sdks = setup::setup(&Extras::TESTS).and_then(|()| sdks(&environment));
        (build.join(), sdks)
    });
    environment.push((SERVER_VARIABLE, server.map_err(|_| anyhow!("the build panicked"))??));
    let sdks = sdks?;
    // They end when this does, whether the tests pass or not.
    let databases = Databases::start(&environment)?;
    environment.extend(sdks);
    let mut environment: Vec<_> = environment.into_iter().map(|(name, path)| (name, path.into())).collect();
    environment.extend(databases.environment.iter().cloned());
    let outcome = run_tests(in_ci, &features, &environment, test_args);
    skipped.iter().for_each(|suite| workspace::say(suite));
    outcome
}

/// Installs what the tests run beside Rust programs, as far as it can run here, and says where it is.
fn sdks(programs: &[(&'static str, PathBuf)]) -> Result<Vec<(&'static str, PathBuf)>> {
    let (interpreter, python_sdk) = setup::python_sdk()?;
    let mut found: Vec<_> = PYTHON_VARIABLES.into_iter().zip([interpreter, python_sdk]).collect();
    found.push((CONTRACT_VARIABLE, setup::contract_tools()?));
    if let Some((_, npm)) = programs.iter().find(|(variable, _)| *variable == NPM) {
        found.push((NODE_SDK_VARIABLE, setup::node_sdk(npm)?));
    }
    Ok(found)
}

fn run_tests(
    in_ci: bool,
    features: &str,
    environment: &[(&str, OsString)],
    test_args: &[String],
) -> Result<()> {
    let nextest = cargo::has_subcommand("nextest");
    let mut tests = test_command(nextest, in_ci);
    tests.envs(environment.iter().map(|(name, value)| (name, value)));
    if !test_args.is_empty() {
        return cargo::finish(tests.args(test_args));
    }
    tests.args(["--workspace", "--features", features]);
    cargo::finish(&mut tests)?;
    if nextest {
        // It does not run examples in documentation; `cargo test` has run them already. With other features
        // libraries would be built again.
        let examples = ["test", "--quiet", "--workspace", "--doc", "--features", features];
        cargo::finish(&mut cargo::cargo(examples))?;
    }
    Ok(())
}

fn test_command(nextest: bool, in_ci: bool) -> Command {
    match (nextest, in_ci) {
        (true, true) => cargo::cargo(["nextest", "run", "--profile", "ci"]),
        (true, false) => cargo::cargo(["nextest", "run"]),
        // As nextest's profile has it: all failures of a run are worth seeing.
        (false, _) => cargo::cargo(["test", "--no-fail-fast"]),
    }
}

fn describe(suite: &Suite, missing: &str) -> String {
    let install: String = suite.install.iter().map(|line| format!("\n      {line}")).collect();
    format!(
        "\n  SKIPPED: the suite `{}` did not run: {missing} is not installed. To run it too:{install}\n",
        suite.name
    )
}
