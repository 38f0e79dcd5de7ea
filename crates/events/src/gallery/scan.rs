//! The exact search: squared Euclidean distances of one probe to many rows.

use embedding::{DIMENSIONS, squared_distance};
use multiversion::multiversion;
use zeroize::Zeroize;

/// A unit template as the scan reads it, aligned to a cache line.
#[derive(Clone, Zeroize)]
#[repr(align(64))]
pub(super) struct Row(pub(super) [f32; DIMENSIONS]);

/// Index and squared distance of the row nearest to `probe`; the first of equal ones; `None` for no rows.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(super) fn nearest(rows: &[Row], probe: &Row) -> Option<(usize, f32)> {
    let mut best = None;
    let mut least = f32::INFINITY;
    for (index, row) in rows.iter().enumerate() {
        let squared = squared_distance(&row.0, &probe.0);
        if squared < least {
            least = squared;
            best = Some((index, squared));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = [f32; DIMENSIONS]> {
        prop::collection::vec(-1.0_f32..1.0, DIMENSIONS).prop_map(|v| v.try_into().unwrap())
    }

    fn plainly(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
    }

    proptest! {
        #[test]
        fn the_nearest_is_that_of_a_plain_scan(all in prop::collection::vec(numbers(), 1..40), probe in numbers()) {
            let rows: Vec<Row> = all.iter().copied().map(Row).collect();
            let (index, squared) = nearest(&rows, &Row(probe)).unwrap();
            let least = all.iter().map(|row| plainly(row, &probe)).fold(f64::INFINITY, f64::min);
            prop_assert!((f64::from(squared) - least).abs() <= 1e-5 * least);
            prop_assert!(plainly(&all[index], &probe) <= least * (1.0 + 1e-5));
        }

        #[test]
        fn a_tiny_difference_keeps_its_digits(numbers in numbers(), index in 0..DIMENSIONS) {
            let mut moved = numbers;
            moved[index] += 1e-4;
            let step = f64::from(moved[index]) - f64::from(numbers[index]);
            let (_, squared) = nearest(&[Row(numbers)], &Row(moved)).unwrap();
            prop_assert!((f64::from(squared).sqrt() - step.abs()).abs() <= 1e-6 * step.abs());
        }
    }

    #[test]
    fn the_first_of_equal_rows_is_taken_and_of_none_nothing() {
        let same = Row([0.5; DIMENSIONS]);
        let rows = [Row([0.9; DIMENSIONS]), same.clone(), same.clone(), same];
        assert_eq!(nearest(&rows, &Row([0.4; DIMENSIONS])).unwrap().0, 1);
        assert_eq!(nearest(&[], &Row([0.4; DIMENSIONS])), None);
    }
}
