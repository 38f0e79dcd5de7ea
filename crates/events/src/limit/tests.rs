//! What a rule comes to as an event grows, and which rules are refused.

use super::*;
use crate::{CalibrationData, CalibrationPoint, CalibrationSetting};

fn model() -> ModelId {
    ModelId::new("test-model").unwrap()
}

/// Rates of 1e-4 at 0.3, 1e-3 at 0.35, 1e-2 at 0.4 and 0.2 at 0.5.
fn calibration(scale: DistanceScale) -> Arc<Calibration> {
    let setting = CalibrationSetting { model: model(), enrolled_crops: 4, probe_crops: 4, scale };
    let data =
        CalibrationData { name: "made up".to_owned(), pictures: 1000, genuine: 1000, impostor: 1_000_000 };
    let point = |(distance, fmr, frr)| CalibrationPoint { distance, fmr, frr };
    let points =
        [(0.3, 1e-4, 0.2), (0.35, 1e-3, 0.1), (0.4, 1e-2, 0.02), (0.5, 0.2, 0.0)].map(point).to_vec();
    Arc::new(Calibration::new(setting, 0.22, data, points).unwrap())
}

fn limits() -> Limits {
    Limits::new(&model(), MatchPolicy::default(), Some(calibration(DistanceScale::UNIT))).unwrap()
}

fn distance(value: f32) -> Distance {
    Distance::new(value).unwrap()
}

fn target(rate: f64) -> MatchRule {
    MatchRule::TargetFalseMatchRate(FalseMatchRate::new(rate).unwrap())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-4 * b.abs()
}

#[test]
fn the_threshold_of_a_target_falls_as_the_event_grows() {
    let limits = limits();
    let of = |users| limits.limit_for(Some(target(0.1)), users, 1).unwrap();
    assert!(close(of(10).threshold.value().into(), 0.4), "0.1 / 10 is 1e-2");
    assert!(close(of(100).threshold.value().into(), 0.35));
    assert!(close(of(1000).threshold.value().into(), 0.3));
    let mut previous = distance(2.0);
    for users in 1..3000 {
        let limit = of(users);
        assert!(limit.threshold < previous || users <= 10, "{users}");
        let measured = users <= 1000;
        let expected = match users {
            1..10 => ThresholdBasis::Capped,
            10..=1000 => ThresholdBasis::Measured,
            _ => ThresholdBasis::BelowMeasured,
        };
        assert_eq!(limit.basis, expected, "{users}");
        if let Some(rate) = limit.expected_false_match_rate {
            assert!(rate <= 0.1, "{users}: {rate}");
        }
        assert_eq!(limit.expected_false_match_rate.is_some(), measured);
        previous = limit.threshold;
    }
}

#[test]
fn below_what_was_measured_the_gentlest_slope_goes_on() {
    // Both slopes within a hundred times the lowest rate are a power of ten for 0.05.
    let limit = limits().limit_for(Some(target(0.1)), 10_000, 1).unwrap();
    assert_eq!(limit.basis, ThresholdBasis::BelowMeasured);
    assert!(close(limit.threshold.value().into(), 0.25), "{limit:?}");
    assert_eq!(limit.expected_false_match_rate, None);
    let (none, _) = calibration(DistanceScale::UNIT).safe_threshold_for(0.0);
    assert_eq!(none, Distance::ZERO);
    assert_eq!(calibration(DistanceScale::UNIT).safe_threshold_for(f64::NAN).0, Distance::ZERO);
}

#[test]
fn a_fixed_threshold_stays_and_its_rate_grows_with_the_event() {
    let limits = limits();
    let rate = |users| {
        let limit = limits.limit_for(Some(MatchRule::Threshold(distance(0.35))), users, 1).unwrap();
        assert_eq!((limit.threshold, limit.basis), (distance(0.35), ThresholdBasis::Fixed));
        limit.expected_false_match_rate.unwrap()
    };
    assert!(close(rate(1), 1e-3));
    assert!(close(rate(500), 1.0 - 0.999_f64.powi(500)));
    assert!(close(rate(1_000_000), 1.0));
    let outside = limits.limit_for(Some(MatchRule::Threshold(distance(0.2))), 1, 1).unwrap();
    assert_eq!(outside.expected_false_match_rate, None);
}

