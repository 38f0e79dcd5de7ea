//! How much of a face lies inside the picture, by where its points are and what follows from them.

use crate::align::MEAN_SHAPE;
use crate::similarity::{P2, Similarity};
use crate::{Face, Point};

/// Places looked at along each side of a square.
const STEPS: u32 = 20;

/// YuNet's five points on an upright face, in distances between the eyes around the middle between them: the
/// median places in SFace's chips, which OpenCV gives (`FaceRecognizerSF`), made symmetric.
const POINTS: [P2; 5] = [[-0.5, 0.0], [0.5, 0.0], [0.0, 0.572], [-0.414, 1.155], [0.414, 1.155]];

/// Corners, in the same measure, of what must be seen beside what dlib's landmarks tell: from above the brows
/// to below the lower lip, and between the outer corners of the eyes.
const SEEN: [P2; 2] = [[-0.8, -0.8], [0.8, 1.75]];

/// The lesser share of the face that lies inside a picture of that size, by dlib's landmarks (the square
/// around the mean shape, brows to chin) and by the detector's points. dlib places its landmarks inside the
/// frame that it is given and so inside the picture; YuNet's points go where they must be, outside of a
/// picture too that is cut above the eyes.
pub(super) fn share(width: usize, height: usize, face: &Face) -> f32 {
    let landmarks = within(width, height, MEAN_SHAPE, face.landmarks.0, [[0.0, 0.0], [1.0, 1.0]]);
    let points = face.detection.points.map(|points| within(width, height, POINTS, points, SEEN));
    points.map_or(landmarks, |points| points.min(landmarks))
}

/// The share of a rectangle around `model` that lies inside the picture when the model lies on `points`.
fn within(width: usize, height: usize, model: [P2; 5], points: [Point; 5], [from, to]: [P2; 2]) -> f32 {
    let points = points.map(|p| [f64::from(p.x), f64::from(p.y)]);
    let to_picture = Similarity::fit(model.into_iter().zip(points));
    let ([left, top], [right, bottom]) = (from, to);
    let place =
        |step: u32, from: f64, to: f64| from + (f64::from(step) + 0.5) / f64::from(STEPS) * (to - from);
    // Counted, not computed: the rectangle lies askew, and 400 places are enough for a limit of 0.95.
    let places = (0..STEPS * STEPS)
        .map(|at| to_picture.apply([place(at % STEPS, left, right), place(at / STEPS, top, bottom)]));
    let (last_x, last_y) = (width as f64 - 1.0, height as f64 - 1.0);
    let within = places.filter(|&[x, y]| x >= 0.0 && y >= 0.0 && x <= last_x && y <= last_y).count();
    within as f32 / (STEPS * STEPS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Detection, DetectorKind, Landmarks};

    /// A face with eyes 40 pixels apart around (`x`, `y`), by both sets of points.
    fn face(x: f64, y: f64, points: bool) -> Face {
        let at = |[right, down]: P2| Point { x: (x + 40.0 * right) as f32, y: (y + 40.0 * down) as f32 };
        let bounding_box = BoundingBox { left: 0.0, top: 0.0, width: 80.0, height: 100.0 };
        let points = points.then(|| POINTS.map(at));
        let landmarks = MEAN_SHAPE.map(|[right, down]| at([(right - 0.5) * 1.9, (down - 0.22) * 1.9]));
        let detection = Detection { bounding_box, score: 0.9, points, found_by: DetectorKind::Yunet };
        Face { detection, landmarks: Landmarks(landmarks) }
    }

    #[test]
    fn a_face_cut_above_its_eyes_or_below_its_mouth_is_told_by_the_detectors_points() {
        assert_eq!(share(200, 200, &face(100.0, 80.0, true)), 1.0);
        let cut_above =
            share(200, 200, &Face { landmarks: face(100.0, 80.0, true).landmarks, ..face(100.0, 4.0, true) });
        assert!(cut_above < 0.95, "{cut_above}");
        let cut_below = share(
            200,
            200,
            &Face { landmarks: face(100.0, 80.0, true).landmarks, ..face(100.0, 150.0, true) },
        );
        assert!(cut_below < 0.95, "{cut_below}");
    }

    #[test]
    fn without_points_the_landmarks_tell() {
        assert_eq!(share(200, 200, &face(100.0, 80.0, false)), 1.0);
        assert!(share(200, 200, &face(10.0, 80.0, false)) < 0.8);
    }
}
