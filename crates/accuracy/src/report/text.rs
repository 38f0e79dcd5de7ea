//! A report as tables for the terminal.

use std::fmt::{self, Display, Formatter};

use super::Report;
use crate::identification::Identification;
use crate::quality_rates::{PoseRate, SpoiltRates};
use crate::statistics::{OperatingPoint, Proportion, TargetRate};
use crate::verification::{RatesAt, TARGETS, Verification};

/// Pictures named at most, where something was wrong with them.
const MOST_NAMED: usize = 20;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (setting, pictures, time) = (&self.setting, &self.pictures, &self.pictures.time);
        writeln!(f, "{}", setting.dataset)?;
        writeln!(
            f,
            "model {}, crops {}, metric {}, detector {}, {} face",
            setting.model, setting.crops, setting.metric, setting.detector, setting.choose
        )?;
        writeln!(f)?;
        writeln!(f, "pictures             {} of {} people", pictures.count, pictures.people)?;
        writeln!(f, "no face found in     {}", pictures.misses.len())?;
        writeln!(f, "several faces in     {}", pictures.several_faces)?;
        writeln!(f, "cannot be used       {}", pictures.unusable.len())?;
        writeln!(
            f,
            "time a picture       {:.1} ms on its thread (decode {:.1}, detect {:.1}, embed {:.1}); {:.1} s for all on \
             {} threads",
            time.picture_ms, time.decode_ms, time.detect_ms, time.embed_ms, time.all_s, time.threads
        )?;
        named(f, "no face", pictures.misses.iter().cloned())?;
        named(
            f,
            "unusable",
            pictures.unusable.iter().map(|(picture, reason)| format!("{picture}: {reason}")),
        )?;
        if let Some(pairs) = &self.pairs {
            verification(f, "labelled pairs", pairs)?;
        }
        if let Some(all) = &self.all_pairs {
            verification(f, "every pair of the pictures", all)?;
        }
        if let Some(identification) = &self.identification {
            search(f, identification)?;
        }
        spoilt(f, &self.spoilt)?;
        poses(f, &self.poses)?;
        Ok(())
    }
}

fn named(f: &mut Formatter<'_>, what: &str, names: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let rest = names.len().saturating_sub(MOST_NAMED);
    for name in names.take(MOST_NAMED) {
        writeln!(f, "  {what}: {name}")?;
    }
    if rest > 0 { writeln!(f, "  and {rest} more: see report.json") } else { Ok(()) }
}

fn verification(f: &mut Formatter<'_>, title: &str, v: &Verification) -> fmt::Result {
    writeln!(f, "\n{title}: {} genuine, {} impostor comparisons", v.genuine, v.impostor)?;
    if v.lost_genuine + v.lost_impostor > 0 {
        writeln!(
            f,
            "not made for want of a face: {} genuine, {} impostor (not in the rates below)",
            v.lost_genuine, v.lost_impostor
        )?;
    }
    rates_at(f, &v.thresholds)?;
    operating_points(f, "FAR", &TARGETS, &v.operating_points)?;
    writeln!(f, "\nequal error rate     {} at {:.4}", percent(v.equal_error.rate), v.equal_error.threshold)?;
    writeln!(f, "area under ROC       {:.6}", v.area_under_curve)?;
    if let Some(accuracy) = &v.accuracy {
        let best = accuracy.best;
        writeln!(
            f,
            "best accuracy        {:.4} at {:.4}, on the very pairs",
            best.right.share(),
            best.threshold
        )?;
        if let Some(folds) = &accuracy.folds {
            writeln!(
                f,
                "accuracy by folds    {:.4}, standard deviation {:.4} over {}",
                folds.mean,
                folds.deviation,
                folds.accuracies.len()
            )?;
        }
    }
    Ok(())
}

fn search(f: &mut Formatter<'_>, found: &Identification) -> fmt::Result {
    writeln!(
        f,
        "\nsearch among {} people, {} pictures enrolled each, {} probes",
        found.gallery, found.enrolled_pictures, found.rank_1.of
    )?;
    writeln!(f, "rank 1               {}", with_interval(found.rank_1))?;
    writeln!(f, "\nevery probe against every template")?;
    rates_at(f, &found.thresholds)?;
    operating_points(f, "FAR", &TARGETS, &found.operating_points)?;
    if let Some(open) = &found.open_set {
        writeln!(
            f,
            "\nwhole searches, with {} pictures of strangers: FAR = anybody named for a stranger, FRR = a rightful \
             person not named",
            open.strangers
        )?;
        rates_at(f, &open.thresholds)?;
        let targets: Vec<TargetRate> = TARGETS.into_iter().filter(|target| target.of <= 1000).collect();
        operating_points(f, "FAR", &targets, &open.operating_points)?;
    }
    Ok(())
}

