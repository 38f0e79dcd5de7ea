//! The engine with the models of the set-up: beside the references, on portraits of two people, on many pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod many;
mod parity;
mod people;
mod sface;

use std::path::PathBuf;

use face_core::{EngineOptions, FaceEngine};
use serde_json::Value;

fn open(options: EngineOptions) -> FaceEngine {
    FaceEngine::open(workspace().join("models"), options).expect("run `cargo xtask setup --tests` first")
}

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn golden_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A picture of the set-up, as it lies in its file.
fn file(picture: &str) -> Vec<u8> {
    let path = workspace().join("tests/pictures").join(picture);
    std::fs::read(&path).unwrap_or_else(|_| panic!("{path:?}: run `cargo xtask setup --tests` first"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}
