//! Large pictures on one thread: a selfie of 12 megapixels to its embedding, and a search for small faces.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod picture;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use face_core::{EngineOptions, FaceEngine, FacePolicy, RgbView, SmallestFace};

fn large(criterion: &mut Criterion) {
    let options = EngineOptions::default();
    let engine = FaceEngine::open(picture::models(), options).expect("run `cargo xtask setup` first");
    // Decoded whole for a face of some pixels, which only a smaller one needs.
    let whole = EngineOptions::default().with_smallest_face(SmallestFace::Pixels(u32::MAX));
    let whole = FaceEngine::open(picture::models(), whole).expect("run `cargo xtask setup` first");
    let selfie = picture::selfie();
    let pixels = engine.decode(&selfie).unwrap();
    let view = RgbView::from_image(&pixels).unwrap();

    let mut group = criterion.benchmark_group("12_megapixels");
    group.sample_size(20);
    group.bench_function("decode_whole", |b| b.iter(|| engine.decode(black_box(&selfie)).unwrap()));
    group.bench_function("embedding", |b| {
        b.iter(|| engine.embed_one(black_box(&selfie), FacePolicy::Largest).unwrap())
    });
    group.bench_function("embedding_decoded_whole", |b| {
        b.iter(|| whole.embed_one(black_box(&selfie), FacePolicy::Largest).unwrap())
    });
    for (name, smallest) in [
        ("search_of_picture", SmallestFace::OfPicture),
        ("search_40_pixels", SmallestFace::Pixels(40)),
        ("search_20_pixels", SmallestFace::Pixels(20)),
    ] {
        group.bench_function(name, |b| b.iter(|| engine.detect_down_to(black_box(view), smallest).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, large);
criterion_main!(benches);
