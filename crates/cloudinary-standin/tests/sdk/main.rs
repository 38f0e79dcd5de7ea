//! The official SDKs, run to their end against the stand-in: they know the service, and nothing of us.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use cloudinary_standin::{Endpoint, Options, StandIn};

/// What `cargo xtask test` says of the SDKs it has installed.
fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run the tests with `cargo xtask test`"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(name)
}

/// Runs an SDK's script against a new account, whose traffic is then looked at.
fn run(command: &mut Command) -> StandIn {
    let stand_in = StandIn::start(Options::default()).unwrap();
    // Settings of the SDK that this machine happens to have are no part of the test.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CLOUDINARY_") {
            command.env_remove(name);
        }
    }
    let output = command.env("CLOUDINARY_URL", stand_in.cloudinary_url()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
    assert!(said.ends_with("ALL OK\n"), "{said}\n{complained}");
    stand_in
}

#[test]
fn the_python_sdk_runs_to_its_end() {
    let mut python = Command::new(variable("TEST_PYTHON"));
    python.arg("-B").arg(script("python_sdk.py")).env("PYTHONPATH", variable("TEST_CLOUDINARY_PYTHON"));
    let stand_in = run(&mut python);
    let ids: Vec<_> = stand_in.assets().into_iter().map(|asset| asset.public_id).collect();
    assert_eq!(ids, ["sig.json", "face_recognition/embeddings.json"]);
    assert_eq!(stand_in.calls(Endpoint::Unknown), 0, "{:?}", stand_in.log());
    assert_eq!(stand_in.calls(Endpoint::AdminDelete), 2);
    assert_eq!(stand_in.calls(Endpoint::Archive), 1);
}

#[cfg(feature = "sdk-node")]
#[test]
fn the_node_sdk_runs_to_its_end() {
    let mut node = Command::new(variable("NODE_BIN"));
    node.arg(script("node_sdk.js")).env("NODE_PATH", variable("TEST_CLOUDINARY_NODE"));
    let stand_in = run(&mut node);
    assert_eq!(stand_in.assets().len(), 1, "{:?}", stand_in.assets());
    assert_eq!(stand_in.calls(Endpoint::Unknown), 0, "{:?}", stand_in.log());
    let listed = "/v1_1/testcloud/resources/raw/authenticated/fr%2Fn-demo%2Fu%201%20%C3%A9.json";
    assert!(stand_in.log().iter().any(|call| call.path == listed), "{:?}", stand_in.log());
}
