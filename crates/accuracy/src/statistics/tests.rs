//! The statistics on tiny sets with known answers, and what holds for all sets.

use proptest::prelude::*;

use super::*;

fn scores(genuine: &[f32], impostor: &[f32]) -> Scores {
    Scores::new(genuine.to_vec(), impostor.to_vec()).unwrap()
}

fn pair(distance: f32, same: bool) -> Labelled {
    Labelled { distance, same, fold: None }
}

fn in_fold(distance: f32, same: bool, fold: usize) -> Labelled {
    Labelled { distance, same, fold: Some(fold) }
}

#[test]
fn a_distance_equal_to_the_threshold_is_accepted() {
    let scores = scores(&[0.1, 0.3, 0.5], &[0.4, 0.5, 0.6, 0.7]);
    assert_eq!(scores.far(0.5), Proportion { count: 2, of: 4 });
    assert_eq!(scores.far(0.5_f32.next_down()), Proportion { count: 1, of: 4 });
    assert_eq!(scores.frr(0.3), Proportion { count: 1, of: 3 });
    assert_eq!(scores.frr(0.3_f32.next_down()), Proportion { count: 2, of: 3 });
    assert_eq!(scores.frr(f32::INFINITY).count, 0);
}

#[test]
fn scores_need_both_kinds_and_numbers() {
    assert_eq!(Scores::new(vec![], vec![1.0]), Err(ScoreError::Missing { genuine: 0, impostor: 1 }));
    assert_eq!(Scores::new(vec![1.0], vec![]), Err(ScoreError::Missing { genuine: 1, impostor: 0 }));
    assert_eq!(Scores::new(vec![f32::NAN], vec![1.0]), Err(ScoreError::NotANumber));
}

#[test]
fn the_operating_point_is_just_below_the_first_impostor_that_must_be_refused() {
    let impostors: Vec<f32> = (0..100).map(|i| 0.5 + i as f32 / 100.0).collect();
    let scores = scores(&[0.2, 0.505, 0.515, 0.9], &impostors);
    let found = OperatingPoint::find(&scores, TargetRate::one_in(100)).unwrap();
    assert_eq!(found.threshold, impostors[1].next_down());
    assert_eq!(found.far, Proportion { count: 1, of: 100 });
    assert_eq!(found.frr, Proportion { count: 2, of: 4 });
    assert!(!found.enough_comparisons);
    let found = OperatingPoint::find(&scores, TargetRate::one_in(10)).unwrap();
    assert_eq!((found.far.count, found.enough_comparisons), (10, true));
}

#[test]
fn impostors_at_one_distance_are_refused_together() {
    let scores = scores(&[0.1], &[0.3, 0.4, 0.4, 0.4, 0.9]);
    let found = OperatingPoint::find(&scores, TargetRate { accepted: 2, of: 5 }).unwrap();
    assert_eq!(found.far, Proportion { count: 1, of: 5 });
}

#[test]
fn a_target_that_allows_nobody_or_everybody_has_no_operating_point() {
    let scores = scores(&[0.1], &[0.3; 99]);
    assert_eq!(OperatingPoint::find(&scores, TargetRate::one_in(100)), None);
    assert_eq!(OperatingPoint::find(&scores, TargetRate::one_in(1)), None);
}

#[test]
fn what_a_target_allows_is_counted_without_rounding() {
    assert_eq!(TargetRate::one_in(100_000).allowed(29_300_000), 293);
    assert_eq!(TargetRate { accepted: 29, of: 100 }.allowed(100), 29);
    assert_eq!(TargetRate::one_in(1000).allowed(999), 0);
    assert_eq!(TargetRate::one_in(1000).allowed(1000), 1);
}

#[test]
fn wilsons_interval_has_its_published_values() {
    // Newcombe (1998), table I: method 3 for 81/263, 15/148, 0/20 and 1/29.
    for (count, of, lower, upper) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let (low, high) = Proportion { count, of }.interval();
        assert!((low - lower).abs() < 5e-5 && (high - upper).abs() < 5e-5, "{count}/{of}: {low} {high}");
    }
}

#[test]
fn the_area_counts_a_tie_half() {
    assert_eq!(area_under_curve(&scores(&[0.1, 0.2], &[0.3, 0.4])), 1.0);
    assert_eq!(area_under_curve(&scores(&[0.3, 0.4], &[0.1, 0.2])), 0.0);
    assert_eq!(area_under_curve(&scores(&[0.3], &[0.3])), 0.5);
    // Of the six comparisons of a genuine with an impostor: four nearer, one tie, one further.
    assert_eq!(area_under_curve(&scores(&[0.1, 0.5], &[0.4, 0.5, 0.6])), 4.5 / 6.0);
}

