//! The whole path on portraits of two people: who is found, who is taken for whom, and what is refused.
//!
//! Distances are on the default embedder's scale; the service takes nobody farther away than 0.4 for a match.

use std::io::Cursor;
use std::sync::LazyLock;

use face_core::{
    BoundingBox, Detection, EmbeddedFace, Embedder, EngineOptions, FaceEngine, FaceError, FacePolicy,
    OpenError, PictureError, Purpose, QualityCode, QualityLimits, RgbView, SmallestFace,
};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder, ImageFormat, RgbImage};

use crate::{file, open};

const THRESHOLD: f32 = 0.4;
const OTHERS_OF_OBAMA: [&str; 4] =
    ["obama2.jpg", "obama3.jpg", "obama_partial_face.jpg", "obama_partial_face2.jpg"];

static ENGINE: LazyLock<FaceEngine> = LazyLock::new(|| open(EngineOptions::default().with_sessions(2)));

fn embedder() -> &'static Embedder {
    ENGINE.embedder(ENGINE.model()).unwrap()
}

fn pixels(picture: &str) -> RgbImage {
    ENGINE.decode(&file(picture)).unwrap()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    bytes
}

fn single(bytes: &[u8]) -> EmbeddedFace {
    ENGINE.embed_one(bytes, FacePolicy::Single).unwrap()
}

fn distance(a: &EmbeddedFace, b: &EmbeddedFace) -> f32 {
    let template = |face: &EmbeddedFace| ENGINE.template([&face.embedding]).unwrap();
    template(a).distance(&template(b)).unwrap().value()
}

fn detections(picture: &RgbImage) -> Vec<Detection> {
    ENGINE.detect(RgbView::from_image(picture).unwrap()).unwrap()
}

/// `inset` laid over `picture` with its top left corner at `x`, `y`.
fn over(picture: &RgbImage, inset: &RgbImage, x: i64, y: i64) -> RgbImage {
    let mut both = picture.clone();
    imageops::replace(&mut both, inset, x, y);
    both
}

#[test]
fn other_pictures_of_a_person_are_that_person_and_nobody_else() {
    let (obama, biden) = (single(&file("obama.jpg")), single(&file("biden.jpg")));
    assert!(distance(&obama, &biden) > THRESHOLD);
    for picture in OTHERS_OF_OBAMA {
        let other = single(&file(picture));
        let (same, different) = (distance(&obama, &other), distance(&biden, &other));
        assert!(same <= THRESHOLD, "{picture}: {same}");
        assert!(different > THRESHOLD, "{picture}: {different}");
    }
}

#[test]
fn saving_again_mirroring_shrinking_and_turning_leave_a_person_the_same() {
    let biden = single(&file("biden.jpg"));
    let picture = pixels("biden.jpg");
    let half = imageops::resize(&picture, picture.width() / 2, picture.height() / 2, FilterType::Triangle);
    let mut turned = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut turned, 92);
    // Exif orientation 6: the camera was held so that the picture is to be turned a quarter to the right.
    encoder
        .set_exif_metadata(b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec())
        .unwrap();
    encoder.encode_image(&imageops::rotate270(&picture)).unwrap();
    let changed = [
        ("saved again", jpeg(&picture, 50)),
        ("mirrored", png(&imageops::flip_horizontal(&picture))),
        ("half as large", png(&half)),
        ("turned", turned),
    ];
    for (change, bytes) in changed {
        let off = distance(&biden, &single(&bytes));
        assert!(off < 0.2, "{change}: {off}");
    }
}

