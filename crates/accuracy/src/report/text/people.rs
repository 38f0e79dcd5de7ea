//! What differs between people: groups, two people under one name, and templates of several samples.

use std::fmt::{self, Formatter};

use super::cells::{percent, with_interval};
use crate::groups::{GroupReport, Spread};
use crate::other_person::OtherPerson;
use crate::several::Several;

/// Rates inside each group.
pub(super) fn groups(f: &mut Formatter<'_>, report: Option<&GroupReport>) -> fmt::Result {
    let Some(report) = report else { return Ok(()) };
    writeln!(
        f,
        "\ngroups: {} people are of none and in the rates over everyone alone; {} people of the file are on no \
         picture",
        report.ungrouped, report.absent
    )?;
    for table in &report.tables {
        let everyone = table.everyone;
        writeln!(f, "\ninside each group, at {:.4} (95 % intervals)", everyone.threshold)?;
        let (far, frr) = (with_interval(everyone.far), with_interval(everyone.frr));
        writeln!(f, "{:<24} FAR {far}; FRR {frr}", "everyone")?;
        for group in &table.groups {
            let counted = format!("{} people, {} pictures", group.people, group.pictures);
            let (far, frr) = (with_interval(group.far), with_interval(group.frr));
            writeln!(f, "{:<24} FAR {far}; FRR {frr}; {counted}", group.name)?;
        }
        spread(f, "FAR", table.far_spread.as_ref())?;
        spread(f, "FRR", table.frr_spread.as_ref())?;
    }
    Ok(())
}

fn spread(f: &mut Formatter<'_>, rate: &str, spread: Option<&Spread>) -> fmt::Result {
    let Some(Spread { worst, best, to_best, to_everyone }) = spread else { return Ok(()) };
    let times = |ratio: Option<f64>, of: &str| match ratio {
        Some(ratio) => format!("{ratio:.1} times that of {of}"),
        None => format!("{of} has none"),
    };
    let (to_best, to_everyone) = (times(*to_best, best), times(*to_everyone, "everyone"));
    writeln!(f, "  highest {rate}: {worst}, {to_best}, {to_everyone}")
}

/// Limits for pictures of one user.
pub(super) fn other_person(f: &mut Formatter<'_>, rows: &[OtherPerson]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "\na picture farther from the template of the user's others than a limit, all as enrolled (95 % intervals)"
    )?;
    writeln!(
        f,
        "{:>7}  {:>9}  {:>9}  the person, refused / another person, caught",
        "samples", "FMR", "limit"
    )?;
    for row in rows {
        let (refused, caught, rate) =
            (with_interval(row.refused), with_interval(row.caught), percent(row.target.rate()));
        writeln!(f, "{:>7}  {rate:>9}  {:>9.4}  {refused} / {caught}", row.samples, row.limit)?;
    }
    Ok(())
}

/// Templates of several samples.
pub(super) fn several(f: &mut Formatter<'_>, several: Option<&Several>) -> fmt::Result {
    let Some(several) = several.filter(|several| !several.rows.is_empty()) else { return Ok(()) };
    writeln!(f, "\ntemplates of several samples against strangers: thresholds at one FAR, the same people")?;
    writeln!(
        f,
        "{:>7}  {:>9}  {:>9}  {:>9}  {:>9}  factor",
        "samples", "templates", "FAR", "of one", "of all"
    )?;
    for row in &several.rows {
        let remark = if row.enough { "" } else { "; not enough comparisons" };
        writeln!(
            f,
            "{:>7}  {:>9}  {:>9}  {:>9.4}  {:>9.4}  {:.3}{remark}",
            row.samples,
            row.templates,
            percent(row.target.rate()),
            row.one,
            row.several,
            row.factor
        )?;
    }
    match several.factor {
        Some(factor) => {
            writeln!(f, "on the safe side: threshold x sqrt(1 - {factor:.2} (1 - 1/n)) for n samples")
        }
        None => writeln!(f, "not enough comparisons for a factor"),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;
    use crate::groups::{GroupRates, GroupTable};
    use crate::statistics::Proportion;
    use crate::verification::RatesAt;

    struct Shown(GroupReport);

    impl Display for Shown {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            groups(f, Some(&self.0))
        }
    }

    #[test]
    fn a_table_of_groups_names_the_worst_and_how_many_times_it_is_worse() {
        let rate = |count| Proportion { count, of: 1000 };
        let group = |name: &str, count| GroupRates {
            name: name.to_owned(),
            people: 20,
            pictures: 40,
            far: rate(count),
            frr: rate(0),
        };
        let spread =
            |to_best| Some(Spread { worst: "a".into(), best: "b".into(), to_best, to_everyone: Some(6.6) });
        let everyone = RatesAt { threshold: 0.4, far: rate(1), frr: rate(10) };
        let table = GroupTable {
            everyone,
            groups: vec![group("a", 7), group("b", 2)],
            far_spread: spread(Some(3.5)),
            frr_spread: spread(None),
        };
        let text = Shown(GroupReport { absent: 1, ungrouped: 2, tables: vec![table] }).to_string();
        assert!(text.contains("highest FAR: a, 3.5 times that of b, 6.6 times that of everyone"), "{text}");
        assert!(text.contains("highest FRR: a, b has none"), "{text}");
        assert!(text.contains("7 of 1000; FRR") && text.contains("20 people, 40 pictures"), "{text}");
    }
}
