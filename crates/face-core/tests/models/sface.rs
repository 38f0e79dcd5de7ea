//! SFace, the default embedder: parity with OpenCV's FaceRecognizerSF, and what keeps it apart from dlib's.
//!
//! `golden/sface.json` and `golden/chips/sface_*.png` were written by `golden/sface.py`. The pictures and
//! the models come from the set-up.

use std::sync::LazyLock;

use face_core::{
    BoundingBox, Chip, Crops, Detection, DetectorChoice, DetectorKind, Embedder, Embedding, EmbeddingError,
    EngineOptions, Face, FaceEngine, FacePolicy, ModelId, OpenError, Point, Purpose, RgbView, Template,
};
use image::RgbImage;
use serde_json::{Map, Value};

use crate::{file, golden_folder, numbers, open, workspace};

const SFACE: &str = "sface-2021dec";

static ENGINE: LazyLock<FaceEngine> = LazyLock::new(|| open(EngineOptions::default()));

static GOLDEN: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(golden_folder().join("sface.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

fn embedder() -> &'static Embedder {
    ENGINE.embedder(ENGINE.model()).unwrap()
}

fn resnet() -> ModelId {
    ModelId::new("dlib-resnet-v1").unwrap()
}

/// A face of which only YuNet's points are known; the landmarks are those of a box around them.
fn golden_face(engine: &FaceEngine, picture: RgbView<'_>, entry: &Value) -> Face {
    let points: Vec<Point> = entry["points"].as_array().unwrap().iter().map(numbers).map(point).collect();
    let points: [Point; 5] = points.try_into().unwrap();
    let bounding_box = BoundingBox {
        left: points[0].x - 40.0,
        top: points[0].y - 60.0,
        width: points[1].x - points[0].x + 80.0,
        height: points[4].y - points[0].y + 100.0,
    };
    let found_by = DetectorKind::Yunet;
    let detection = Detection { bounding_box, score: 1.0, points: Some(points), found_by };
    Face { detection, landmarks: engine.landmarks(picture, &detection) }
}

fn point(place: Vec<f64>) -> Point {
    Point { x: place[0] as f32, y: place[1] as f32 }
}

fn unit(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.into_iter().collect();
    let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    values.into_iter().map(|v| v / norm).collect()
}

/// Unit distance of an embedding to numbers of the golden file.
fn off(ours: &Embedding, theirs: &Value) -> f64 {
    let ours = unit(ours.values().iter().map(|&v| f64::from(v)));
    ours.iter().zip(unit(numbers(theirs))).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn template(embedding: &Embedding) -> Template {
    ENGINE.template([embedding]).unwrap()
}

fn difference(a: &RgbImage, b: &RgbImage) -> (u8, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let pairs = || a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b));
    let mean = pairs().map(f64::from).sum::<f64>() / a.as_raw().len() as f64;
    (pairs().max().unwrap(), mean)
}

