//! Each stage and the whole path on one thread, on a 640x480 JPEG of one face.
//!
//! The other bench, `model_runs`, is the floor: the same networks on the same shapes with nothing around
//! them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use face_core::{EngineOptions, FaceEngine, FacePolicy, RgbView};
use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};

/// The reference's portrait of 910x1137, cut to a 4:3 window around the face and scaled to 640x480.
fn picture() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/obama.jpg");
    let portrait = image::open(path).expect("run `cargo xtask setup --tests` first").into_rgb8();
    let window = imageops::crop_imm(&portrait, 0, 0, 910, 682).to_image();
    let scaled = imageops::resize(&window, 640, 480, FilterType::Triangle);
    let mut jpeg = Cursor::new(Vec::new());
    scaled.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

fn stages(criterion: &mut Criterion) {
    let models = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let engine = FaceEngine::open(&models, EngineOptions::default()).expect("run `cargo xtask setup` first");
    let jpeg = picture();
    // For those who time another program on the same picture.
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("640x480.jpg"), &jpeg).unwrap();
    let pixels: RgbImage = engine.decode(&jpeg).unwrap();
    let view = RgbView::of(&pixels).unwrap();
    let face = *engine.detect(view).unwrap().first().unwrap();
    let landmarks = engine.landmarks(view, &face);
    let crops = engine.crops(view, &landmarks);

    let mut group = criterion.benchmark_group("640x480");
    group.bench_function("decode", |b| b.iter(|| engine.decode(black_box(&jpeg)).unwrap()));
    group.bench_function("detect", |b| b.iter(|| engine.detect(black_box(view)).unwrap()));
    group.bench_function("landmarks", |b| b.iter(|| engine.landmarks(black_box(view), &face)));
    group.bench_function("align", |b| b.iter(|| engine.crops(black_box(view), &landmarks)));
    group.bench_function("embed", |b| b.iter(|| engine.embed(black_box(&crops)).unwrap()));
    group.bench_function("whole", |b| {
        b.iter(|| engine.embed_one(black_box(&jpeg), FacePolicy::Single).unwrap())
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
