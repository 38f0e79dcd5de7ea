//! Error rates of comparisons (FAR and FRR) and of searches (FPIR and FNIR).

use std::fmt::{self, Formatter};

use super::cells::{percent, with_interval};
use crate::identification::{Identification, SEARCH_TARGETS};
use crate::statistics::{OperatingPoint, TargetRate};
use crate::verification::{RatesAt, TARGETS, Verification};

/// What the two rates of a table are called.
#[derive(Clone, Copy)]
struct Names {
    accepts: &'static str,
    rejects: &'static str,
}

const COMPARISON: Names = Names { accepts: "FAR", rejects: "FRR" };
const SEARCH: Names = Names { accepts: "FPIR", rejects: "FNIR" };

/// One set of comparisons.
pub(super) fn verification(f: &mut Formatter<'_>, title: &str, v: &Verification) -> fmt::Result {
    writeln!(f, "\n{title}: {} genuine, {} impostor comparisons", v.genuine, v.impostor)?;
    if v.lost_genuine + v.lost_impostor > 0 {
        writeln!(
            f,
            "not made for want of a face: {} genuine, {} impostor (not in the rates below)",
            v.lost_genuine, v.lost_impostor
        )?;
    }
    rates_at(f, COMPARISON, &v.thresholds)?;
    operating_points(f, COMPARISON, &TARGETS, &v.operating_points)?;
    writeln!(f, "\nequal error rate     {} at {:.4}", percent(v.equal_error.rate), v.equal_error.threshold)?;
    writeln!(f, "area under ROC       {:.6}", v.area_under_curve)?;
    let Some(accuracy) = &v.accuracy else { return Ok(()) };
    let best = accuracy.best;
    writeln!(
        f,
        "best accuracy        {:.4} at {:.4}, on the very pairs",
        best.right.share(),
        best.threshold
    )?;
    let Some(folds) = &accuracy.folds else { return Ok(()) };
    let (mean, deviation, count) = (folds.mean, folds.deviation, folds.accuracies.len());
    writeln!(f, "accuracy by folds    {mean:.4}, standard deviation {deviation:.4} over {count}")
}

/// A search among many.
pub(super) fn search(f: &mut Formatter<'_>, found: &Identification) -> fmt::Result {
    writeln!(
        f,
        "\nsearch among N = {} people, {} pictures enrolled each, {} probes",
        found.gallery, found.enrolled_pictures, found.rank_1.of
    )?;
    if found.lost_pictures > 0 {
        writeln!(f, "without a face, in no rate: {} pictures", found.lost_pictures)?;
    }
    writeln!(f, "rank 1               {}", with_interval(found.rank_1))?;
    if let Some(open) = &found.open_set {
        writeln!(
            f,
            "\nwhole searches, with {} pictures of strangers: FPIR = anybody named for a stranger, FNIR = a \
             rightful person not named, or as another",
            open.strangers
        )?;
        rates_at(f, SEARCH, &open.thresholds)?;
        operating_points(f, SEARCH, &SEARCH_TARGETS, &open.operating_points)?;
    }
    writeln!(f, "\nevery probe against every template, one comparison each")?;
    rates_at(f, COMPARISON, &found.thresholds)?;
    operating_points(f, COMPARISON, &TARGETS, &found.operating_points)
}

fn rates_at(f: &mut Formatter<'_>, names: Names, rates: &[RatesAt]) -> fmt::Result {
    writeln!(f, "\n{:>9}  {:>10}  {:>10}", "threshold", names.accepts, names.rejects)?;
    for rate in rates {
        let (accepts, rejects) = (percent(rate.far.share()), percent(rate.frr.share()));
        writeln!(f, "{:>9.2}  {accepts:>10}  {rejects:>10}", rate.threshold)?;
    }
    Ok(())
}

fn operating_points(
    f: &mut Formatter<'_>,
    names: Names,
    targets: &[TargetRate],
    points: &[OperatingPoint],
) -> fmt::Result {
    let heading = format!("{} up to", names.accepts);
    writeln!(f, "\n{heading:>10}  {:>9}  {} (95 % interval)", "threshold", names.rejects)?;
    for target in targets {
        let point = points.iter().find(|point| point.target == *target);
        let wanted = percent(target.rate());
        match point {
            None => writeln!(f, "{wanted:>10}  {:>9}  not enough comparisons", "-")?,
            Some(point) => {
                let remark = if point.enough_comparisons {
                    String::new()
                } else {
                    format!("; not enough comparisons: {} of {} behind it", point.far.count, point.far.of)
                };
                writeln!(f, "{wanted:>10}  {:>9.4}  {}{remark}", point.threshold, with_interval(point.frr))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;
    use crate::statistics::Scores;

    struct Table(Names, &'static [TargetRate], Vec<OperatingPoint>);

    impl Display for Table {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            operating_points(f, self.0, self.1, &self.2)
        }
    }

    fn scores() -> Scores {
        let genuine = (0..40).map(|i| i as f32 / 100.0).collect();
        Scores::new(genuine, (0..500).map(|i| 0.3 + i as f32 / 500.0).collect()).unwrap()
    }

    fn points(targets: &[TargetRate]) -> Vec<OperatingPoint> {
        targets.iter().filter_map(|&target| OperatingPoint::find(&scores(), target)).collect()
    }

    #[test]
    fn a_target_with_too_few_comparisons_is_said_to_have_too_few() {
        let table = Table(COMPARISON, &TARGETS, points(&TARGETS)).to_string();
        let lines: Vec<_> = table.lines().skip(2).collect();
        assert!(table.lines().nth(1).unwrap().contains("FAR up to"), "{table}");
        assert!(lines[0].contains("10.0 %") && !lines[0].contains("not enough"), "{table}");
        assert!(
            lines[1].contains("22.5 %") && lines[1].contains("not enough comparisons: 5 of 500"),
            "{table}"
        );
        assert!(lines[2].contains("-  not enough comparisons"), "{table}");
    }

    #[test]
    fn searches_are_told_by_the_fields_rates_down_to_a_tenth_of_a_percent() {
        let table = Table(SEARCH, &SEARCH_TARGETS, points(&SEARCH_TARGETS)).to_string();
        let wanted: Vec<_> = table.lines().skip(2).map(|line| line[..10].trim()).collect();
        assert!(table.contains("FPIR up to") && table.contains("FNIR (95 % interval)"), "{table}");
        assert_eq!(wanted, ["10.0 %", "1.0 %", "0.30 %", "0.10 %"]);
    }
}
