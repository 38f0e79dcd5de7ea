//! Finding faces: the detector that was chosen, and what steps in when it finds nothing.

mod dlib_box;
mod hog;
mod mmod;
mod resize;
mod scales;
mod steady;
mod tiles;
mod yunet;

use image::RgbImage;
use ort::environment::Environment;

use self::hog::Hog;
use self::mmod::Mmod;
use self::resize::shrink;
use self::yunet::Yunet;
#[cfg(fuzzing)]
pub(crate) use self::yunet::decode;
use crate::align::lean_of;
use crate::manifest::Manifest;
use crate::turns::{self, Turn};
use crate::{
    Detection, DetectorChoice, DetectorKind, EngineOptions, InferenceError, OpenError, RgbView, SmallestFace,
};

/// Longest side, in pixels, of the copy that the fallback searches.
// Bounds what a picture without a face costs: about 11 times the search by YuNet alone at this size.
const FALLBACK_SIDE: usize = 640;

/// Longest side, in pixels, of the copy whose other turns are searched: that of the smaller one which YuNet
/// searches.
const TURNED_SIDE: usize = 320;

/// The detectors that a choice needs, loaded.
#[derive(Debug)]
pub(crate) enum Detector {
    Auto { primary: Yunet, fallback: Mmod, min_score: f32 },
    Yunet { yunet: Yunet, min_score: f32 },
    Mmod(Mmod),
    Hog(Hog),
}

impl Detector {
    pub(crate) fn open(
        environment: &Environment,
        manifest: &Manifest,
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let min_score = options.min_score;
        // Closures, so that only what the choice needs is read, hashed and loaded.
        let yunet = || {
            let model = manifest.detector(DetectorKind::Yunet)?;
            Yunet::open(environment, model, &manifest.read(model)?, options)
        };
        let mmod = || {
            let model = manifest.detector(DetectorKind::Mmod)?;
            Mmod::open(environment, model, &manifest.read(model)?, options)
        };
        Ok(match options.detector {
            DetectorChoice::Auto => Self::Auto { primary: yunet()?, fallback: mmod()?, min_score },
            DetectorChoice::Yunet => Self::Yunet { yunet: yunet()?, min_score },
            DetectorChoice::Mmod => Self::Mmod(mmod()?),
            DetectorChoice::Hog { upsampling } => {
                let model = manifest.detector(DetectorKind::Hog)?;
                Self::Hog(Hog::open(model, &manifest.read(model)?, upsampling)?)
            }
        })
    }

    /// All faces, in the picture's pixels, best score first.
    pub(crate) fn detect(
        &self,
        picture: RgbView<'_>,
        smallest: SmallestFace,
    ) -> Result<Vec<Detection>, InferenceError> {
        match self {
            Self::Yunet { yunet, min_score } => scales::detect(yunet, picture, *min_score, smallest),
            Self::Mmod(mmod) => bounded(picture, mmod::MOST_PIXELS, |picture| mmod.detect(picture)),
            Self::Hog(hog) => bounded(picture, hog.most_pixels(), |picture| Ok(hog.detect(picture))),
            Self::Auto { primary, fallback, min_score } => {
                let found = scales::detect(primary, picture, *min_score, smallest)?;
                if !found.is_empty() {
                    return Ok(found);
                }
                within_side(picture, FALLBACK_SIDE, |picture| fallback.detect(picture))
            }
        }
    }

    /// YuNet, where it is used.
    fn yunet(&self) -> Option<(&Yunet, f32)> {
        match self {
            Self::Auto { primary: yunet, min_score, .. } | Self::Yunet { yunet, min_score } => {
                Some((yunet, *min_score))
            }
            Self::Mmod(_) | Self::Hog(_) => None,
        }
    }

    /// A face that was found, with steadier points where YuNet gave it some. `lean` is how far it leans by dlib's
    /// landmarks, in degrees.
    pub(crate) fn steadied(
        &self,
        picture: RgbView<'_>,
        found: Detection,
        lean: f64,
    ) -> Result<Detection, InferenceError> {
        let (Some((yunet, min_score)), Some(points)) = (self.yunet(), found.points) else {
            return Ok(found);
        };
        let own = lean_of(&points);
        let lean = steady::larger_lean(own, lean);
        if lean.abs() < steady::LEANING {
            return steady::steadied(yunet, picture, found, min_score);
        }
        let upright = steady::upright_points(yunet, picture, &found.bounding_box, lean, min_score)?;
        Ok(Detection { points: upright.or(found.points.filter(|_| steady::follow(own, lean))), ..found })
    }

    /// The turn in which a picture shows its faces upright, given what was found in it as it is. Only YuNet
    /// tells, and only where it was not sure.
    pub(crate) fn turn(&self, picture: RgbView<'_>, found: &[Detection]) -> Result<Turn, InferenceError> {
        let Some((yunet, min_score)) = self.yunet().filter(|_| turns::weak(found)) else {
            return Ok(Turn::None);
        };
        let copies = shrink(picture, &[TURNED_SIDE]);
        let Some(copy) = copies.first() else { return Ok(Turn::None) };
        turns::better_turn(copy, found, |turned| {
            // A copy has at least one pixel a side.
            let Ok(view) = RgbView::from_image(turned) else { return Ok(0.0) };
            let scores = yunet.detect(view, min_score)?.into_iter().map(|face| face.score);
            Ok(scores.fold(0.0, f32::max))
        })
    }
}

/// Searches the picture as it is, or shrunk to about `most` pixels where it has more.
fn bounded(
    picture: RgbView<'_>,
    most: usize,
    search: impl FnOnce(RgbView<'_>) -> Result<Vec<Detection>, InferenceError>,
) -> Result<Vec<Detection>, InferenceError> {
    let (width, height) = (picture.width(), picture.height());
    let pixels = width.saturating_mul(height);
    if pixels <= most {
        return search(picture);
    }
    let longest = width.max(height) as f64 * (most as f64 / pixels as f64).sqrt();
    within_side(picture, longest as usize, search)
}

/// Searches the picture as it is, or a copy where its longest side has more than `longest` pixels; what is
/// found is in the pixels of the picture either way.
fn within_side(
    picture: RgbView<'_>,
    longest: usize,
    search: impl FnOnce(RgbView<'_>) -> Result<Vec<Detection>, InferenceError>,
) -> Result<Vec<Detection>, InferenceError> {
    if picture.width().max(picture.height()) <= longest {
        return search(picture);
    }
    let copies = shrink(picture, &[longest.max(1)]);
    let Some(copy) = copies.first() else { return search(picture) };
    in_copy(picture, copy, search)
}

/// Searches a copy in another size; what is found is in the pixels of the picture.
fn in_copy(
    picture: RgbView<'_>,
    copy: &RgbImage,
    search: impl FnOnce(RgbView<'_>) -> Result<Vec<Detection>, InferenceError>,
) -> Result<Vec<Detection>, InferenceError> {
    // A copy has at least one pixel a side.
    let Ok(view) = RgbView::from_image(copy) else { return Ok(Vec::new()) };
    // A factor for each axis, because the sides of the copy were rounded separately.
    let scale_x = picture.width() as f32 / copy.width() as f32;
    let scale_y = picture.height() as f32 / copy.height() as f32;
    let found = search(view)?;
    Ok(found.into_iter().map(|face| face.scaled(scale_x, scale_y)).collect())
}
