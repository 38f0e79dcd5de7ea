//! Each stage and the whole path on one thread, on a 640x480 JPEG of one face.
//!
//! The other bench, `model_runs`, is the floor: the same networks on the same shapes with nothing around
//! them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod picture;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use face_core::{EngineOptions, Face, FaceEngine, FacePolicy, Purpose, RgbView};
use image::RgbImage;

fn stages(criterion: &mut Criterion) {
    let options = EngineOptions::default();
    let engine = FaceEngine::open(picture::models(), options).expect("run `cargo xtask setup` first");
    let jpeg = picture::one_face();
    let pixels: RgbImage = engine.decode(&jpeg).unwrap();
    let view = RgbView::from_image(&pixels).unwrap();
    let detection = *engine.detect(view).unwrap().first().unwrap();
    let face = Face { detection, landmarks: engine.landmarks(view, &detection) };
    let embedder = engine.embedder(engine.model()).unwrap();
    let crops = embedder.crops(view, &face, Purpose::Probe);

    let mut group = criterion.benchmark_group("640x480");
    group.bench_function("decode", |b| b.iter(|| engine.decode(black_box(&jpeg)).unwrap()));
    group.bench_function("detect", |b| b.iter(|| engine.detect(black_box(view)).unwrap()));
    group.bench_function("landmarks", |b| b.iter(|| engine.landmarks(black_box(view), &detection)));
    group.bench_function("align", |b| b.iter(|| embedder.crops(black_box(view), &face, Purpose::Probe)));
    group.bench_function("embed", |b| b.iter(|| embedder.embed(black_box(&crops)).unwrap()));
    group.bench_function("whole", |b| {
        let whole = || engine.embed_as(black_box(&jpeg), FacePolicy::Single, engine.model(), Purpose::Probe);
        b.iter(|| whole().unwrap())
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
