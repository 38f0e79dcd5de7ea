//! Similarity transforms (rotation, scaling, shift) between sets of points, by least squares.

/// A point in double precision, `[x, y]`.
pub(crate) type P2 = [f64; 2];

/// `p -> [a, -b; b, a] p + [tx, ty]`: rotation and scaling without reflection, then a shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Similarity {
    /// Scale times the cosine of the angle.
    pub(crate) a: f64,
    /// Scale times the sine of the angle.
    pub(crate) b: f64,
    /// Shift to the right.
    pub(crate) tx: f64,
    /// Shift downward.
    pub(crate) ty: f64,
}

impl Similarity {
    /// The similarity that brings `from` nearest to `to`, by the sum of squared distances.
    ///
    /// The closed form for the plane of S. Umeyama, "Least-squares estimation of transformation
    /// parameters between two point patterns" (1991): over centred points,
    /// `a = sum(f . t) / sum(f . f)` and `b = sum(f x t) / sum(f . f)`. Points that all coincide give
    /// the shift alone.
    pub(crate) fn fit(pairs: impl Iterator<Item = (P2, P2)> + Clone) -> Self {
        let mut count = 0.0;
        let (mut mean_from, mut mean_to) = ([0.0; 2], [0.0; 2]);
        for ([fx, fy], [tx, ty]) in pairs.clone() {
            count += 1.0;
            mean_from = [mean_from[0] + fx, mean_from[1] + fy];
            mean_to = [mean_to[0] + tx, mean_to[1] + ty];
        }
        if count == 0.0 {
            return Self { a: 1.0, b: 0.0, tx: 0.0, ty: 0.0 };
        }
        let [mfx, mfy] = mean_from.map(|v| v / count);
        let [mtx, mty] = mean_to.map(|v| v / count);
        let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
        for ([fx, fy], [tx, ty]) in pairs {
            let (fx, fy, tx, ty) = (fx - mfx, fy - mfy, tx - mtx, ty - mty);
            dot += fx * tx + fy * ty;
            cross += fx * ty - fy * tx;
            square += fx * fx + fy * fy;
        }
        let (a, b) = if square > 0.0 { (dot / square, cross / square) } else { (1.0, 0.0) };
        Self { a, b, tx: mtx - (a * mfx - b * mfy), ty: mty - (b * mfx + a * mfy) }
    }

    /// Where `p` goes.
    pub(crate) fn apply(&self, [x, y]: P2) -> P2 {
        [self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty]
    }

    /// The way back; infinite or no numbers at all where all points go to one.
    pub(crate) fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Self { a, b, tx: b * self.ty - a * self.tx, ty: -b * self.tx - a * self.ty }
    }

    /// How much longer distances become.
    pub(crate) fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// The angle of rotation in radians, from the x axis toward the y axis.
    pub(crate) fn angle(&self) -> f64 {
        self.b.atan2(self.a)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn similarity() -> impl Strategy<Value = Similarity> {
        (0.05_f64..20.0, -3.1_f64..3.1, -500.0_f64..500.0, -500.0_f64..500.0).prop_map(
            |(scale, angle, tx, ty)| Similarity { a: scale * angle.cos(), b: scale * angle.sin(), tx, ty },
        )
    }

    proptest! {
        #[test]
        fn the_transform_behind_the_points_is_found(
            truth in similarity(),
            points in prop::collection::vec([-100.0_f64..100.0, -100.0_f64..100.0], 3..8),
        ) {
            prop_assume!(points.iter().any(|p| (p[0] - points[0][0]).abs() > 1.0));
            let found = Similarity::fit(points.iter().map(|&p| (p, truth.apply(p))));
            for &p in &points {
                let ([x, y], [tx, ty]) = (found.apply(p), truth.apply(p));
                prop_assert!((x - tx).hypot(y - ty) < 1e-6);
            }
            prop_assert!((found.scale() - truth.scale()).abs() < 1e-6);
        }

        #[test]
        fn there_and_back_again(there in similarity(), p in [-100.0_f64..100.0, -100.0_f64..100.0]) {
            let [x, y] = there.inverse().apply(there.apply(p));
            prop_assert!((x - p[0]).hypot(y - p[1]) < 1e-6);
        }

        #[test]
        fn fitting_the_other_way_inverts(truth in similarity(), p in [-100.0_f64..100.0, -100.0_f64..100.0]) {
            let corners = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]];
            let back = Similarity::fit(corners.iter().map(|&c| (truth.apply(c), c)));
            let [x, y] = back.apply(truth.apply(p));
            prop_assert!((x - p[0]).hypot(y - p[1]) < 1e-6);
        }
    }

    #[test]
    fn coinciding_points_give_a_shift() {
        let fit = Similarity::fit([([1.0, 1.0], [5.0, 6.0]); 3].into_iter());
        assert_eq!(fit.apply([0.0, 0.0]), [4.0, 5.0]);
    }
}
