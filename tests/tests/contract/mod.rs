//! The API held to its document by tools that know nothing else of it.

mod fuzzing;
mod generated_client;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `cargo xtask test` says of what it has installed.
fn told(variable: &str) -> OsString {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run the tests with `cargo xtask test`"))
}

/// The files of these tests that are no Rust.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract")
}

/// Python with the tools, and with the modules of `folder`; it writes its own files to `scratch` alone.
fn python(folder: &Path, scratch: &Path) -> Command {
    let mut python = Command::new(told("TEST_PYTHON"));
    let modules = [told("TEST_CONTRACT_TOOLS"), folder.into()];
    python.env("PYTHONPATH", env::join_paths(modules).unwrap());
    python.args(["-B", "-X", "utf8"]).current_dir(scratch);
    // What this machine has set for such tools or for the way to other servers is no part of the test.
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("SCHEMATHESIS_") || upper.ends_with("_PROXY") || upper == "CI" {
            python.env_remove(name);
        }
    }
    python.env("PYTHONNOUSERSITE", "1").env("NO_COLOR", "1");
    python
}

/// Runs it to its end; what it says otherwise is the failure.
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
    said
}
