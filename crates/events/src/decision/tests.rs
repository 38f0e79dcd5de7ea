//! Where a match begins and ends, and when two are too nearly alike.

use embedding_store::MatchRule;

use super::*;
use crate::{DEFAULT_THRESHOLD, MatchPolicy, ThresholdBasis};

/// Users at these distances in name order, nearest first, decided with this margin.
fn verdict(distances: &[f32], margin: f32, top: usize) -> Verdict {
    let names = ["ada", "ben", "eve", "kim"];
    let distance = |value| Distance::new(value).unwrap();
    let found = names.iter().zip(distances);
    let found: Vec<_> = found
        .map(|(name, &value)| Nearest { user: Username::new(name).unwrap(), distance: distance(value) })
        .collect();
    let threshold = distance(DEFAULT_THRESHOLD);
    let limit = MatchLimit {
        rule: MatchRule::Threshold(threshold),
        threshold,
        basis: ThresholdBasis::Fixed,
        expected_false_match_rate: None,
    };
    let top = NonZeroUsize::new(top).unwrap();
    Search::new(found, distances.len(), true).unwrap().decide(
        limit,
        distance(margin),
        ModelId::new("test").unwrap(),
        top,
    )
}

fn decision(distances: &[f32], margin: f32) -> Decision {
    verdict(distances, margin, 1).decision
}

#[test]
fn the_threshold_itself_is_a_match_and_the_next_number_is_none() {
    let exactly = verdict(&[DEFAULT_THRESHOLD], 0.0, 1);
    assert_eq!(exactly.matched().map(Username::as_str), Some("ada"));
    assert_eq!(exactly.confidence().percent(), 60.0);
    let beyond = verdict(&[DEFAULT_THRESHOLD.next_up()], 0.0, 1);
    assert_eq!((beyond.decision, beyond.matched()), (Decision::NoMatch, None));
    assert!(beyond.confidence().percent() < 60.0);
}

#[test]
fn two_within_the_threshold_and_the_margin_are_ambiguous() {
    let close = verdict(&[0.25, 0.3125], 0.125, 1);
    assert_eq!((close.decision, close.matched()), (Decision::Ambiguous, None));
    assert_eq!(close.margin, Some(Distance::new(0.0625).unwrap()));
    assert_eq!(decision(&[0.25, 0.25], 0.01), Decision::Ambiguous);
    // A third has no say.
    assert_eq!(decision(&[0.0, 0.25, 0.25], 0.125), Decision::Match);
}

#[test]
fn the_margin_itself_is_enough() {
    assert_eq!(decision(&[0.25, 0.375], 0.125), Decision::Match);
    assert_eq!(decision(&[0.25, 0.375_f32.next_down()], 0.125), Decision::Ambiguous);
}

#[test]
fn a_runner_up_beyond_the_threshold_does_not_make_it_ambiguous() {
    assert_eq!(decision(&[0.39, DEFAULT_THRESHOLD], 0.125), Decision::Ambiguous);
    assert_eq!(decision(&[0.39, DEFAULT_THRESHOLD.next_up()], 0.125), Decision::Match);
    assert_eq!(decision(&[0.41, 0.42], 0.125), Decision::NoMatch);
}

#[test]
fn without_a_margin_the_nearest_is_taken_and_of_equal_ones_the_first_by_name() {
    let same = verdict(&[0.25, 0.25], 0.0, 1);
    assert_eq!(same.matched().map(Username::as_str), Some("ada"));
    assert_eq!(same.margin, Some(Distance::ZERO));
}

#[test]
fn candidates_are_as_many_as_asked_for_and_there() {
    let names = |verdict: Verdict| -> Vec<String> {
        verdict.candidates.iter().map(|candidate| candidate.user.to_string()).collect()
    };
    assert_eq!(names(verdict(&[0.1, 0.2, 0.9], 0.0, 1)), ["ada"]);
    assert_eq!(names(verdict(&[0.1, 0.2, 0.9], 0.0, 2)), ["ada", "ben"]);
    assert_eq!(names(verdict(&[0.1, 0.2, 0.9], 0.0, 9)), ["ada", "ben", "eve"]);
    assert_eq!(verdict(&[0.1], 0.0, 9).margin, None);
}

#[test]
fn the_runner_up_is_looked_for_even_when_one_is_asked_for() {
    let depth = |top| Search::depth(NonZeroUsize::new(top).unwrap()).get();
    assert_eq!([depth(1), depth(2), depth(7)], [2, 2, 7]);
    assert!(MatchPolicy::default().margin > Distance::ZERO);
}