#[test]
fn an_event_without_a_rule_has_that_of_the_service() {
    let limit = limits().limit_for(None, 3, 1).unwrap();
    assert_eq!(limit.rule, MatchPolicy::default().rule);
    let policy = MatchPolicy { rule: target(0.01), ..MatchPolicy::default() };
    let limits = Limits::new(&model(), policy, Some(calibration(DistanceScale::UNIT))).unwrap();
    assert_eq!(limits.limit_for(None, 1, 1).unwrap().rule, target(0.01));
}

#[test]
fn rules_that_cannot_be_kept_are_refused() {
    let limits = limits();
    assert!(matches!(limits.check(target(0.99e-4)), Err(RuleError::TargetTooLow { .. })));
    limits.check(target(1e-4)).unwrap();
    let far = MatchRule::Threshold(distance(0.5_f32.next_up()));
    assert!(matches!(limits.check(far), Err(RuleError::ThresholdTooLarge { .. })));
    limits.check(MatchRule::Threshold(distance(0.5))).unwrap();
    limits.check(MatchRule::Threshold(distance(0.01))).unwrap();

    let uncalibrated = Limits::new(&model(), MatchPolicy::default(), None).unwrap();
    assert!(matches!(uncalibrated.check(target(0.01)), Err(RuleError::NotCalibrated { .. })));
    assert!(matches!(uncalibrated.limit_for(Some(target(0.01)), 5, 1), Err(RuleError::NotCalibrated { .. })));
    assert_eq!(uncalibrated.limit_for(None, 5, 1).unwrap().expected_false_match_rate, None);
}

#[test]
fn a_policy_that_cannot_be_kept_is_refused_at_once() {
    let policy = MatchPolicy { rule: target(0.01), ..MatchPolicy::default() };
    assert!(matches!(Limits::new(&model(), policy, None), Err(RuleError::NotCalibrated { .. })));
    let raw = Some(calibration(DistanceScale::RAW));
    assert!(matches!(Limits::new(&model(), policy, raw.clone()), Err(RuleError::OtherCalibration)));
    let other = ModelId::new("other-model").unwrap();
    assert!(matches!(Limits::new(&other, MatchPolicy::raw(), raw), Err(RuleError::OtherCalibration)));
}

#[test]
fn with_more_samples_a_user_a_target_comes_to_a_lower_threshold_and_a_fixed_one_to_a_higher_rate() {
    let limits = limits();
    // What was measured at one stranger in 1,000, as parts of the threshold for one picture.
    for (samples, measured) in [(1, 0.375), (2, 0.358), (3, 0.352), (5, 0.340)] {
        let limit = limits.limit_for(Some(target(0.1)), 100, samples).unwrap();
        let part = f64::from(limit.threshold.value()) / 0.35;
        assert!(part <= 1.003 * measured / 0.375 && part > 0.97 * measured / 0.375, "{samples}: {part}");
        assert_eq!(limit.basis, ThresholdBasis::Measured);
        let expected = limit.expected_false_match_rate.unwrap();
        assert!(expected <= 0.1 && expected > 0.09, "{samples}: {expected}");
    }
    let fixed = Some(MatchRule::Threshold(distance(0.35)));
    let rate = |samples| limits.limit_for(fixed, 1, samples).unwrap().expected_false_match_rate.unwrap();
    assert!(rate(1) < rate(2) && rate(2) < rate(5));
    assert_eq!(limits.limit_for(fixed, 1, 5).unwrap().threshold, distance(0.35));
}

#[test]
fn a_target_goes_no_farther_than_the_fixed_threshold_and_then_expects_less() {
    let limits = limits();
    let one = limits.limit_for(Some(target(0.05)), 1, 1).unwrap();
    assert_eq!((one.threshold, one.basis), (distance(0.4), ThresholdBasis::Capped));
    assert!(close(one.expected_false_match_rate.unwrap(), 0.01), "what was measured there");
    let three = limits.limit_for(Some(target(0.05)), 1, 3).unwrap();
    assert!(three.threshold < one.threshold, "a template of several is nearer to strangers");
    assert!(close(three.expected_false_match_rate.unwrap(), 0.01));
}

#[test]
fn a_fixed_threshold_names_many_from_a_size_on_and_a_target_never() {
    let limits = limits();
    let fixed = |users| limits.limit_for(Some(MatchRule::Threshold(distance(0.35))), users, 1).unwrap();
    assert!(!fixed(51).names_many_strangers(), "51 comparisons at 1e-3 are under 5 %");
    assert!(fixed(52).names_many_strangers());
    assert!(!limits.limit_for(Some(target(0.1)), 52, 1).unwrap().names_many_strangers());
}
