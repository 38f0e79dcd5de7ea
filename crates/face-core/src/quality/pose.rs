//! Which way a head is turned, from five points: a rigid mean face under weak perspective.

use crate::Point;

/// Which way a head is turned, in degrees, as the picture shows it. All zero for someone who faces the
/// camera with the head upright; good to about ten degrees, because faces differ.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pose {
    /// To the side: positive when the nose points to the picture's right.
    pub yaw: f32,
    /// Up or down: positive when the nose points down.
    pub pitch: f32,
    /// Leaning: positive when the head leans clockwise.
    pub roll: f32,
}

/// A point of the mean face: right, down and away from the camera, in distances between the eyes.
type P3 = [f64; 3];

/// YuNet's five points on a mean face that looks at the camera: factorised from the points of 1,548
/// pictures of Labeled Faces in the Wild under weak perspective (C. Tomasi and T. Kanade, "Shape and
/// Motion from Image Streams", 1992; the fourth singular value is a sixth of the third), made symmetric,
/// and inclined so that the median pitch of those pictures is zero.
const MEAN_FACE: [P3; 5] =
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.553, -0.445], [-0.425, 0.981, 0.084], [0.425, 0.981, 0.084]];

impl Pose {
    /// The pose that best explains the points, in YuNet's order; `None` when they coincide or are not
    /// finite.
    ///
    /// Weak perspective: picture = scale * (first two rows of a rotation) * face + shift, solved by least
    /// squares for the two rows, which are then made orthonormal.
    #[must_use]
    pub fn from_points(points: &[Point; 5]) -> Option<Self> {
        let [right, down] = rows(points)?;
        let (length_right, length_down) = (norm(right), norm(down));
        if !(length_right > 1e-9 && length_down > 1e-9 && (length_right + length_down).is_finite()) {
            return None;
        }
        // Both rows are turned by half of what keeps them from being perpendicular.
        let (u, v) = (right.map(|x| x / length_right), down.map(|x| x / length_down));
        let (sum, difference) = (plus(u, v, 1.0), plus(u, v, -1.0));
        let (sum_length, difference_length) = (norm(sum), norm(difference));
        if !(sum_length > 1e-9 && difference_length > 1e-9) {
            return None;
        }
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let (sum, difference) = (sum.map(|x| x / sum_length), difference.map(|x| x / difference_length));
        let right = plus(sum, difference, 1.0).map(|x| x * half);
        let down = plus(sum, difference, -1.0).map(|x| x * half);
        let away = cross(right, down);
        // rotation = roll about the view, then yaw, then pitch, applied to the face from right to left.
        let [right_x, ..] = right;
        let [down_x, ..] = down;
        let [away_x, away_y, away_z] = away;
        Some(Self {
            yaw: away_x.clamp(-1.0, 1.0).asin().to_degrees() as f32,
            pitch: away_y.atan2(away_z).to_degrees() as f32,
            roll: down_x.atan2(right_x).to_degrees() as f32,
        })
    }
}

/// The least-squares rows: points * face^T * (face * face^T)^-1, both sets centred.
fn rows(points: &[Point; 5]) -> Option<[P3; 2]> {
    let face_mean = MEAN_FACE.iter().fold([0.0; 3], |sum, &p| plus(sum, p, 1.0)).map(|v| v / 5.0);
    let mean_x = points.iter().map(|p| f64::from(p.x)).sum::<f64>() / 5.0;
    let mean_y = points.iter().map(|p| f64::from(p.y)).sum::<f64>() / 5.0;
    let mut square = [[0.0; 3]; 3];
    let (mut x_face, mut y_face) = ([0.0; 3], [0.0; 3]);
    for (face, point) in MEAN_FACE.iter().zip(points) {
        let face = plus(*face, face_mean, -1.0);
        for (row, value) in square.iter_mut().zip(face) {
            *row = plus(*row, face, value);
        }
        x_face = plus(x_face, face, f64::from(point.x) - mean_x);
        y_face = plus(y_face, face, f64::from(point.y) - mean_y);
    }
    Some([solve(square, x_face)?, solve(square, y_face)?])
}

/// The solution of a symmetric 3x3 system by Cramer's rule.
fn solve([a, b, c]: [P3; 3], right: P3) -> Option<P3> {
    let determinant = dot(a, cross(b, c));
    let by = |x: P3, y: P3, z: P3| dot(x, cross(y, z)) / determinant;
    (determinant.abs() > 1e-12).then(|| [by(right, b, c), by(a, right, c), by(a, b, right)])
}

/// `a + factor * b`.
fn plus([a0, a1, a2]: P3, [b0, b1, b2]: P3, factor: f64) -> P3 {
    [a0 + factor * b0, a1 + factor * b1, a2 + factor * b2]
}

fn dot([a0, a1, a2]: P3, [b0, b1, b2]: P3) -> f64 {
    a0 * b0 + a1 * b1 + a2 * b2
}

fn cross([a0, a1, a2]: P3, [b0, b1, b2]: P3) -> P3 {
    [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
}

fn norm(a: P3) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The mean face turned by pitch, then yaw, then roll, and seen at a scale and place.
    fn seen(pose: Pose, scale: f64, x: f64, y: f64) -> [Point; 5] {
        let [yaw, pitch, roll] = [pose.yaw, pose.pitch, pose.roll].map(|a| f64::from(a).to_radians());
        MEAN_FACE.map(|[right, down, away]| {
            let (down, away) =
                (down * pitch.cos() - away * pitch.sin(), down * pitch.sin() + away * pitch.cos());
            // Positive yaw moves what is near the camera to the right.
            let (right, _) = (right * yaw.cos() - away * yaw.sin(), away);
            let (right, down) =
                (right * roll.cos() - down * roll.sin(), right * roll.sin() + down * roll.cos());
            Point { x: (x + scale * right) as f32, y: (y + scale * down) as f32 }
        })
    }

    proptest! {
        #[test]
        fn a_mean_face_is_seen_as_it_was_turned(
            yaw in -60.0_f32..60.0, pitch in -40.0_f32..40.0, roll in -170.0_f32..170.0,
            scale in 10.0_f64..800.0, x in 0.0_f64..4000.0, y in 0.0_f64..3000.0,
        ) {
            let found = Pose::from_points(&seen(Pose { yaw, pitch, roll }, scale, x, y)).unwrap();
            for (found, true_angle) in [(found.yaw, yaw), (found.pitch, pitch), (found.roll, roll)] {
                prop_assert!((found - true_angle).abs() < 0.5, "{found} {true_angle}");
            }
        }

        #[test]
        fn any_points_give_a_pose_of_finite_angles_or_none(
            points in prop::array::uniform5((prop::num::f32::ANY, prop::num::f32::ANY)),
        ) {
            if let Some(pose) = Pose::from_points(&points.map(|(x, y)| Point { x, y })) {
                prop_assert!([pose.yaw, pose.pitch, pose.roll].iter().all(|a| a.is_finite()));
            }
        }
    }

    #[test]
    fn points_in_one_place_have_no_pose() {
        assert_eq!(Pose::from_points(&[Point { x: 5.0, y: 5.0 }; 5]), None);
    }
}