#[test]
fn a_picture_on_its_side_or_head_is_embedded_upright_and_reported_as_it_was_sent() {
    let (biden, picture) = (single(&file("biden.jpg")), pixels("biden.jpg"));
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let upright = biden.face.detection.bounding_box.center();
    let [right_eye, ..] = biden.face.detection.points.unwrap();
    for (turned, there) in [
        (imageops::rotate90(&picture), (|p, [_, h]| [h - p[1], p[0]]) as fn([f32; 2], [f32; 2]) -> [f32; 2]),
        (imageops::rotate180(&picture), |p, [w, h]| [w - p[0], h - p[1]]),
        (imageops::rotate270(&picture), |p, [w, _]| [p[1], w - p[0]]),
    ] {
        for bytes in [png(&turned), jpeg(&turned, 95)] {
            let found = single(&bytes);
            let off = distance(&biden, &found);
            assert!(off < 0.1, "{off}");
            let detection = found.face.detection;
            let [eye, ..] = detection.points.unwrap();
            for (found, upright) in [(detection.bounding_box.center(), upright), (eye, right_eye)] {
                let [x, y] = there([upright.x, upright.y], [width, height]);
                let off = (found.x - x).hypot(found.y - y);
                assert!(off < 0.1 * detection.bounding_box.width, "{found:?}, not {x}, {y}");
            }
        }
        let all = ENGINE.embed_all(&png(&turned), 9, ENGINE.model(), Purpose::Probe).unwrap();
        assert_eq!(all.size, turned.dimensions());
        assert!(distance(&biden, &all.faces[0]) < 0.1);
    }
}

#[test]
fn a_face_that_leans_is_recognised_as_an_upright_one() {
    let (biden, obama, picture) =
        (single(&file("biden.jpg")), single(&file("obama.jpg")), pixels("biden.jpg"));
    let center = biden.face.detection.bounding_box.center();
    for degrees in [-45.0_f32, -30.0, -15.0, 15.0, 30.0] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let leaning = RgbImage::from_fn(800, 800, |x, y| {
            let (x, y) = (x as f32 - 400.0, y as f32 - 400.0);
            let (x, y) = (cos * x + sin * y + center.x, cos * y - sin * x + center.y);
            *picture.get_pixel_checked(x.max(0.0) as u32, y.max(0.0) as u32).unwrap_or(&image::Rgb([0; 3]))
        });
        let found = single(&png(&leaning));
        let (same, different) = (distance(&biden, &found), distance(&obama, &found));
        assert!(same < 0.15 && different > THRESHOLD, "{degrees}: {same}, {different}");
    }
}

#[test]
fn a_face_that_nobody_could_tell_is_unrecognisable_and_a_good_one_is_not() {
    let codes = |bytes: &[u8], limits| {
        let short = single(bytes).quality.shortcomings(&limits);
        short.iter().map(|shortcoming| shortcoming.code).collect::<Vec<_>>()
    };
    let obama = pixels("obama.jpg");
    for picture in ["obama.jpg", "biden.jpg", "obama2.jpg"] {
        assert_eq!(codes(&file(picture), QualityLimits::default()), [], "{picture}");
        assert_eq!(codes(&file(picture), QualityLimits::probe()), [], "{picture}");
    }
    let ruined = png(&imageops::blur(&obama, 25.0));
    assert!(codes(&ruined, QualityLimits::default()).contains(&QualityCode::Unrecognisable));
    assert_eq!(codes(&ruined, QualityLimits::probe()), [QualityCode::Unrecognisable]);
}

