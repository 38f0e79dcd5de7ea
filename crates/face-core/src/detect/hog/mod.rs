//! dlib's frontal face detector (HOG): five filters slid over histograms of gradients, level by level.
//!
//! N. Dalal and B. Triggs, "Histograms of Oriented Gradients for Human Detection" (2005), with the features
//! of P. Felzenszwalb et al., "Object Detection with Discriminatively Trained Part Based Models" (2010). The
//! arithmetic follows dlib/image_processing/scan_fhog_pyramid.h, so that boxes and scores are dlib's.

mod features;
mod filters;
mod gradient;
mod histogram;
mod model;
mod planes;
mod pyramid;
mod resize;

use self::features::FeatureMaps;
use self::filters::Scores;
use self::model::HogModel;
use self::planes::Planes;
use super::dlib_box::{DlibBox, Scored, suppress};
use crate::manifest::ModelEntry;
use crate::{Detection, DetectorKind, OpenError, RgbView, Upsampling};

/// Sides of a cell in pixels.
const CELL: usize = 8;

/// Rows and columns of a filter in cells.
const SIDE: usize = 10;

/// Features of a cell: 18 orientations, 9 without their sign, 4 of texture.
const FEATURES: usize = 31;

/// Cells of zeros around the features, above and left of them; one more below and right. Windows may reach
/// that far out of the picture.
const BORDER: usize = 4;

/// Most pixels that are searched, after up-sampling: memory and time grow with them.
const MOST_PIXELS: usize = 16_000_000;

/// The loaded detector. It has no state of its own: any number of threads use it at once.
#[derive(Debug)]
pub(crate) struct Hog {
    model: HogModel,
    upsampling: Upsampling,
}

impl Hog {
    pub(crate) fn open(model: &ModelEntry, bytes: &[u8], upsampling: Upsampling) -> Result<Self, OpenError> {
        let model = HogModel::read(bytes).map_err(|e| model.unusable(e))?;
        Ok(Self { model, upsampling })
    }

    /// Most pixels of a picture that is searched as it is.
    pub(crate) fn most_pixels(&self) -> usize {
        // Each doubling makes four pixels of one.
        MOST_PIXELS >> (2 * self.upsampling.times())
    }

    /// The faces of a picture, in its pixels, best score first.
    pub(crate) fn detect(&self, picture: RgbView<'_>) -> Vec<Detection> {
        let times = self.upsampling.times();
        let mut level = (0..times).fold(Planes::from_picture(picture), |planes, _| pyramid::doubled(&planes));
        let mut found = Vec::new();
        for n in 0..pyramid::levels(level.width(), level.height(), &self.model.pyramid) {
            // From the level before, not from the picture: its rounding to 8 bits is part of dlib's scores.
            if n > 0 {
                level = pyramid::next(&level);
            }
            if let Some(maps) = FeatureMaps::from_planes(&level) {
                for (filter, threshold) in self.model.filters.iter().zip(&self.model.thresholds) {
                    collect(&filter.scores(&maps), *threshold, n, &mut found);
                }
            }
        }
        // Over all levels and filters at once, since neighbouring ones find the same face.
        let found = suppress(found, self.model.overlap);
        let found = found.into_iter().map(|scored| Scored { place: original(scored.place, times), ..scored });
        found.map(|scored| scored.detection(DetectorKind::Hog)).collect()
    }
}

/// Adds the windows that reach the threshold, as boxes of the up-sampled picture.
fn collect(scores: &Scores, threshold: f64, level: usize, found: &mut Vec<Scored>) {
    for (row, line) in scores.rows().enumerate() {
        for (column, &sum) in line.iter().enumerate() {
            let score = f64::from(sum) - threshold;
            if score >= 0.0 {
                let corners = [column, row, column + SIDE - 1, row + SIDE - 1].map(pixel);
                found.push(Scored { place: DlibBox::from_level(corners, level), score });
            }
        }
    }
}

/// From a cell of the bordered features to a pixel of the level: away from the picture's first corner by
/// half a cell, on the side where the pixel is.
fn pixel(cell: usize) -> f64 {
    let corner = (cell as f64 + 1.0 - BORDER as f64) * CELL as f64 + 1.0;
    let half = CELL as f64 / 2.0;
    if corner >= 0.0 { corner + half } else { corner - half }
}

/// From the up-sampled picture back to the one that was given.
fn original(place: DlibBox, times: u32) -> DlibBox {
    if times == 0 {
        return place;
    }
    let halved = |[left, top, right, bottom]: [f64; 4]| {
        let [x, y] = [pyramid::SHIFT_X, pyramid::SHIFT_Y];
        [left / 2.0 - x, top / 2.0 - y, right / 2.0 - x, bottom / 2.0 - y]
    };
    DlibBox::rounded((0..times).fold(place.corners(), |corners, _| halved(corners)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::dlib_box::OverlapLimits;

    /// Filters that see a bright blob's edges everywhere, so that every part of the search has work.
    fn eager(upsampling: Upsampling) -> Hog {
        let weights = vec![0.01; FEATURES * SIDE * SIDE];
        let model = HogModel {
            filters: vec![filters::Filter::from_weights(&weights)],
            thresholds: vec![0.5],
            overlap: OverlapLimits { shared: 0.33, covered: 0.79 },
            pyramid: pyramid::Limits { least_width: 64, least_height: 64, most_levels: 1000 },
        };
        Hog { model, upsampling }
    }

    #[test]
    fn cells_lie_half_a_cell_from_their_corner() {
        assert_eq!([0, 2, 3, 4, 12].map(pixel), [-27.0, -11.0, 5.0, 13.0, 77.0]);
    }

    #[test]
    fn a_box_comes_back_from_an_upsampled_picture() {
        let place = DlibBox { left: 100, top: 101, right: 180, bottom: 181 };
        assert_eq!(original(place, 0), place);
        assert_eq!(original(place, 1), DlibBox { left: 49, top: 50, right: 89, bottom: 90 });
    }

    #[test]
    fn the_bound_holds_after_upsampling() {
        let bounds = [Upsampling::None, Upsampling::Once, Upsampling::Twice].map(|u| eager(u).most_pixels());
        assert_eq!(bounds, [16_000_000, 4_000_000, 1_000_000]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pictures_of_any_shape_are_searched_and_scores_are_finite(
            width in 1_usize..150,
            height in 1_usize..150,
            seed in any::<u32>(),
            upsampling in prop::sample::select(vec![Upsampling::None, Upsampling::Once, Upsampling::Twice]),
        ) {
            let pixels: Vec<u8> = (0..width * height * 3)
                .map(|i| (seed.wrapping_mul(i as u32 | 1).wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect();
            let found = eager(upsampling).detect(RgbView::new(&pixels, width, height, width * 3).unwrap());
            prop_assert!(found.iter().all(|face| face.is_finite() && face.score >= 0.0));
            prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        }
    }
}
