//! Distances: of labelled pairs, of every pair, and how many comparisons were lost to missing faces.

use crate::AccuracyError;
use crate::pairs::Pair;
use crate::parallel::in_order;
use crate::sides::Sides;
use crate::statistics::{Labelled, Scores};

/// Comparisons made, sorted, and those that could not be made because a picture gave no embedding.
#[derive(Debug)]
pub struct Compared {
    /// The distances.
    pub scores: Scores,
    /// Genuine comparisons that could not be made.
    pub lost_genuine: usize,
    /// Impostor comparisons that could not be made.
    pub lost_impostor: usize,
}

/// Takes genuine and impostor distances, and says what was compared when one kind is missing.
///
/// # Errors
/// [`AccuracyError::NoComparisons`].
pub fn scores(what: &'static str, genuine: Vec<f32>, impostor: Vec<f32>) -> Result<Scores, AccuracyError> {
    let counts = (genuine.len(), impostor.len());
    Scores::new(genuine, impostor).map_err(|_| AccuracyError::NoComparisons {
        what,
        genuine: counts.0,
        impostor: counts.1,
    })
}

/// The distance of each labelled pair, its first picture enrolled and its second the probe; `None` where a
/// picture has no vector.
#[must_use]
pub fn distances_of_pairs(pairs: &[Pair], sides: &Sides<'_>) -> Vec<Option<f32>> {
    pairs.iter().map(|pair| sides.distance(pair.a.0, pair.b.0)).collect()
}

/// The labelled pairs that could be compared.
#[must_use]
pub fn labelled(pairs: &[Pair], distances: &[Option<f32>]) -> Vec<Labelled> {
    let both = pairs.iter().zip(distances);
    both.filter_map(|(pair, distance)| {
        distance.map(|distance| Labelled { distance, same: pair.same, fold: pair.fold })
    })
    .collect()
}

/// Scores of the labelled pairs.
///
/// # Errors
/// [`AccuracyError::NoComparisons`] when one kind is missing.
pub fn compare_pairs(pairs: &[Pair], distances: &[Option<f32>]) -> Result<Compared, AccuracyError> {
    let labelled = labelled(pairs, distances);
    let of = |same| labelled.iter().filter(move |pair| pair.same == same).map(|pair| pair.distance).collect();
    let lost = |same| {
        pairs.iter().zip(distances).filter(|(pair, distance)| pair.same == same && distance.is_none()).count()
    };
    Ok(Compared {
        scores: scores("the labelled pairs", of(true), of(false))?,
        lost_genuine: lost(true),
        lost_impostor: lost(false),
    })
}

/// Scores of every pair of pictures, each compared once; `people` has a number for each picture, equal for one
/// person. `distance` takes the earlier picture of a pair first.
///
/// # Errors
/// [`AccuracyError::NoComparisons`] when one kind is missing.
pub fn compare_all(
    people: &[usize],
    threads: usize,
    distance: impl Fn(usize, usize) -> Option<f32> + Sync,
) -> Result<Compared, AccuracyError> {
    // Every picture with those after it. Rows shrink, so each part has every `threads`-th of them.
    let firsts: Vec<usize> = (0..threads).collect();
    let parts = in_order(&firsts, threads, |&first| {
        let mut part = Part::default();
        for row in (first..people.len()).step_by(threads) {
            // Never a picture with itself: its distance of 0 would be a genuine comparison that cannot
            // fail.
            let Some((person, after)) = people.get(row..).and_then(<[_]>::split_first) else { continue };
            for (another, column) in after.iter().zip(row + 1..) {
                part.add(person == another, distance(row, column));
            }
        }
        Ok(part)
    })?;
    let mut all = Part::default();
    parts.into_iter().for_each(|part| all.append(part));
    Ok(Compared {
        scores: scores("every pair of the pictures", all.genuine, all.impostor)?,
        lost_genuine: all.lost_genuine,
        lost_impostor: all.lost_impostor,
    })
}

/// What one thread compared.
#[derive(Default)]
struct Part {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
    lost_genuine: usize,
    lost_impostor: usize,
}

impl Part {
    fn add(&mut self, same: bool, distance: Option<f32>) {
        match (same, distance) {
            (true, Some(distance)) => self.genuine.push(distance),
            (false, Some(distance)) => self.impostor.push(distance),
            (true, None) => self.lost_genuine += 1,
            (false, None) => self.lost_impostor += 1,
        }
    }

    fn append(&mut self, part: Self) {
        self.genuine.extend(part.genuine);
        self.impostor.extend(part.impostor);
        self.lost_genuine += part.lost_genuine;
        self.lost_impostor += part.lost_impostor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places on a line; a picture without a vector has none.
    fn apart(places: &[Option<f32>]) -> impl Fn(usize, usize) -> Option<f32> + Sync {
        |enrolled, probe| Some((places[enrolled]? - places[probe]?).abs())
    }

    #[test]
    fn every_two_pictures_are_compared_once_whatever_the_threads() {
        let places = [Some(0.0), Some(1.0), Some(3.0), None, Some(7.0)];
        for threads in [1, 2, 3, 16] {
            let compared = compare_all(&[0, 0, 1, 1, 1], threads, apart(&places)).unwrap();
            assert_eq!(compared.scores.genuine(), [1.0, 4.0]);
            assert_eq!(compared.scores.impostor(), [2.0, 3.0, 6.0, 7.0]);
            assert_eq!((compared.lost_genuine, compared.lost_impostor), (2, 2));
        }
    }

    #[test]
    fn the_earlier_picture_of_a_pair_is_the_enrolled_one() {
        let compared = compare_all(&[0, 0, 1], 2, |enrolled, probe| Some((enrolled * 10 + probe) as f32));
        let scores = compared.unwrap().scores;
        assert_eq!((scores.genuine(), scores.impostor()), (&[1.0][..], &[2.0, 12.0][..]));
    }

    #[test]
    fn people_with_a_single_picture_each_cannot_be_measured() {
        let error = compare_all(&[0, 1], 1, apart(&[Some(0.0), Some(1.0)])).unwrap_err();
        assert!(error.to_string().contains("0 comparisons of one person and 1 of two"), "{error}");
    }
}
