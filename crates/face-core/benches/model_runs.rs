//! The floor under `stages`: its model runs alone, through ONNX Runtime, with the engine's settings.
//!
//! A process of its own, because ONNX Runtime allows one environment a process and the engine has it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

/// What a picture of 640x480 becomes for the detector, sides padded to multiples of 32.
const WHOLE: [usize; 4] = [1, 3, 480, 640];
const HALF: [usize; 4] = [1, 3, 256, 320];
/// Four crops of one face.
const CROPS: [usize; 4] = [4, 3, 150, 150];
/// One and two crops of one face for SFace.
const SFACE_CHIP: [usize; 4] = [1, 3, 112, 112];
const SFACE_CHIPS: [usize; 4] = [2, 3, 112, 112];

fn environment(models: &Path) -> Environment {
    let library = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| models.join("runtime").join("libonnxruntime.so"), PathBuf::from);
    let library = fs::canonicalize(library).expect("run `cargo xtask setup` first");
    ort::init_from(library).unwrap().with_telemetry(false).build().unwrap()
}

fn session(environment: &Environment, model: &Path) -> Session {
    let bytes = fs::read(model).expect("run `cargo xtask setup` first");
    let builder = Session::builder(environment).unwrap();
    let builder = builder.with_intra_threads(1).unwrap().with_intra_op_spinning(false).unwrap();
    builder.clone().commit_from_memory(&bytes).unwrap()
}

/// Runs a network on an input of its own until its outputs are there.
fn run(session: &mut Session, shape: [usize; 4], values: &[f32]) {
    let name = session.inputs().first().unwrap().name().to_owned();
    let input = TensorRef::from_array_view((shape, values)).unwrap();
    black_box(session.run(ort::inputs![name => input]).unwrap());
}

/// Values that vary as pixels do; what they are does not change the time.
fn values(shape: [usize; 4], scale: f32) -> Vec<f32> {
    (0..shape.iter().product()).map(|i: usize| (i * 31 % 251) as f32 * scale).collect()
}

fn model_runs(criterion: &mut Criterion) {
    let models = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let environment = environment(&models);
    let mut detector = session(&environment, &models.join("yunet.onnx"));
    let mut embedder = session(&environment, &models.join("resnet.onnx"));
    let mut sface = session(&environment, &models.join("sface.onnx"));
    let (chip, chips) = (values(SFACE_CHIP, 1.0 / 256.0), values(SFACE_CHIPS, 1.0 / 256.0));
    let (whole, half, crops) = (values(WHOLE, 1.0), values(HALF, 1.0), values(CROPS, 1.0 / 256.0));

    let mut group = criterion.benchmark_group("model_runs");
    group.bench_function("detector_640x480", |b| b.iter(|| run(&mut detector, WHOLE, &whole)));
    group.bench_function("detector_320x240", |b| b.iter(|| run(&mut detector, HALF, &half)));
    group.bench_function("embedder_4_crops", |b| b.iter(|| run(&mut embedder, CROPS, &crops)));
    group.bench_function("embedder_sface_1_crop", |b| b.iter(|| run(&mut sface, SFACE_CHIP, &chip)));
    group.bench_function("embedder_sface_2_crops", |b| b.iter(|| run(&mut sface, SFACE_CHIPS, &chips)));
    group.bench_function("all", |b| {
        b.iter(|| {
            run(&mut detector, WHOLE, &whole);
            run(&mut detector, HALF, &half);
            run(&mut embedder, CROPS, &crops);
        });
    });
    group.finish();
}

criterion_group!(benches, model_runs);
criterion_main!(benches);
