//! Turning a picture by any angle, and covering the lower half of a face.

use face_core::{Detection, Point};
use image::{Rgb, RgbImage};

/// Where a mask begins and ends below the line of the eyes, and how far it reaches to either side at its upper
/// and lower edge, in distances between the eyes: from the bridge of the nose to under the chin.
const MASK_TOP: f32 = 0.42;
const MASK_BOTTOM: f32 = 1.9;
const MASK_UPPER_HALF: f32 = 0.95;
const MASK_LOWER_HALF: f32 = 0.55;

/// The picture turned clockwise about its middle, in a frame of its own size; where nothing was, the nearest
/// pixel of the edge is drawn out, so that no corner is black.
pub(super) fn turned(picture: &RgbImage, degrees: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = [(width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0];
    RgbImage::from_fn(width, height, |x, y| {
        let [right, down] = [x as f32 - middle[0], y as f32 - middle[1]];
        between(picture, middle[0] + right * cos + down * sin, middle[1] - right * sin + down * cos)
    })
}

/// The colour at a place between pixels, linear in both directions.
fn between(picture: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (last_x, last_y) = (picture.width().saturating_sub(1), picture.height().saturating_sub(1));
    // Clamping is what draws the edge out into the corners.
    let (x, y) = (x.clamp(0.0, last_x as f32), y.clamp(0.0, last_y as f32));
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(last_x), (top + 1).min(last_y));
    let (along, down) = (x.fract(), y.fract());
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
    let weights = [(1.0 - along) * (1.0 - down), along * (1.0 - down), (1.0 - along) * down, along * down];
    let mut sums = [0.0; 3];
    for ((x, y), weight) in corners.into_iter().zip(weights) {
        for (sum, value) in sums.iter_mut().zip(picture.get_pixel(x, y).0) {
            *sum += f32::from(value) * weight;
        }
    }
    Rgb(sums.map(|sum| (sum + 0.5) as u8))
}

/// The picture with the lower half of the face in one colour; without a face as it is.
pub(super) fn cover_lower_face(picture: &RgbImage, face: Option<&Detection>, colour: Rgb<u8>) -> RgbImage {
    let mut covered = picture.clone();
    let Some([right_eye, left_eye]) = face.map(eyes) else { return covered };
    let (across, down) = (left_eye.x - right_eye.x, left_eye.y - right_eye.y);
    // At least a pixel: it is divided by.
    let eye_distance = across.hypot(down).max(1.0);
    // Along the line of the eyes, and down the face.
    let (along, below) =
        ([across / eye_distance, down / eye_distance], [-down / eye_distance, across / eye_distance]);
    let middle = [(right_eye.x + left_eye.x) / 2.0, (right_eye.y + left_eye.y) / 2.0];
    for (x, y, pixel) in covered.enumerate_pixels_mut() {
        let from = [x as f32 - middle[0], y as f32 - middle[1]];
        let depth = (from[0] * below[0] + from[1] * below[1]) / eye_distance;
        let aside = ((from[0] * along[0] + from[1] * along[1]) / eye_distance).abs();
        let way = (depth - MASK_TOP) / (MASK_BOTTOM - MASK_TOP);
        // Cheeks are as wide as the mask until half way down, then it narrows to the chin.
        let half = MASK_UPPER_HALF - (MASK_UPPER_HALF - MASK_LOWER_HALF) * (2.0 * way - 1.0).max(0.0);
        if (0.0..=1.0).contains(&way) && aside <= half {
            *pixel = colour;
        }
    }
    covered
}

/// The middles of the eyes, the one at the picture's left first: the detector's, or about where they are in a
/// box without points.
fn eyes(face: &Detection) -> [Point; 2] {
    match face.points {
        Some([right, left, ..]) => [right, left],
        None => {
            let b = face.bounding_box;
            let at = |share: f32| Point { x: b.left + b.width * share, y: b.top + b.height * 0.4 };
            [at(0.3), at(0.7)]
        }
    }
}
