//! Many faces in one call: each result is that of its own picture, and a reduced picture gives what the whole one does.

use std::sync::LazyLock;

use face_core::{
    EmbeddedFace, EngineOptions, FaceEngine, FaceError, FacePolicy, PictureError, Purpose, RgbView,
};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{RgbImage, imageops::overlay};

use crate::{file, open};

static ENGINE: LazyLock<FaceEngine> = LazyLock::new(|| open(EngineOptions::default().with_sessions(3)));

fn distance(a: &EmbeddedFace, b: &EmbeddedFace) -> f32 {
    let template = |face: &EmbeddedFace| ENGINE.template([&face.embedding]).unwrap();
    template(a).distance(&template(b)).unwrap().value()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 92).encode_image(picture).unwrap();
    bytes
}

#[test]
fn every_result_of_a_batch_has_the_key_of_its_picture_and_a_bad_picture_stops_no_other() {
    let names = ["obama.jpg", "biden.jpg", "no picture", "obama2.jpg", "obama3.jpg", "biden.jpg"];
    let pictures = names.map(|name| match name {
        "no picture" => (name, b"text".to_vec()),
        _ => (name, file(name)),
    });
    let results = ENGINE.embed_batch(pictures, FacePolicy::Single, ENGINE.model(), Purpose::Enrolment);
    assert_eq!(results.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    for (name, result) in &results {
        match result {
            Ok(face) => {
                let alone = ENGINE.embed_one(&file(name), FacePolicy::Single).unwrap();
                assert_eq!(face.embedding, alone.embedding, "{name}");
            }
            Err(FaceError::Picture(PictureError::UnknownFormat)) => assert_eq!(*name, "no picture"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn more_sessions_than_pictures_and_no_pictures_are_fine() {
    let none: [(u8, Vec<u8>); 0] = [];
    assert!(ENGINE.embed_batch(none, FacePolicy::Single, ENGINE.model(), Purpose::Probe).is_empty());
    let one = [((), file("biden.jpg"))];
    assert_eq!(ENGINE.embed_batch(one, FacePolicy::Single, ENGINE.model(), Purpose::Probe).len(), 1);
}

#[test]
fn the_default_threshold_of_a_model_tells_two_people_apart() {
    let info = ENGINE.embedders().find(|info| info.id() == ENGINE.model()).unwrap();
    let threshold = info.default_threshold().value();
    let single = |name: &str| ENGINE.embed_one(&file(name), FacePolicy::Single).unwrap();
    let (obama, again, biden) = (single("obama.jpg"), single("obama2.jpg"), single("biden.jpg"));
    assert!(distance(&obama, &again) <= threshold && distance(&obama, &biden) > threshold);
    assert_eq!(
        ENGINE.template([&obama.embedding]).unwrap().scale().default_threshold(),
        info.default_threshold()
    );
}

/// A large JPEG is searched at a part of its size; a small face in it is embedded from the whole.
#[test]
fn all_faces_of_a_large_picture_are_embedded_as_one_is() {
    let portrait = image::load_from_memory(&file("biden.jpg")).unwrap().into_rgb8();
    let small =
        imageops::resize(&portrait, 300, 300 * portrait.height() / portrait.width(), FilterType::Triangle);
    let large = imageops::resize(&small, 1200, 4 * small.height(), FilterType::Triangle);
    let mut hall = RgbImage::from_pixel(4000, 3000, image::Rgb([120, 130, 140]));
    overlay(&mut hall, &large, 200, 200);
    overlay(&mut hall, &small, 2800, 1200);
    let bytes = jpeg(&hall);
    let all = ENGINE.embed_all(&bytes, 9, ENGINE.model(), Purpose::Enrolment).unwrap();
    assert_eq!((all.size, all.omitted, all.faces.len()), ((4000, 3000), 0, 2));
    let largest = ENGINE.embed_one(&bytes, FacePolicy::Largest).unwrap();
    assert_eq!(all.faces[0].face, largest.face);
    assert_eq!(all.faces[0].embedding, largest.embedding);
    let whole = ENGINE.decode(&bytes).unwrap();
    let found = ENGINE.detect(RgbView::from_image(&whole).unwrap()).unwrap();
    for face in &all.faces {
        let nearest = found.iter().map(|at| at.bounding_box.iou(&face.face.detection.bounding_box));
        assert!(nearest.fold(0.0, f32::max) > 0.7, "{:?} in {found:?}", face.face);
    }
    assert!(distance(&all.faces[0], &all.faces[1]) < 0.3);
}
