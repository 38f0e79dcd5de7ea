//! Parts of a large picture that are searched one after another, so that its size does not set the memory.

use crate::RgbView;

/// Longest side of a tile; YuNet takes some 80 MB to search one of this size.
const SIDE: usize = 1280;

/// How far neighbouring tiles overlap, so that a face up to this size is whole in one of them. The next
/// smaller copy shows it in half the size, where it has 32 pixels.
pub(super) const OVERLAP: usize = 64;

/// The tiles of a picture with their left and top edges; `None` where one tile is enough.
pub(super) fn tiles(picture: RgbView<'_>) -> Option<impl Iterator<Item = (RgbView<'_>, f32, f32)>> {
    let (columns, rows) = (starts(picture.width()), starts(picture.height()));
    if columns.len() * rows.len() <= 1 {
        return None;
    }
    let places =
        rows.into_iter().flat_map(move |top| columns.clone().into_iter().map(move |left| (left, top)));
    Some(
        places.filter_map(move |(left, top)| {
            Some((picture.part(left, top, SIDE, SIDE)?, left as f32, top as f32))
        }),
    )
}

/// Where the tiles along a side start: evenly spaced, as few as the overlap allows.
fn starts(length: usize) -> Vec<usize> {
    if length <= SIDE {
        return vec![0];
    }
    let steps = (length - SIDE).div_ceil(SIDE - OVERLAP);
    (0..=steps).map(|step| step * (length - SIDE) / steps).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn anything_up_to_the_overlap_is_whole_in_a_tile(length in 1_usize..20_000, place in 0.0_f64..1.0) {
            let size = OVERLAP.min(length);
            let start = ((length - size) as f64 * place) as usize;
            let whole = |tile: &usize| *tile <= start && start + size <= (*tile + SIDE).min(length);
            prop_assert!(starts(length).iter().any(whole));
            prop_assert!(starts(length).iter().all(|tile| *tile < length));
        }
    }

    #[test]
    fn a_picture_of_one_tile_is_not_split() {
        let row = vec![0; 1281 * 3];
        assert!(tiles(RgbView::new(&row, 1280, 1, 1280 * 3).unwrap()).is_none());
        let parts: Vec<_> = tiles(RgbView::new(&row, 1281, 1, 1281 * 3).unwrap()).unwrap().collect();
        assert_eq!(
            parts.iter().map(|(tile, left, _)| (tile.width(), *left)).collect::<Vec<_>>(),
            [(1280, 0.0), (1280, 1.0)]
        );
    }
}
