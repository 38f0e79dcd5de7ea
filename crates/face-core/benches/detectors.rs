//! Each detector on one thread, on a 640x480 picture of one face, and on one of none.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod picture;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use face_core::{DetectorChoice, EngineOptions, FaceEngine, RgbView, Upsampling};
use image::RgbImage;
use image::imageops::{self, FilterType};

fn engine(detector: DetectorChoice) -> FaceEngine {
    let options = EngineOptions::default().with_detector(detector);
    FaceEngine::open(picture::models(), options).expect("run `cargo xtask setup` first")
}

/// The part of the picture beside the face, at the size of the whole.
fn without_face(picture: &RgbImage) -> RgbImage {
    let corner = imageops::crop_imm(picture, 0, 0, 160, 120).to_image();
    imageops::resize(&corner, picture.width(), picture.height(), FilterType::Triangle)
}

fn detectors(criterion: &mut Criterion) {
    let yunet = engine(DetectorChoice::Yunet);
    let auto = engine(DetectorChoice::Auto);
    let hog = |upsampling| engine(DetectorChoice::Hog { upsampling });
    let others = [
        ("mmod", engine(DetectorChoice::Mmod)),
        ("hog0", hog(Upsampling::None)),
        ("hog1", hog(Upsampling::Once)),
    ];
    let face = yunet.decode(&picture::one_face()).unwrap();
    let faceless = without_face(&face);
    let (face, faceless) = (RgbView::from_image(&face).unwrap(), RgbView::from_image(&faceless).unwrap());

    let mut group = criterion.benchmark_group("detectors");
    group.sample_size(30);
    for (name, engine) in
        [("yunet", &yunet), ("auto", &auto)].into_iter().chain(others.iter().map(|(n, e)| (*n, e)))
    {
        assert_eq!(engine.detect(face).unwrap().len(), 1, "{name}");
        group.bench_function(name, |b| b.iter(|| engine.detect(black_box(face)).unwrap()));
    }
    for (name, engine) in [("yunet_faceless", &yunet), ("auto_faceless", &auto)] {
        assert_eq!(engine.detect(faceless).unwrap(), [], "{name}");
        group.bench_function(name, |b| b.iter(|| engine.detect(black_box(faceless)).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, detectors);
criterion_main!(benches);