fn spoilt(f: &mut Formatter<'_>, rows: &[SpoiltRates]) -> fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    writeln!(f, "\n{} pictures with another of the person, spoilt, against untouched ones", first.pictures)?;
    for row in rows {
        let name = row.spoiling.map_or_else(|| "untouched".to_owned(), |spoiling| spoiling.to_string());
        write!(f, "{name:<12}")?;
        for at in &row.rates {
            let (frr, far) = (percent(at.frr.share()), percent(at.far.share()));
            write!(f, "  at {}: FRR {frr:>7}, FAR {far:>7};", at.threshold)?;
        }
        write!(f, "  no face {}", row.no_face)?;
        if let Some(([low, median, high], spoiling)) = row.value.zip(row.spoiling) {
            let value = spoiling.kind().value_name();
            write!(f, "; {value} {median:.3} ({low:.3} to {high:.3})")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn poses(f: &mut Formatter<'_>, rates: &[PoseRate]) -> fmt::Result {
    if !rates.is_empty() {
        writeln!(f, "\nFRR at 0.40 by the pose of one of the two, in degrees to either side")?;
    }
    for rate in rates {
        let to = rate.below.map_or_else(|| "up".to_owned(), |below| below.to_string());
        let range = format!("{} {} to {to}", rate.angle, rate.from);
        writeln!(f, "{range:<16} {:>4} pictures  {}", rate.pictures, with_interval(rate.frr))?;
    }
    Ok(())
}

fn rates_at(f: &mut Formatter<'_>, rates: &[RatesAt]) -> fmt::Result {
    writeln!(f, "\n{:>9}  {:>10}  {:>10}", "threshold", "FAR", "FRR")?;
    for rate in rates {
        let (far, frr) = (percent(rate.far.share()), percent(rate.frr.share()));
        writeln!(f, "{:>9.2}  {far:>10}  {frr:>10}", rate.threshold)?;
    }
    Ok(())
}

fn operating_points(
    f: &mut Formatter<'_>,
    rate: &str,
    targets: &[TargetRate],
    points: &[OperatingPoint],
) -> fmt::Result {
    writeln!(f, "\n{:>9}  {:>9}  FRR (95 % interval)", format!("{rate} up to"), "threshold")?;
    for target in targets {
        let point = points.iter().find(|point| point.target == *target);
        let wanted = percent(target.rate());
        match point {
            None => writeln!(f, "{wanted:>9}  {:>9}  not enough comparisons", "-")?,
            Some(point) => {
                let remark = if point.enough_comparisons {
                    String::new()
                } else {
                    format!("; not enough comparisons: {} of {} behind it", point.far.count, point.far.of)
                };
                writeln!(f, "{wanted:>9}  {:>9.4}  {}{remark}", point.threshold, with_interval(point.frr))?;
            }
        }
    }
    Ok(())
}

fn with_interval(share: Proportion) -> String {
    let (lower, upper) = share.interval();
    format!(
        "{} ({} to {}), {} of {}",
        percent(share.share()),
        percent(lower),
        percent(upper),
        share.count,
        share.of
    )
}

/// A share in percent, with three digits that count.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 || percent == 0.0 {
        1
    } else {
        (1.0 - percent.log10().floor()).clamp(0.0, 6.0) as usize
    };
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_with_the_digits_that_count() {
        let shown: Vec<_> = [0.0, 1.0, 0.123_45, 0.012_345, 0.001, 0.000_036].map(percent).into();
        assert_eq!(shown, ["0.0 %", "100.0 %", "12.3 %", "1.2 %", "0.10 %", "0.0036 %"]);
    }

    #[test]
    fn a_target_with_too_few_comparisons_is_said_to_have_too_few() {
        struct Table(Vec<OperatingPoint>);
        impl Display for Table {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                operating_points(f, "FAR", &TARGETS, &self.0)
            }
        }
        let scores = crate::statistics::Scores::new(
            (0..40).map(|i| i as f32 / 100.0).collect(),
            (0..500).map(|i| 0.3 + i as f32 / 500.0).collect(),
        );
        let scores = scores.unwrap();
        let points = TARGETS.iter().filter_map(|&t| OperatingPoint::find(&scores, t)).collect();
        let table = Table(points).to_string();
        let lines: Vec<_> = table.lines().skip(2).collect();
        assert!(lines[0].contains("10.0 %") && !lines[0].contains("not enough"), "{table}");
        assert!(
            lines[1].contains("22.5 %") && lines[1].contains("not enough comparisons: 5 of 500"),
            "{table}"
        );
        assert!(lines[2].contains("-  not enough comparisons"), "{table}");
    }
}