#[test]
fn the_equal_error_rate_of_known_sets() {
    assert_eq!(equal_error(&scores(&[0.1, 0.2], &[0.3, 0.4])).rate, 0.0);
    assert_eq!(equal_error(&scores(&[0.3, 0.4], &[0.1, 0.2])).rate, 1.0);
    let crossed = equal_error(&scores(&[0.1, 0.2, 0.3, 0.6], &[0.5, 0.7, 0.8, 0.9]));
    assert_eq!((crossed.rate, crossed.far.count, crossed.frr.count), (0.25, 1, 1));
}

#[test]
fn the_best_threshold_lies_midway_and_is_the_strictest_of_equals() {
    let best = best_threshold([pair(0.2, true), pair(0.4, true), pair(0.6, false)]);
    assert_eq!(best, BestThreshold { threshold: 0.5, right: Proportion { count: 3, of: 3 } });
    let equals = best_threshold([pair(0.2, true), pair(0.4, false), pair(0.6, true), pair(0.8, false)]);
    assert!((equals.threshold - 0.3).abs() < 1e-6);
    assert_eq!(equals.right.count, 3);
    let none = best_threshold([pair(0.2, false), pair(0.2, false), pair(0.2, true)]);
    assert!(none.threshold < 0.2);
    assert_eq!(none.right.count, 2);
    let neighbours = best_threshold([pair(0.5, true), pair(0.5_f32.next_up(), false)]);
    assert_eq!((neighbours.threshold, neighbours.right.count), (0.5, 2));
}

#[test]
fn folds_decide_by_the_threshold_of_the_others() {
    // Fold 0 alone would choose 0.15, fold 1 alone 0.55; each is decided by the other's.
    let pairs =
        [in_fold(0.1, true, 0), in_fold(0.2, false, 0), in_fold(0.5, true, 1), in_fold(0.6, false, 1)];
    let folded = folded_accuracy(&pairs).unwrap();
    assert!((folded.thresholds[0] - 0.55).abs() < 1e-6 && (folded.thresholds[1] - 0.15).abs() < 1e-6);
    assert_eq!(folded.accuracies, [0.5, 0.5]);
    assert_eq!((folded.mean, folded.deviation), (0.5, 0.0));
    assert_eq!(folded_accuracy(&pairs[..2]), None);
}