#[test]
fn noise_shows_no_face() {
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(640, 480, |_, _| {
        image::Rgb([(); 3].map(|()| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    });
    for policy in [FacePolicy::Single, FacePolicy::Strict, FacePolicy::Largest] {
        assert!(matches!(ENGINE.embed_one(&png(&noise), policy), Err(FaceError::NoFace)));
    }
    assert!(ENGINE.analyze(&png(&noise)).unwrap().faces.is_empty());
    assert!(ENGINE.analyze(&png(&RgbImage::new(1, 1))).unwrap().faces.is_empty());
}

#[test]
fn two_portraits_side_by_side_are_two_faces_and_a_small_one_is_a_bystander() {
    let (obama, biden) = (pixels("obama.jpg"), pixels("biden.jpg"));
    let biden = imageops::resize(&biden, 910, 1137, FilterType::Triangle);
    let beside = over(&over(&RgbImage::new(1820, 1137), &obama, 0, 0), &biden, 910, 0);
    let found = ENGINE.embed_one(&png(&beside), FacePolicy::Single);
    assert!(matches!(found, Err(FaceError::MultipleFaces { count: 2 })), "{found:?}");
    assert_eq!(ENGINE.analyze(&png(&beside)).unwrap().faces.len(), 2);
    assert!(ENGINE.embed_one(&png(&beside), FacePolicy::Largest).is_ok());

    let small = imageops::resize(&biden, 220, 275, FilterType::Triangle);
    let behind = png(&over(&obama, &small, 0, 0));
    let found = single(&behind);
    assert_eq!(found.bystanders, 1);
    assert!(distance(&found, &single(&file("obama.jpg"))) < THRESHOLD);
    assert!(matches!(
        ENGINE.embed_one(&behind, FacePolicy::Strict),
        Err(FaceError::MultipleFaces { count: 2 })
    ));
}

#[test]
fn a_face_filling_the_picture_and_one_of_twenty_pixels_are_both_found() {
    let obama = pixels("obama.jpg");
    let close_up = imageops::crop_imm(&obama, 360, 110, 250, 330).to_image();
    let close_up = imageops::resize(&close_up, 1500, 1980, FilterType::Triangle);
    assert_eq!(detections(&close_up).len(), 1);

    let distant = imageops::resize(&obama, 80, 100, FilterType::Triangle);
    let room = over(&RgbImage::from_pixel(640, 480, image::Rgb([120; 3])), &distant, 301, 207);
    let found = detections(&room);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((12.0..30.0).contains(&found[0].bounding_box.width), "{found:?}");
}

#[test]
fn callers_with_pixels_of_their_own_get_what_callers_with_files_get() {
    let (width, height) = (910_usize, 1137_usize);
    let obama = pixels("obama.jpg");
    let padded: Vec<u8> =
        obama.chunks_exact(width * 3).flat_map(|row| row.iter().copied().chain([7; 5])).collect();
    let view = RgbView::new(&padded, width, height, width * 3 + 5).unwrap();
    let detection = ENGINE.detect(view).unwrap()[0];
    let face = ENGINE.face_to_embed(view, detection).unwrap();
    let embedding = embedder().embed(&embedder().crops(view, &face, Purpose::Enrolment)).unwrap();
    let whole = single(&file("obama.jpg"));
    assert_eq!(face, whole.face);
    assert_eq!(embedding.values(), whole.embedding.values());
}

#[test]
fn threads_that_share_an_engine_get_identical_embeddings() {
    let portraits = ["obama.jpg", "biden.jpg", "obama2.jpg"].map(file);
    let alone = portraits.each_ref().map(|portrait| single(portrait).embedding);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let portraits = &portraits;
                scope.spawn(move || [0, 1, 2].map(|i| single(&portraits[(thread + i) % 3]).embedding))
            })
            .collect();
        for (thread, running) in threads.into_iter().enumerate() {
            for (i, embedding) in running.join().unwrap().iter().enumerate() {
                assert_eq!(embedding.values(), alone[(thread + i) % 3].values());
            }
        }
    });
}

#[test]
fn errors_say_what_to_do_and_a_damaged_folder_says_what_is_missing() {
    let error = ENGINE.embed_one(b"hello", FacePolicy::Single).unwrap_err();
    assert!(matches!(error, FaceError::Picture(PictureError::UnknownFormat)));
    assert!(error.to_string().contains("send a JPEG"), "{error}");
    let missing = FaceEngine::open("no/such/folder", EngineOptions::default()).unwrap_err();
    assert!(matches!(missing, OpenError::MissingFile { .. }), "{missing:?}");
}

#[test]
fn a_face_of_twenty_pixels_in_a_group_picture_is_found_when_asked_for() {
    let obama = pixels("obama.jpg");
    let distant = imageops::resize(&obama, 80, 100, FilterType::Triangle);
    // Near the place where two tiles meet, and far larger than the tiles' overlap.
    let near = imageops::resize(&obama, 2200, 2748, FilterType::Triangle);
    let hall = RgbImage::from_pixel(4000, 3000, image::Rgb([120; 3]));
    let hall = over(&over(&over(&hall, &near, 1600, 100), &distant, 1180, 700), &distant, 90, 2800);
    let view = RgbView::from_image(&hall).unwrap();
    assert_eq!(ENGINE.detect(view).unwrap().len(), 1);
    let found = ENGINE.detect_down_to(view, SmallestFace::Pixels(16)).unwrap();
    let around = |x: f32, y: f32| {
        let faces = found.iter().map(|face| face.bounding_box);
        let there = |b: &BoundingBox| (b.center().x - x).hypot(b.center().y - y) < b.width / 2.0;
        faces.filter(there).map(|b| b.width).collect::<Vec<_>>()
    };
    for (x, y, least, most) in
        [(1223.0, 722.0, 14.0, 30.0), (133.0, 2822.0, 14.0, 30.0), (2790.0, 690.0, 400.0, 800.0)]
    {
        let [width] = around(x, y).try_into().unwrap();
        assert!((least..most).contains(&width), "at {x}, {y}: {width}");
    }
}

