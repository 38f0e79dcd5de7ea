//! The calibration of a model: thresholds by false match rate, as `events` reads them.

use std::fmt::Write;

use events::{Calibration, CalibrationData, CalibrationError, CalibrationPoint, CalibrationSetting, Metric};

use crate::statistics::{OperatingPoint, Scores, TargetRate};

/// By how much several samples bring strangers nearer, where too few people had several pictures to measure it:
/// more than was measured of any model, which errs on the side of those who must not be let in.
const SEVERAL_UNMEASURED: f64 = 0.5;

/// The lowest false match rate that is looked for is one in ten to this power.
const LOWEST_POWER: u32 = 9;

/// Makes the calibration of measured distances: a point at 1, 2 and 5 of every power of ten, from the lowest
/// rate with ten false matches behind it up to 0.5. `several` is [`Several::factor`](crate::several::Several).
///
/// # Errors
/// [`CalibrationError`] when there are too few comparisons for two points.
pub fn calibrate(
    setting: CalibrationSetting,
    several: Option<f64>,
    name: &str,
    pictures: usize,
    scores: &Scores,
) -> Result<Calibration, CalibrationError> {
    let mut points: Vec<CalibrationPoint> = Vec::new();
    // From the rarest up: points must rise strictly, so each is compared with the one before it.
    for power in (1..=LOWEST_POWER).rev() {
        for accepted in [1, 2, 5] {
            let target = TargetRate { accepted, of: 10_u64.pow(power) };
            let Some(found) = OperatingPoint::find(scores, target).filter(|point| point.enough_comparisons)
            else {
                continue;
            };
            let (fmr, frr) = (found.far.share(), found.frr.share());
            // Where many distances are equal, neighbouring targets have one threshold.
            // Of equal distances all are accepted or none, which can leave fewer than the ten that the
            // target allows; `events` refuses a lowest rate with fewer.
            if found.far.count >= 10 && points.last().is_none_or(|last| last.fmr < fmr) {
                points.push(CalibrationPoint { distance: found.threshold, fmr, frr });
            }
        }
    }
    let data = CalibrationData {
        name: name.to_owned(),
        pictures: pictures as u64,
        genuine: scores.genuine().len() as u64,
        impostor: scores.impostor().len() as u64,
    };
    Calibration::new(setting, several.unwrap_or(SEVERAL_UNMEASURED), data, points)
}

/// The text of a calibration file.
#[must_use]
pub fn to_toml(calibration: &Calibration) -> String {
    let (setting, data) = (calibration.setting(), calibration.data());
    let lowest = calibration.points().first().map_or(0.0, |point| point.fmr);
    let metric = match setting.scale.metric() {
        Metric::Unit => "unit",
        Metric::Raw => "raw",
    };
    // By hand, for the comments. Numbers by `{:?}`: the shortest digits that are read as the very same
    // number.
    let mut text = format!(
        "# How often two persons' pictures are within a distance, measured by `cargo xtask accuracy --calibration`.\n\
         # docs/ACCURACY.md describes the fields. The data supports no rate below {lowest:.1e}: fewer than ten\n\
         # comparisons would stand behind it.\n\
         format = 2\n\
         model = {}\n\
         metric = \"{metric}\"\n\
         crops = {{ enrolled = {}, probe = {} }}\n\
         scale = {:?}\n\
         several = {:?}\n\
         \n\
         [data]\n\
         name = {}\n\
         pictures = {}\n\
         genuine = {}\n\
         impostor = {}\n",
        quoted(setting.model.as_str()),
        setting.enrolled_crops,
        setting.probe_crops,
        setting.scale.factor(),
        calibration.several(),
        quoted(&data.name),
        data.pictures,
        data.genuine,
        data.impostor,
    );
    for CalibrationPoint { distance, fmr, frr } in calibration.points() {
        // Writing to a string does not fail.
        let _ = write!(text, "\n[[points]]\ndistance = {distance:?}\nfmr = {fmr:?}\nfrr = {frr:?}\n");
    }
    text
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // TOML takes control characters, all but the tab, as escapes only.
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use face_core::{Distance, DistanceScale, ModelId};
    use proptest::prelude::*;

    use super::*;

    fn setting() -> CalibrationSetting {
        CalibrationSetting {
            model: ModelId::new("test-model").unwrap(),
            enrolled_crops: 2,
            probe_crops: 1,
            scale: DistanceScale::unit(0.3537).unwrap(),
        }
    }

    fn even(impostors: usize) -> Scores {
        let step = 1.0 / impostors as f32;
        let impostor = (0..impostors).map(|i| 0.4 + i as f32 * step).collect();
        Scores::new((0..100).map(|i| i as f32 / 150.0).collect(), impostor).unwrap()
    }

    #[test]
    fn the_lowest_rate_has_ten_false_matches_behind_it() {
        let calibration = calibrate(setting(), Some(0.22), "even", 9, &even(10_000)).unwrap();
        let rates: Vec<f64> = calibration.points().iter().map(|point| point.fmr).collect();
        assert_eq!(rates, [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]);
        assert!(calibrate(setting(), Some(0.22), "few", 9, &even(20)).is_err());
    }

    #[test]
    fn what_is_written_is_read_again_to_the_last_digit() {
        let made =
            |several| calibrate(setting(), several, "a \"name\"\twith \\ signs", 9, &even(7_919)).unwrap();
        for (several, written) in [(Some(0.31), 0.31), (None, SEVERAL_UNMEASURED)] {
            let calibration = made(several);
            assert_eq!(calibration.several(), written);
            assert_eq!(Calibration::parse(&to_toml(&calibration)), Ok(calibration));
        }
        let text = to_toml(&made(Some(0.31)));
        let setting = "crops = { enrolled = 2, probe = 1 }\nscale = 0.3537\nseveral = 0.31\n";
        assert!(text.contains(setting), "{text}");
    }

    proptest! {
        #[test]
        fn a_threshold_for_a_rate_accepts_about_that_share(way in 0.0_f64..=1.0) {
            let scores = even(100_000);
            let calibration = calibrate(setting(), Some(0.22), "even", 9, &scores).unwrap();
            let (lowest, highest) = (calibration.points()[0].fmr, calibration.points().last().unwrap().fmr);
            let asked = (lowest.ln() + way * (highest / lowest).ln()).exp().clamp(lowest, highest);
            let threshold: Distance = calibration.threshold_for(asked).unwrap();
            // Linear data under logarithmic interpolation: within the bend between two points.
            let measured = scores.far(threshold.value()).share();
            prop_assert!((measured / asked).ln().abs() < 0.2, "{measured} for {asked}");
        }
    }
}
