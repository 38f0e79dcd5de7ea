//! YuNet at more than one scale: the picture is searched in copies, and the findings are merged.

use super::in_copy;
use super::resize::shrink;
use super::tiles::{OVERLAP as TILE_OVERLAP, tiles};
use super::yunet::Yunet;
use crate::nms::suppress;
use crate::{Detection, InferenceError, RgbView, SmallestFace};

/// Longest sides, in pixels, at which every picture is searched, the larger first. YuNet was trained on
/// faces of 10 to 300 pixels: the small copy finds whoever fills the frame, the larger one those who
/// stand behind.
const SCALES: [usize; 2] = [640, 320];

/// Width in pixels from which YuNet finds a face: see [`SmallestFace`].
const FOUND_FROM: usize = 12;

/// Detections that overlap by more than this are one face (YuNet's own value).
const OVERLAP: f32 = 0.3;

/// All faces that score at least `min_score`, in the picture's pixels, best score first.
pub(super) fn detect(
    yunet: &Yunet,
    picture: RgbView<'_>,
    min_score: f32,
    smallest: SmallestFace,
) -> Result<Vec<Detection>, InferenceError> {
    let mut found = Vec::new();
    for copy in shrink(picture, &sides(picture.width().max(picture.height()), smallest)) {
        found.extend(in_copy(picture, &copy, |copy| match tiles(copy) {
            Some(tiles) => in_tiles(yunet, tiles, min_score),
            // Without tiles no edge cuts a face, so that large ones are kept here.
            None => yunet.detect(copy, min_score),
        })?);
    }
    // Over all copies and tiles at once: most faces are found in more than one.
    Ok(suppress(found, OVERLAP))
}

/// The longest sides of the copies, in falling order: the one in which the smallest face is just wide
/// enough, then about half as long each, down to those of every picture.
fn sides(longest: usize, smallest: SmallestFace) -> Vec<usize> {
    let [largest_scale, _] = SCALES;
    let needed = match smallest {
        SmallestFace::OfPicture => 0,
        SmallestFace::Pixels(width) => {
            // Not below 12 pixels, which would ask for a copy larger than the picture.
            longest.saturating_mul(FOUND_FROM).div_ceil((width as usize).max(FOUND_FROM))
        }
    };
    let finer = std::iter::successors(Some(needed), |side| Some(side.div_ceil(2)));
    finer.take_while(|&side| side > largest_scale).chain(SCALES).collect()
}

/// Searches a copy tile by tile. A face that is larger than the tiles' overlap may be cut by an edge,
/// and is found in the next smaller copy, so it is left out here.
fn in_tiles<'a>(
    yunet: &Yunet,
    tiles: impl Iterator<Item = (RgbView<'a>, f32, f32)>,
    min_score: f32,
) -> Result<Vec<Detection>, InferenceError> {
    let mut found = Vec::new();
    for (tile, left, top) in tiles {
        let faces = yunet.detect(tile, min_score)?.into_iter();
        let small =
            faces.filter(|face| face.bounding_box.width.max(face.bounding_box.height) <= TILE_OVERLAP as f32);
        found.extend(small.map(|face| face.shifted(left, top)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_finest_copy_shows_the_smallest_face_in_twelve_pixels() {
        assert_eq!(sides(4000, SmallestFace::OfPicture), [640, 320]);
        assert_eq!(sides(4000, SmallestFace::Pixels(20)), [2400, 1200, 640, 320]);
        assert_eq!(sides(4000, SmallestFace::Pixels(0)), [4000, 2000, 1000, 640, 320]);
        assert_eq!(sides(640, SmallestFace::Pixels(1)), [640, 320]);
        assert_eq!(sides(4000, SmallestFace::Pixels(900)), [640, 320]);
    }

    proptest! {
        #[test]
        fn no_step_from_copy_to_copy_is_larger_than_two(longest in 1_usize..20_000, width in 0_u32..4_000) {
            let sides = sides(longest, SmallestFace::Pixels(width));
            prop_assert!(sides.iter().all(|&side| side <= longest.max(640)));
            for pair in sides.windows(2) {
                prop_assert!(pair[1] < pair[0] && pair[0] <= 2 * pair[1] + 1, "{sides:?}");
            }
        }
    }
}
