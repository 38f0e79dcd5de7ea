//! The exact search: squared Euclidean distances of one probe to many rows.

use embedding::{DIMENSIONS, squared_distance};
use multiversion::multiversion;
use zeroize::Zeroize;

/// A unit template as the scan reads it, aligned to a cache line.
#[derive(Clone, Zeroize)]
#[repr(align(64))]
pub(super) struct Row(pub(super) [f32; DIMENSIONS]);

/// Where a row is, and its squared distance to a probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub(super) block: usize,
    pub(super) row: usize,
    pub(super) squared: f32,
}

/// The nearest rows of those that were compared, nearest first; of equal ones those that came first.
#[derive(Debug)]
pub(super) struct Best {
    hits: Vec<Hit>,
    wanted: usize,
    /// Only what is nearer than this is among the best.
    bound: f32,
}

impl Best {
    /// Looks for so many.
    pub(super) fn new(wanted: usize) -> Self {
        Self { hits: Vec::new(), wanted, bound: if wanted == 0 { 0.0 } else { f32::INFINITY } }
    }

    pub(super) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    // Out of line: few rows come here, and the scan stays a tight loop.
    #[cold]
    fn take(&mut self, hit: Hit) {
        // Behind its equals: rows come in name order, which so settles ties.
        let place = self.hits.partition_point(|other| other.squared <= hit.squared);
        self.hits.insert(place, hit);
        self.hits.truncate(self.wanted);
        if self.hits.len() == self.wanted {
            self.bound = self.hits.last().map_or(self.bound, |last| last.squared);
        }
    }
}

/// Looks at the rows of a block.
// Picked at run time, so that one program for every x86-64 uses the widest registers it finds.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(super) fn scan(rows: &[Row], probe: &Row, block: usize, best: &mut Best) {
    for (row, Row(values)) in rows.iter().enumerate() {
        // The square of a raw distance can overflow: infinity is not below the bound, and the row would be lost.
        let squared = squared_distance(values, &probe.0).min(f32::MAX);
        if squared < best.bound {
            best.take(Hit { block, row, squared });
        }
    }
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

    fn nearest(rows: &[Row], probe: &Row, wanted: usize) -> Vec<Hit> {
        let mut best = Best::new(wanted);
        scan(rows, probe, 0, &mut best);
        best.hits().to_vec()
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_of_a_plain_scan(
            all in prop::collection::vec(numbers(), 1..40),
            probe in numbers(),
            wanted in 0_usize..50,
        ) {
            let rows: Vec<Row> = all.iter().copied().map(Row).collect();
            let hits = nearest(&rows, &Row(probe), wanted);
            let mut plain: Vec<f64> = rows.iter().map(|row| plainly(&row.0, &probe)).collect();
            plain.sort_by(f64::total_cmp);
            prop_assert_eq!(hits.len(), wanted.min(rows.len()));
            for (hit, plain) in hits.iter().zip(plain) {
                prop_assert!((f64::from(hit.squared) - plain).abs() <= 1e-5 * plain);
                prop_assert!(plainly(&all[hit.row], &probe) <= plain * (1.0 + 1e-5));
            }
            prop_assert!(hits.iter().zip(hits.iter().skip(1)).all(|(a, b)| a.squared <= b.squared));
        }

        #[test]
        fn a_tiny_difference_keeps_its_digits(numbers in numbers(), index in 0..DIMENSIONS) {
            let mut moved = numbers;
            moved[index] += 1e-4;
            let step = f64::from(moved[index]) - f64::from(numbers[index]);
            let squared = nearest(&[Row(numbers)], &Row(moved), 1)[0].squared;
            prop_assert!((f64::from(squared).sqrt() - step.abs()).abs() <= 1e-6 * step.abs());
        }
    }

    #[test]
    fn the_first_of_equal_rows_is_taken_and_of_none_nothing() {
        let same = Row([0.5; DIMENSIONS]);
        let rows = [Row([0.9; DIMENSIONS]), same.clone(), same.clone(), same];
        let rows_of = |wanted| -> Vec<usize> {
            nearest(&rows, &Row([0.4; DIMENSIONS]), wanted).iter().map(|hit| hit.row).collect()
        };
        assert_eq!(rows_of(1), [1]);
        assert_eq!(rows_of(2), [1, 2]);
        assert_eq!(rows_of(9), [1, 2, 3, 0]);
        assert_eq!(nearest(&[], &Row([0.4; DIMENSIONS]), 1), []);
    }

    #[test]
    fn rows_too_far_for_a_number_are_found_all_the_same() {
        let hits = nearest(&[Row([f32::MAX; DIMENSIONS])], &Row([f32::MIN; DIMENSIONS]), 1);
        assert_eq!(hits[0].squared, f32::MAX);
    }
}
