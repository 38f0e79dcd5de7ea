//! Where each level of a pyramid lies in the one tensor that the network is run on.
//!
//! This is `compute_tiled_image_pyramid_details` of dlib/image_transforms/image_pyramid.h: a score
//! depends on what lies around a level and on where in a step of the stride it begins.

/// Pixels between levels, and around all of them.
// Defaults of dlib's `input_rgb_image_pyramid`.
const PADDING: i64 = 10;
const OUTER_PADDING: i64 = 11;

/// Rows of the smallest level.
// dlib's `min_height`; it sets no such limit on columns.
const LEAST_ROWS: i64 = 5;

/// A level's rectangle in the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tile {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The tensor's size and its levels, the picture itself first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) tiles: Vec<Tile>,
}

impl Layout {
    /// The layout for a picture of that size. Levels go down the left edge until about half of their
    /// rows are placed and the next one fits beside the picture's end; the others go up the right edge,
    /// and those that would touch the picture itself are left out.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let sizes = level_sizes(width as i64, height as i64);
        let (width, height) = (width as i64, height as i64);
        // One padding more than needed is taken off, as in dlib; where levels lie depends on it.
        let rows_of_all = sizes.iter().map(|(_, h)| h + PADDING).sum::<i64>() - 2 * PADDING;
        let mut column = 0;
        let mut previous = 0;
        for &(w, h) in &sizes {
            let fits_beside = w <= width - previous - PADDING;
            if fits_beside && 2 * (column - height) >= rows_of_all - height {
                break;
            }
            column += h + PADDING;
            previous = w;
        }
        column -= PADDING;

        let mut tiles = Vec::with_capacity(sizes.len());
        let mut y = OUTER_PADDING;
        let mut rest = sizes.iter().copied();
        while y < column + OUTER_PADDING {
            let Some((w, h)) = rest.next() else { break };
            tiles.push(tile(OUTER_PADDING, y, w, h));
            y += h + PADDING;
        }
        let mut end = y - PADDING;
        for (w, h) in rest {
            let top = end - h;
            if top < OUTER_PADDING + height {
                break;
            }
            tiles.push(tile(OUTER_PADDING + width - w, top, w, h));
            end -= h + PADDING;
        }
        let [width, height] = [width, column].map(|side| (side + 2 * OUTER_PADDING) as usize);
        Self { width, height, tiles }
    }

    /// The first level that holds a place of the tensor, or else the nearest one, and its number.
    pub(super) fn nearest(&self, x: usize, y: usize) -> (usize, Tile) {
        let away = |first: usize, length: usize, place: usize| {
            let last = first + length.saturating_sub(1);
            (first.saturating_sub(place).max(place.saturating_sub(last)) as u64).pow(2)
        };
        let distance = |tile: &Tile| away(tile.left, tile.width, x) + away(tile.top, tile.height, y);
        let nearest = self.tiles.iter().copied().enumerate().min_by_key(|(_, tile)| distance(tile));
        nearest.unwrap_or_default()
    }
}

/// Widths and heights, each 5/6 of the one before, rounded down.
fn level_sizes(width: i64, height: i64) -> Vec<(i64, i64)> {
    let smaller = |side: i64| (5.0 / 6.0 * side as f64).floor() as i64;
    let next = |&(w, h): &(i64, i64)| {
        let (w, h) = (smaller(w), smaller(h));
        (w > 0 && h >= LEAST_ROWS).then_some((w, h))
    };
    std::iter::successors(Some((width, height)), next).collect()
}

fn tile(left: i64, top: i64, width: i64, height: i64) -> Tile {
    let [left, top, width, height] = [left, top, width, height].map(|v| usize::try_from(v).unwrap_or(0));
    Tile { left, top, width, height }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_go_down_the_left_edge_and_up_the_right_one() {
        let layout = Layout::new(640, 480);
        assert_eq!((layout.width, layout.height, layout.tiles.len()), (662, 1782, 24));
        let at = |n: usize| layout.tiles.get(n).map(|t| (t.left, t.top, t.width, t.height));
        assert_eq!(at(0), Some((11, 11, 640, 480)));
        assert_eq!(at(1), Some((11, 501, 533, 400)));
        assert_eq!((at(4), at(5)), (Some((11, 1541, 308, 230)), Some((395, 1580, 256, 191))));
        assert_eq!(at(23), Some((643, 512, 8, 5)));
    }

    #[test]
    fn a_place_between_levels_belongs_to_the_nearer_one() {
        let layout = Layout::new(640, 480);
        assert_eq!([490, 494, 497, 501].map(|y| layout.nearest(100, y).0), [0, 0, 1, 1]);
        assert_eq!(layout.nearest(0, 0).0, 0);
    }

    proptest! {
        #[test]
        fn levels_lie_within_the_tensor_and_apart(width in 1_usize..900, height in 1_usize..900) {
            let layout = Layout::new(width, height);
            prop_assert_eq!((layout.tiles[0].width, layout.tiles[0].height), (width, height));
            for (n, a) in layout.tiles.iter().enumerate() {
                prop_assert!(a.left >= 11 && a.left + a.width + 11 <= layout.width);
                prop_assert!(a.top >= 11 && a.top + a.height + 11 <= layout.height);
                for b in &layout.tiles[n + 1..] {
                    let beside = a.left + a.width <= b.left || b.left + b.width <= a.left;
                    let above = a.top + a.height <= b.top || b.top + b.height <= a.top;
                    prop_assert!(beside || above, "{a:?} {b:?}");
                }
            }
        }
    }
}
