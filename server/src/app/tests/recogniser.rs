//! A recogniser that is told what it sees: a test's picture is a few words.
//!
//! `obama` is a picture of that person and `obama 2` another one, `obama+biden` shows two, `nobody` none. A word in
//! front says how the face is shown: `small obama`, `ruined obama`. `stranger 17` is one of any number of people who are
//! like nobody else. What is none of these is no picture.

use std::thread;

use embedding::{DIMENSIONS, Embedding, ModelId};
use face_core::{
    AnalyzedFace, AnalyzedFaces, BoundingBox, Detection, DetectorKind, EmbeddedFace, EmbeddedFaces, Face,
    FaceError, FacePolicy, InferenceError, Landmarks, PictureError, Point, Pose, Purpose, Quality, select,
};

use crate::config::{DLIB, SFACE};
use crate::inference::Recogniser;

/// One person.
pub(super) const OBAMA: &[u8] = b"obama";
/// The same one in another picture.
pub(super) const OBAMA_2: &[u8] = b"obama 2";
/// Another person.
pub(super) const BIDEN: &[u8] = b"biden";
/// A third one.
pub(super) const ASTRONAUT: &[u8] = b"astronaut";
/// Two people in one picture.
pub(super) const BOTH: &[u8] = b"obama+biden";
/// A picture without a face.
pub(super) const NOBODY: &[u8] = b"nobody";

/// Width and height that every picture has.
const SIZE: (u32, u32) = (640, 480);

/// Who can be in a picture.
const PEOPLE: [&str; 3] = ["obama", "biden", "astronaut"];

/// In the place of a person: somebody of whom the picture's number alone is known.
const STRANGER: usize = usize::MAX;

/// How far one picture of a person is turned from another, as the cosine and the sine of the angle: the distance of
/// SFace is 0.12 then, and of two people 0.50.
const LIKENESS: [f32; 2] = [0.94, 0.341];

/// Stands for the face engine.
#[derive(Debug)]
pub(super) struct TestRecogniser {
    models: [ModelId; 2],
}

impl TestRecogniser {
    /// One that has both models; `first` is that of new events.
    pub(super) fn new() -> Self {
        Self { models: [SFACE, DLIB].map(|id| ModelId::new(id).unwrap()) }
    }

    fn see(&self, picture: &[u8], model: &ModelId, faces: usize) -> Result<Vec<EmbeddedFace>, FaceError> {
        let seen = people(picture)?;
        let bystanders = seen.len().saturating_sub(1);
        let faces = seen.iter().enumerate().take(faces).map(|(place, seen)| EmbeddedFace {
            face: face(place),
            quality: seen.quality,
            embedding: seen.embedding(model),
            bystanders,
        });
        Ok(faces.collect())
    }
}

impl Recogniser for TestRecogniser {
    fn models(&self) -> Vec<&ModelId> {
        self.models.iter().collect()
    }

    fn embed(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        _: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        let faces = self.see(picture, model, usize::MAX)?;
        let detections: Vec<_> = faces.iter().map(|found| found.face.detection).collect();
        let (chosen, _) = select(&detections, policy)?;
        Ok(faces.into_iter().find(|found| found.face.detection == chosen).unwrap())
    }

    fn detect(&self, picture: &[u8]) -> Result<AnalyzedFaces, FaceError> {
        let faces = self.see(picture, &self.models[0], usize::MAX)?;
        let faces =
            faces.into_iter().map(|EmbeddedFace { face, quality, .. }| AnalyzedFace { face, quality });
        Ok(AnalyzedFaces { size: SIZE, faces: faces.collect() })
    }

    fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        _: Purpose,
    ) -> Result<EmbeddedFaces, FaceError> {
        let faces = self.see(picture, model, most)?;
        let omitted = people(picture)?.len() - faces.len();
        Ok(EmbeddedFaces { size: SIZE, faces, omitted })
    }
}

