//! What a calibration refuses, and what it answers between and at its points.

use proptest::prelude::*;

use super::*;

const TEXT: &str = r#"
format = 1
model = "test-model"
crops = 4
metric = "unit"

[data]
name = "drawn by hand"
pictures = 100
genuine = 500
impostor = 1000000

[[points]]
distance = 0.3
fmr = 1e-5
frr = 0.4

[[points]]
distance = 0.4
fmr = 1e-3
frr = 0.05

[[points]]
distance = 0.5
fmr = 1e-2
frr = 0.05
"#;

fn calibration() -> Calibration {
    Calibration::parse(TEXT).unwrap()
}

fn distance(value: f32) -> Distance {
    Distance::new(value).unwrap()
}

fn refusal(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "the text has {from}");
    Calibration::parse(&TEXT.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_file_is_read_with_its_setting_data_and_points() {
    let read = calibration();
    let CalibrationSetting { model, enrolled_crops, probe_crops, scale } = read.setting();
    assert_eq!((model.as_str(), *enrolled_crops, *probe_crops), ("test-model", 4, 4));
    assert_eq!((*scale, read.several()), (DistanceScale::UNIT, 0.22), "what format 1 left unsaid");
    assert_eq!((read.data().genuine, read.data().impostor), (500, 1_000_000));
    assert_eq!(read.points().len(), 3);
}

#[test]
fn at_its_points_it_answers_what_was_measured() {
    let read = calibration();
    for point in read.points() {
        assert_eq!(read.fmr_at(distance(point.distance)), Ok(point.fmr));
        assert_eq!(read.threshold_for(point.fmr), Ok(distance(point.distance)));
    }
}

#[test]
fn between_two_points_the_logarithm_of_the_rate_is_linear() {
    let read = calibration();
    assert!((read.fmr_at(distance(0.35)).unwrap() / 1e-4 - 1.0).abs() < 1e-5);
    assert!((read.threshold_for(1e-4).unwrap().value() - 0.35).abs() < 1e-6);
}

#[test]
fn what_lies_beyond_the_data_is_refused() {
    let read = calibration();
    for asked in [0.0, 0.3_f32.next_down(), 0.5_f32.next_up(), 2.0] {
        let refused = OutsideCalibration::Distance { asked, smallest: 0.3, largest: 0.5 };
        assert_eq!(read.fmr_at(distance(asked)), Err(refused));
    }
    for asked in [0.0, 1e-5_f64.next_down(), 1e-2_f64.next_up(), 1.0, -1.0] {
        let refused = OutsideCalibration::Rate { asked, lowest: 1e-5, highest: 1e-2 };
        assert_eq!(read.threshold_for(asked), Err(refused));
    }
    assert!(read.threshold_for(f64::NAN).is_err());
    assert!(read.threshold_for(f64::INFINITY).is_err());
}

#[test]
fn a_refusal_names_the_range_that_was_measured() {
    let refused = calibration().threshold_for(1e-7).unwrap_err().to_string();
    assert_eq!(refused, "a false match rate of 1e-7 is outside of what was measured, 1e-5 to 1e-2");
}

#[test]
fn another_format_is_named_whatever_else_is_in_it() {
    assert_eq!(Calibration::parse("format = 3\nnews = 1"), Err(CalibrationError::Format { found: 3 }));
}

#[test]
fn rates_that_do_not_rise_with_the_distance_are_refused() {
    for (from, to) in [
        ("distance = 0.4", "distance = 0.3"),
        ("distance = 0.4", "distance = 0.6"),
        ("fmr = 1e-3", "fmr = 1e-5"),
        ("fmr = 1e-3", "fmr = 0.1"),
        ("frr = 0.4", "frr = 0.01"),
    ] {
        assert!(refusal(from, to).contains("does not rise"), "{to}");
    }
}

#[test]
fn numbers_that_are_no_distance_or_no_rate_are_refused() {
    for (from, to) in [
        ("distance = 0.3", "distance = -0.3"),
        ("distance = 0.5", "distance = inf"),
        ("distance = 0.3", "distance = nan"),
        ("fmr = 1e-5", "fmr = 0.0"),
        ("fmr = 1e-2", "fmr = 1.5"),
        ("fmr = 1e-2", "fmr = nan"),
        ("frr = 0.4", "frr = 1.4"),
        ("frr = 0.4", "frr = nan"),
        ("crops = 4", "crops = 0"),
        ("\"test-model\"", "\"Test Model\""),
    ] {
        assert!(refusal(from, to).contains("cannot be used"), "{to}");
    }
}

#[test]
fn a_rate_with_fewer_than_ten_false_matches_behind_it_is_refused() {
    assert!(refusal("impostor = 1000000", "impostor = 900000").contains("fewer than 10"));
}

#[test]
fn fields_that_are_unknown_or_missing_are_refused() {
    for (from, to) in [
        ("crops = 4", ""),
        ("crops = 4", "crops = 4\nscale = 2"),
        ("metric = \"unit\"", "metric = \"cosine\""),
        ("pictures = 100", ""),
        ("frr = 0.4", "frr = 0.4\ntar = 0.6"),
    ] {
        assert!(refusal(from, to).contains("no calibration"), "{to}");
    }
}

#[test]
fn a_calibration_of_one_point_is_refused() {
    let (start, _) = TEXT.split_at(TEXT.match_indices("[[points]]").nth(1).unwrap().0);
    assert!(Calibration::parse(start).unwrap_err().to_string().contains("two are the least"));
}

/// Points whose distances and rates rise by steps that `f32` and `f64` tell apart.
fn calibrations() -> impl Strategy<Value = Calibration> {
    let steps = prop::collection::vec((0.001_f32..0.1, 1.05_f64..4.0), 1..12);
    (0.0_f32..0.5, steps).prop_map(|(start, steps)| {
        let mut point = CalibrationPoint { distance: start, fmr: 1e-8, frr: 0.5 };
        let mut points = vec![point];
        for (further, times) in steps {
            point.distance += further;
            point.fmr *= times;
            points.push(point);
        }
        let setting = CalibrationSetting {
            model: ModelId::new("test").unwrap(),
            enrolled_crops: 1,
            probe_crops: 1,
            scale: DistanceScale::UNIT,
        };
        let data =
            CalibrationData { name: "drawn".into(), pictures: 9, genuine: 9, impostor: 10_000_000_000 };
        Calibration::new(setting, 0.22, data, points).unwrap()
    })
}

proptest! {
    #[test]
    fn a_larger_distance_never_has_a_lower_rate(c in calibrations(), a in 0.0_f32..1.0, b in 0.0_f32..1.0) {
        let (first, last) = (c.points()[0].distance, c.points().last().unwrap().distance);
        let at = |way: f32| (first + way * (last - first)).clamp(first, last);
        let rate = |way| c.fmr_at(distance(at(way))).unwrap();
        prop_assert!(at(a) > at(b) || rate(a) <= rate(b));
    }

    #[test]
    fn a_threshold_has_the_rate_that_was_asked_for(c in calibrations(), way in 0.0_f64..=1.0) {
        let (lowest, highest) = (c.points()[0].fmr, c.points().last().unwrap().fmr);
        let asked = (lowest.ln() + way * (highest.ln() - lowest.ln())).exp().clamp(lowest, highest);
        let threshold = c.threshold_for(asked).unwrap();
        prop_assert!((c.fmr_at(threshold).unwrap() / asked - 1.0).abs() < 1e-3);
    }

    #[test]
    fn every_answer_lies_between_the_points_around_it(c in calibrations(), way in 0.0_f32..1.0) {
        for pair in c.points().windows(2) {
            let between = pair[0].distance + way * (pair[1].distance - pair[0].distance);
            let rate = c.fmr_at(distance(between.clamp(pair[0].distance, pair[1].distance))).unwrap();
            prop_assert!((pair[0].fmr..=pair[1].fmr).contains(&rate));
        }
    }

    #[test]
    fn outside_of_its_points_it_never_answers(c in calibrations(), beyond in 1e-4_f32..1.0) {
        let (first, last) = (c.points()[0], *c.points().last().unwrap());
        prop_assert!(c.fmr_at(distance(last.distance + beyond)).is_err());
        prop_assert!(first.distance < beyond || c.fmr_at(distance(first.distance - beyond)).is_err());
        prop_assert!(c.threshold_for(first.fmr * (1.0 - f64::from(beyond))).is_err());
        prop_assert!(c.threshold_for(last.fmr * (1.0 + f64::from(beyond))).is_err());
    }
}

#[test]
fn format_2_names_both_crops_the_scale_and_the_factor_for_several_samples() {
    let text = TEXT
        .replace("format = 1", "format = 2")
        .replace("crops = 4", "crops = { enrolled = 2, probe = 1 }\nscale = 0.5\nseveral = 0.3");
    let read = Calibration::parse(&text).unwrap();
    let CalibrationSetting { enrolled_crops, probe_crops, scale, .. } = read.setting();
    assert_eq!((*enrolled_crops, *probe_crops, scale.factor(), read.several()), (2, 1, 0.5, 0.3));
    for (from, to) in
        [("scale = 0.5", "scale = 0"), ("several = 0.3", "several = 1"), ("probe = 1", "probe = 0")]
    {
        assert!(Calibration::parse(&text.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn on_another_scale_it_says_the_same_of_scaled_distances() {
    let scale = DistanceScale::unit(0.5).unwrap();
    let (read, scaled) = (calibration(), calibration().on_scale(scale).unwrap());
    assert_eq!(scaled.setting().scale, scale);
    for (of, now) in read.points().iter().zip(scaled.points()) {
        assert_eq!((now.distance, now.fmr, now.frr), (of.distance * 0.5, of.fmr, of.frr));
    }
    assert!(read.on_scale(DistanceScale::RAW).is_err());
}