#[test]
fn quality_says_what_is_wrong_with_a_portrait_that_was_spoilt() {
    let obama = pixels("obama.jpg");
    let quality = |picture: &RgbImage| ENGINE.analyze(&png(picture)).unwrap().faces[0].quality;
    let codes = |picture: &RgbImage| -> Vec<QualityCode> {
        quality(picture).shortcomings(&QualityLimits::default()).iter().map(|s| s.code).collect()
    };
    assert_eq!(codes(&obama), []);
    let dark = RgbImage::from_fn(910, 1137, |x, y| image::Rgb(obama.get_pixel(x, y).0.map(|v| v / 6)));
    assert_eq!(codes(&dark), [QualityCode::TooDark, QualityCode::LowContrast]);
    assert_eq!(codes(&imageops::blur(&obama, 12.0)), [QualityCode::Blurred]);
    let small = imageops::resize(&obama, 80, 100, FilterType::Triangle);
    assert!(codes(&small).contains(&QualityCode::FaceTooSmall));
    assert_eq!(codes(&imageops::crop_imm(&obama, 440, 0, 470, 1137).to_image()), [QualityCode::FaceCutOff]);
    // Above the eyes and at the mouth, where dlib's landmarks stay inside what is left.
    let [right_eye, left_eye, _, right_mouth, _] = detections(&obama)[0].points.unwrap();
    let (above, mouth) = ((right_eye.y - 0.3 * (left_eye.x - right_eye.x)) as u32, right_mouth.y as u32);
    for part in [
        imageops::crop_imm(&obama, 0, above, 910, 1137 - above).to_image(),
        imageops::crop_imm(&obama, 0, 0, 910, mouth).to_image(),
    ] {
        assert!(codes(&part).contains(&QualityCode::FaceCutOff));
    }
    let pose = quality(&imageops::flip_horizontal(&obama)).pose.unwrap();
    let mirrored = quality(&obama).pose.unwrap();
    let off = (pose.yaw + mirrored.yaw, pose.pitch - mirrored.pitch);
    assert!(off.0.abs() < 10.0 && off.1.abs() < 10.0, "{off:?}");
}

#[test]
fn a_large_jpeg_decoded_at_half_its_size_gives_nearly_the_embedding_of_the_whole() {
    let obama = pixels("obama.jpg");
    let selfie = imageops::resize(
        &imageops::crop_imm(&obama, 250, 0, 480, 640).to_image(),
        3000,
        4000,
        FilterType::Triangle,
    );
    let (whole, reduced) = (single(&png(&selfie)), single(&jpeg(&selfie, 95)));
    let off = distance(&whole, &reduced);
    assert!(off > 0.0 && off < 0.1, "{off}");
    let (a, b) = (whole.face.detection.bounding_box, reduced.face.detection.bounding_box);
    assert!(a.iou(&b) > 0.95, "in pixels of the file: {a:?} {b:?}");
    assert!((whole.quality.eye_distance / reduced.quality.eye_distance - 1.0).abs() < 0.05);
}

#[test]
fn a_small_face_in_a_large_jpeg_is_embedded_from_all_of_its_pixels() {
    let obama = imageops::resize(&pixels("obama.jpg"), 520, 650, FilterType::Triangle);
    let hall = jpeg(&over(&RgbImage::from_pixel(4000, 3000, image::Rgb([120; 3])), &obama, 1741, 1203), 95);
    let found = single(&hall);
    let decoded = ENGINE.decode(&hall).unwrap();
    let view = RgbView::from_image(&decoded).unwrap();
    let face = ENGINE.face(view, found.face.detection);
    assert_eq!(face.landmarks, found.face.landmarks);
    assert_eq!(
        embedder().embed(&embedder().crops(view, &face, Purpose::Enrolment)).unwrap().values(),
        found.embedding.values()
    );
}