/// Somebody in a picture.
struct Seen {
    person: usize,
    /// Which picture of that person it is.
    picture: usize,
    quality: Quality,
}

impl Seen {
    /// Near to other pictures of the same person, and at a right angle to other people; of a stranger about so.
    fn embedding(&self, model: &ModelId) -> Embedding {
        let mut values = [0.0; DIMENSIONS];
        if self.person == STRANGER {
            let mut state = self.picture as u64;
            values = values.map(|_: f32| {
                // SplitMix64, whose numbers look random from any start.
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
            });
        } else if self.picture == 1 {
            values[self.person] = 1.0;
        } else {
            [values[self.person], values[8 * self.person + self.picture + 8]] = LIKENESS;
        }
        if model.as_str() == DLIB {
            values.reverse();
        }
        Embedding::new(model.clone(), values).unwrap()
    }
}

fn people(picture: &[u8]) -> Result<Vec<Seen>, FaceError> {
    let text = std::str::from_utf8(picture).unwrap_or("?");
    match text {
        "" => Err(PictureError::Empty.into()),
        "nobody" => Ok(Vec::new()),
        "heic" => Err(PictureError::UnsupportedFormat { format: "HEIC" }.into()),
        "damaged" => Err(PictureError::Damaged { format: "JPEG", source: "it ends early".into() }.into()),
        "large" => Err(PictureError::TooLarge { max_pixels: 50_000_000, max_side: 16_384 }.into()),
        "failing" => {
            let (model, detail) = (SFACE.to_owned(), "on purpose".to_owned());
            Err(InferenceError::Shape { model, detail }.into())
        }
        "panicking" => panic!("the recogniser panics on purpose, on {:?}", thread::current().name()),
        _ => text.split('+').map(seen).collect::<Option<_>>().ok_or(PictureError::UnknownFormat.into()),
    }
}

fn seen(text: &str) -> Option<Seen> {
    let (quality, text) = match text.split_once(' ') {
        Some(("small", rest)) => (Quality { eye_distance: 9.0, ..GOOD }, rest),
        Some(("ruined", rest)) => (Quality { recognisability: Some(5.0), ..GOOD }, rest),
        _ => (GOOD, text),
    };
    let (name, picture) = text.split_once(' ').unwrap_or((text, "1"));
    if name == "stranger" {
        // Far apart, so that no two of them begin alike.
        return Some(Seen { person: STRANGER, picture: picture.parse::<usize>().ok()? << 20, quality });
    }
    let person = PEOPLE.iter().position(|known| *known == name)?;
    Some(Seen { person, picture: picture.parse().ok().filter(|number| (1..8).contains(number))?, quality })
}

/// A good picture's.
const GOOD: Quality = Quality {
    eye_distance: 60.0,
    brightness: 130.0,
    contrast: 33.0,
    sharpness: 0.43,
    pose: Some(Pose { yaw: -5.0, pitch: 3.0, roll: 1.0 }),
    inside: 1.0,
    blockiness: 1.2,
    detection_score: Some(0.93),
    recognisability: Some(12.0),
};

/// Where the face at a place is: each further one is to the right of the one before, and as large but for a pixel.
fn face(place: usize) -> Face {
    let (left, side) = (100.0 * place as f32, 90.0 - place as f32);
    let bounding_box = BoundingBox { left, top: 100.0, width: side, height: side };
    let at = |x: f32, y: f32| Point { x: left + x, y: 100.0 + y };
    let points = [at(25.0, 35.0), at(65.0, 35.0), at(45.0, 50.0), at(30.0, 70.0), at(60.0, 70.0)];
    let detection =
        Detection { bounding_box, score: 0.93, points: Some(points), found_by: DetectorKind::Yunet };
    let landmarks = [at(70.0, 35.0), at(60.0, 35.0), at(20.0, 35.0), at(30.0, 35.0), at(45.0, 60.0)];
    Face { detection, landmarks: Landmarks(landmarks) }
}
