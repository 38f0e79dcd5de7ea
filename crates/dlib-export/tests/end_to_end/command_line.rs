//! The program: what it writes, what it leaves alone, what it says and how it exits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The smallest shape predictor: one landmark, one cascade of one tree with one split.
const PREDICTOR: &[u8] = &[
    1, 1, // version
    0x81, 2, 0x81, 1, // mean shape: a column of 2
    1, 1, 0x81, 1, 1, 1, 0x81, 1, // 0.5, 0.5
    1, 1, 1, 1, 1, 1, // one cascade, one tree, one split
    1, 0, 1, 0, 1, 3, 1, 0, // pixel 0, pixel 0, threshold 3
    1, 2, // two leaves
    0x81, 2, 0x81, 1, 1, 1, 1, 0, 1, 2, 1, 0, // 1, 2
    0x81, 2, 0x81, 1, 0x81, 1, 1, 0, 1, 0, 1, 0, // -1, 0
    1, 1, 1, 1, 1, 0, // one list of one anchor: landmark 0
    1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0x81, 2, // one list of one delta: 1, 0.25
];

fn export(arguments: [&str; 3], folder: &TempDir) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dlib-export"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE")
        .output()
        .unwrap()
}

fn folder_with(name: &str, content: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[track_caller]
fn assert_fails(output: &Output, code: i32, message: &str) {
    assert_eq!(output.status.code(), Some(code));
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim_end(), message);
    assert!(output.stdout.is_empty());
}

#[test]
fn a_model_is_written_and_nothing_is_left_beside_it() {
    let folder = folder_with("points.dat", PREDICTOR);
    let output = export(["shape-predictor", "points.dat", "points.safetensors"], &folder);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(names(folder.path()), ["points.dat", "points.safetensors"]);
    let written = fs::read(folder.path().join("points.safetensors")).unwrap();
    assert_eq!(written, dlib_export::shape_predictor_to_safetensors(PREDICTOR).unwrap());
}

#[test]
fn an_existing_model_is_replaced() {
    let folder = folder_with("points.dat", PREDICTOR);
    let model = folder.path().join("model");
    fs::write(&model, "an older one").unwrap();
    assert!(export(["shape-predictor", "points.dat", "model"], &folder).status.success());
    assert_eq!(fs::read(&model).unwrap(), dlib_export::shape_predictor_to_safetensors(PREDICTOR).unwrap());
}

#[test]
fn a_missing_file_is_named() {
    let folder = TempDir::new().unwrap();
    let output = export(["resnet", "missing.dat", "model"], &folder);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.starts_with("Error: cannot read missing.dat\n"), "{message}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_wrong_file_is_named_with_what_is_wrong_and_the_old_model_stays() {
    let wrong = [
        (
            "resnet",
            "Error: other.dat is not dlib's face embedder\n\nCaused by:\n    \
             byte 0: expected 1 as the version of a loss layer's wrapper, found 7",
        ),
        (
            "mmod",
            "Error: other.dat is not dlib's face detector MMOD\n\nCaused by:\n    \
             byte 0: expected 1 as the version of a loss layer's wrapper, found 7",
        ),
        (
            "hog",
            "Error: other.dat is not dlib's frontal face detector\n\nCaused by:\n    \
             byte 0: expected 2 as the version of an object detector, found 7",
        ),
        (
            "shape-predictor",
            "Error: other.dat is not a shape predictor of dlib\n\nCaused by:\n    \
             byte 0: expected 1 as the version of a shape predictor, found 7",
        ),
        (
            "dynamic-yunet",
            "Error: other.dat is not the face detector YuNet\n\nCaused by:\n    \
             0: the file is not an ONNX model\n    \
             1: failed to decode Protobuf message: invalid tag value: 0",
        ),
        (
            "sface",
            "Error: other.dat is not the face embedder SFace\n\nCaused by:\n    \
             0: the file is not an ONNX model\n    \
             1: failed to decode Protobuf message: invalid tag value: 0",
        ),
    ];
    let folder = folder_with("other.dat", &[1, 7, 0]);
    fs::write(folder.path().join("model"), "an older one").unwrap();
    for (command, message) in wrong {
        assert_fails(&export([command, "other.dat", "model"], &folder), 1, message);
    }
    assert_eq!(fs::read(folder.path().join("model")).unwrap(), b"an older one");
    assert_eq!(names(folder.path()), ["model", "other.dat"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_nothing_is_left_there() {
    let folder = folder_with("points.dat", PREDICTOR);
    fs::create_dir(folder.path().join("models")).unwrap();
    for place in ["missing/model", "models", "models/.."] {
        let output = export(["shape-predictor", "points.dat", place], &folder);
        assert_eq!(output.status.code(), Some(1), "{place}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.starts_with("Error: ") && message.contains(place), "{message}");
    }
    assert_eq!(names(folder.path()), ["models", "points.dat"]);
    assert!(names(&folder.path().join("models")).is_empty());
}

#[test]
fn wrong_use_exits_with_2() {
    let folder = TempDir::new().unwrap();
    assert_eq!(export(["unknown", "a", "b"], &folder).status.code(), Some(2));
}