#[test]
fn blocks_share_out_both_kinds_evenly_and_in_order() {
    let mut pairs: Vec<_> = (0..10).map(|i| pair(i as f32, i < 4)).collect();
    blocks(&mut pairs, 2);
    let folds: Vec<_> = pairs.iter().map(|pair| pair.fold.unwrap()).collect();
    assert_eq!(folds, [0, 0, 1, 1, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn a_histogram_counts_every_finite_distance_once() {
    let histogram = Histogram::count(&scores(&[0.0, 0.019, 0.021, f32::INFINITY], &[0.05]));
    assert_eq!(histogram.genuine, [2, 1, 0]);
    assert_eq!(histogram.impostor, [0, 0, 1]);
}

/// Distances on a coarse grid, so that many are equal.
fn distances() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((0_u8..40).prop_map(|step| f32::from(step) / 32.0), 1..60)
}

fn all_scores() -> impl Strategy<Value = Scores> {
    (distances(), distances()).prop_map(|(genuine, impostor)| Scores::new(genuine, impostor).unwrap())
}

fn labelled() -> impl Strategy<Value = Vec<Labelled>> {
    let one = ((0_u8..40), any::<bool>(), 0_usize..4).prop_map(|(step, same, fold)| Labelled {
        distance: f32::from(step) / 32.0,
        same,
        fold: Some(fold),
    });
    prop::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn a_larger_threshold_accepts_more_of_both_kinds(s in all_scores(), a in 0.0_f32..1.5, b in 0.0_f32..1.5) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(s.far(low).count <= s.far(high).count);
        prop_assert!(s.frr(low).count >= s.frr(high).count);
    }

    #[test]
    fn rates_are_what_counting_one_by_one_gives(s in all_scores(), threshold in 0.0_f32..1.5) {
        let within = |distances: &[f32]| distances.iter().filter(|&&d| d <= threshold).count();
        prop_assert_eq!(s.far(threshold).count, within(s.impostor()));
        prop_assert_eq!(s.frr(threshold).count, s.genuine().len() - within(s.genuine()));
    }

    #[test]
    fn an_operating_point_keeps_its_target_and_no_larger_threshold_would(
        s in all_scores(), accepted in 1_u64..50, of in 50_u64..60,
    ) {
        let target = TargetRate { accepted, of };
        if let Some(point) = OperatingPoint::find(&s, target) {
            prop_assert!(point.far.share() <= target.rate());
            prop_assert_eq!(point.far, s.far(point.threshold));
            prop_assert_eq!(point.frr, s.frr(point.threshold));
            prop_assert!(s.far(point.threshold.next_up()).count as u64 > target.allowed(s.impostor().len()));
        }
    }

    #[test]
    fn a_looser_target_never_refuses_more(s in all_scores(), a in 1_u64..60, b in 1_u64..60) {
        let find = |accepted| OperatingPoint::find(&s, TargetRate { accepted, of: 60 });
        if let (Some(strict), Some(loose)) = (find(a.min(b)), find(a.max(b))) {
            prop_assert!(strict.threshold <= loose.threshold && strict.frr.count >= loose.frr.count);
        }
    }

    #[test]
    fn the_area_is_what_comparing_every_two_gives(s in all_scores()) {
        let mut sum = 0.0;
        for g in s.genuine() {
            for i in s.impostor() {
                sum += if g < i { 1.0 } else if g == i { 0.5 } else { 0.0 };
            }
        }
        let all = (s.genuine().len() * s.impostor().len()) as f64;
        prop_assert!((area_under_curve(&s) - sum / all).abs() < 1e-9);
    }

    #[test]
    fn no_measured_distance_brings_the_rates_nearer_to_each_other(s in all_scores()) {
        let apart = |t: f32| (s.far(t).share() - s.frr(t).share()).abs();
        let found = equal_error(&s);
        for &distance in s.genuine().iter().chain(s.impostor()) {
            prop_assert!(apart(found.threshold) <= apart(distance) + 1e-12);
        }
        prop_assert_eq!(found.rate, (found.far.share() + found.frr.share()) / 2.0);
    }

    #[test]
    fn no_threshold_decides_more_pairs_rightly_than_the_best(pairs in labelled(), other in -0.1_f32..1.5) {
        let best = best_threshold(pairs.iter().copied());
        prop_assert_eq!(best.right, accuracy_at(best.threshold, pairs.iter().copied()));
        prop_assert!(accuracy_at(other, pairs.iter().copied()).count <= best.right.count);
    }

    #[test]
    fn a_folds_own_pairs_have_no_say_in_its_threshold(pairs in labelled(), fold in 0_usize..4, by in 0.1_f32..2.0) {
        let mut changed = pairs.clone();
        for pair in changed.iter_mut().filter(|pair| pair.fold == Some(fold)) {
            pair.distance += by;
            pair.same = !pair.same;
        }
        if let (Some(before), Some(after)) = (folded_accuracy(&pairs), folded_accuracy(&changed)) {
            let mut folds: Vec<_> = pairs.iter().filter_map(|pair| pair.fold).collect();
            folds.sort_unstable();
            folds.dedup();
            if let Ok(place) = folds.binary_search(&fold) {
                prop_assert_eq!(before.thresholds[place], after.thresholds[place]);
            }
        }
    }

    #[test]
    fn the_curve_rises_and_each_point_holds(s in all_scores()) {
        let points = roc(&s);
        for two in points.windows(2) {
            prop_assert!(two[0].far < two[1].far && two[0].frr >= two[1].frr);
        }
        for point in points {
            prop_assert_eq!(point.far, s.far(point.threshold).share());
            prop_assert_eq!(point.frr, s.frr(point.threshold).share());
        }
    }

    #[test]
    fn an_interval_holds_its_share_and_narrows_with_more_trials(count in 0_usize..50, more in 0_usize..50) {
        let small = Proportion { count, of: count + more + 1 };
        let large = Proportion { count: count * 100, of: (count + more + 1) * 100 };
        let (lower, upper) = small.interval();
        prop_assert!(0.0 <= lower && lower <= small.share() && small.share() <= upper && upper <= 1.0);
        prop_assert!(large.interval().1 - large.interval().0 < upper - lower);
    }
}