#[test]
fn embeddings_of_opencvs_chips_are_opencvs() {
    let mut compared = 0;
    for (picture, entry) in GOLDEN.iter().filter(|(_, entry)| entry.get("chip").is_some()) {
        let path = golden_folder().join("chips").join(entry["chip"].as_str().unwrap());
        let chip = Chip::from_aligned(image::open(path).unwrap().into_rgb8());
        let off = off(&embedder().embed(&[chip]).unwrap(), &entry["embedding"]);
        assert!(off < 1e-5, "{picture}: {off:e}");
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[test]
fn chips_of_opencvs_points_are_opencvs_where_no_pixels_are_skipped() {
    let entry = &GOLDEN["astronaut.png"];
    let pixels = ENGINE.decode(&file("astronaut.png")).unwrap();
    let view = RgbView::from_image(&pixels).unwrap();
    let chip = embedder().align(view, &golden_face(&ENGINE, view, entry));
    let theirs = image::open(golden_folder().join("chips/sface_astronaut.png")).unwrap().into_rgb8();
    let (worst, mean) = difference(chip.pixels(), &theirs);
    assert!(worst <= 4 && mean < 0.5, "worst {worst}, mean {mean:.3}");
}

/// Two pictures of one person are 0.6 to 0.8 apart.
#[test]
fn embeddings_of_opencvs_points_agree_through_our_own_decoding_and_alignment() {
    let mut halved = 0;
    for (picture, entry) in GOLDEN.iter() {
        let pixels = ENGINE.decode(&file(picture)).unwrap();
        let view = RgbView::from_image(&pixels).unwrap();
        let chip = embedder().align(view, &golden_face(&ENGINE, view, entry));
        let embedding = embedder().embed(&[chip]).unwrap();
        let whole = off(&embedding, &entry["embedding"]);
        let Some(halves) = entry.get("embeddings_halved").and_then(Value::as_array) else {
            assert!(whole < 0.002, "{picture}: {whole:.4}");
            continue;
        };
        halved += 1;
        // Where OpenCV skips pixels, its own chips of the picture and of its halves differ as much.
        assert!(whole < 0.3, "{picture}: {whole:.4}");
        let nearest = halves.iter().map(|half| off(&embedding, half)).fold(f64::INFINITY, f64::min);
        // What is left of rounding, and of the JPEG decoder; where the frame cuts the face, a half of dlib's
        // filter also ends two pixels earlier than one of OpenCV's, which makes up what lies outside.
        let bound = if picture.contains("partial") { 0.12 } else { 0.03 };
        assert!(nearest < bound, "{picture}: {nearest:.4}");
    }
    assert_eq!((GOLDEN.len(), halved), (8, 7));
}

#[test]
fn people_are_told_apart() {
    let embedding = |picture| ENGINE.embed_one(&file(picture), FacePolicy::Single).unwrap().embedding;
    let (obama, biden) = (template(&embedding("obama.jpg")), template(&embedding("biden.jpg")));
    let distance = |a: &Template, b: &Template| a.distance(b).unwrap().value();
    assert!(distance(&obama, &biden) > 0.4);
    for picture in ["obama2.jpg", "obama3.jpg", "obama_partial_face.jpg", "obama_partial_face2.jpg"] {
        let other = template(&embedding(picture));
        assert!(distance(&obama, &other) < 0.32, "{picture}");
        assert!(distance(&biden, &other) > 0.4, "{picture}");
    }
}

#[test]
fn faces_found_by_dlib_are_aligned_by_its_landmarks() {
    let engine = open(EngineOptions::default().with_detector(DetectorChoice::Mmod));
    for picture in ["obama.jpg", "biden.jpg"] {
        let bytes = file(picture);
        let found = engine.embed_one(&bytes, FacePolicy::Single).unwrap();
        assert_eq!(found.face.detection.points, None);
        let usual = ENGINE.embed_one(&bytes, FacePolicy::Single).unwrap();
        let apart = template(&found.embedding).distance(&template(&usual.embedding)).unwrap().value();
        assert!(apart < 0.16, "{picture}: {apart}");
    }
}

#[test]
fn one_two_and_four_crops_are_chips_of_112_pixels() {
    let pixels = ENGINE.decode(&file("astronaut.png")).unwrap();
    let view = RgbView::from_image(&pixels).unwrap();
    for crops in [Crops::One, Crops::Two, Crops::Four] {
        let engine = open(EngineOptions::default().with_crops(crops));
        let embedder = engine.embedder(engine.model()).unwrap();
        let face = golden_face(&engine, view, &GOLDEN["astronaut.png"]);
        let chips = embedder.crops(view, &face, Purpose::Probe);
        assert_eq!(chips.len(), crops.count());
        assert!(chips.iter().all(|chip| chip.pixels().dimensions() == (112, 112)));
        let apart = off(&embedder.embed(&chips).unwrap(), &GOLDEN["astronaut.png"]["embedding"]);
        assert!(apart < 0.5, "{crops:?}: {apart}");
    }
}

#[test]
fn one_engine_embeds_by_both_models_whose_embeddings_cannot_be_compared() {
    let bytes = file("obama.jpg");
    let as_model = |model: &ModelId| {
        let found = ENGINE.embed_as(&bytes, FacePolicy::Single, model, Purpose::Probe).unwrap();
        ENGINE.template([&found.embedding]).unwrap()
    };
    let (ours, others) = (as_model(ENGINE.model()), as_model(&resnet()));
    let error = ours.distance(&others).unwrap_err();
    let EmbeddingError::ModelMismatch { left, right } = &error else { panic!("{error:?}") };
    assert_eq!((left.as_str(), right), (SFACE, &resnet()));
}

#[test]
fn each_model_has_its_own_scale_and_crops() {
    let infos: Vec<_> = ENGINE.embedders().collect();
    let crops = |info: &face_core::EmbedderInfo| {
        [Purpose::Enrolment, Purpose::Probe].map(|purpose| info.crops(purpose).count())
    };
    let [sface, resnet] = infos.as_slice() else { panic!("{infos:?}") };
    assert_eq!((sface.id().as_str(), crops(sface), sface.scale().factor()), (SFACE, [2, 1], 0.3537));
    assert_eq!(
        (resnet.id().as_str(), crops(resnet), resnet.scale().factor()),
        ("dlib-resnet-v1", [4, 4], 1.0)
    );
}

#[test]
fn recognisability_is_told_by_sface_whichever_model_embeds() {
    let options = EngineOptions::default().with_embedder(resnet());
    let bytes = file("obama.jpg");
    let of =
        |engine: &FaceEngine| engine.embed_one(&bytes, FacePolicy::Single).unwrap().quality.recognisability;
    assert_eq!(of(&open(options.clone())), None);
    let measured = of(&open(options.with_recognisability(true)));
    assert!(measured.unwrap() > 10.0, "{measured:?}");
    assert_eq!(measured, of(&ENGINE), "the first crop is the same for any purpose");
}

#[test]
fn a_chip_of_the_other_model_is_refused() {
    let chip = Chip::from_aligned(RgbImage::new(150, 150));
    let error = embedder().embed(&[chip]).unwrap_err();
    assert!(error.to_string().contains("112"), "{error}");
}

#[test]
fn an_unknown_embedder_is_refused_with_those_that_can_be_had() {
    for id in ["sface", "yunet-2023mar"] {
        let embedder = Some(ModelId::new(id).unwrap());
        let options = EngineOptions::default().with_embedder(embedder);
        let error = FaceEngine::open(workspace().join("models"), options).unwrap_err();
        assert!(matches!(&error, OpenError::UnknownEmbedder { .. }), "{error:?}");
        let expected = format!("there is no embedder '{id}'; the manifest has sface-2021dec, dlib-resnet-v1");
        assert_eq!(error.to_string(), expected);
    }
}
