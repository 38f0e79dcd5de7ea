//! Pictures spoilt on purpose, and faces by their pose.

use std::fmt::{self, Formatter};

use super::cells::{percent, short, with_interval};
use crate::quality_rates::{AmongSpoilt, PoseRate, SpoiltRates};
use crate::spoil::Spoiling;

fn name(spoiling: Option<Spoiling>) -> String {
    spoiling.map_or_else(|| "untouched".to_owned(), |spoiling| spoiling.to_string())
}

/// Spoilt pictures against untouched ones.
pub(super) fn against_untouched(f: &mut Formatter<'_>, rows: &[SpoiltRates]) -> fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    writeln!(f, "\n{} pictures with another of the person, spoilt, against untouched ones", first.pictures)?;
    for row in rows {
        write!(f, "{:<15}", name(row.spoiling))?;
        if row.rates.is_empty() {
            write!(f, "  nothing to compare;")?;
        }
        for at in &row.rates {
            let (frr, far) = (percent(at.frr.share()), percent(at.far.share()));
            write!(f, "  at {}: FRR {frr:>7}, FAR {far:>7};", at.threshold)?;
        }
        write!(f, "  no face {}", row.no_face)?;
        if let Some(([low, median, high], spoiling)) = row.value.zip(row.spoiling) {
            let (value, _) = spoiling.kind().value();
            write!(f, "; {value} {median:.3} ({low:.3} to {high:.3})")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// The same pictures among themselves.
pub(super) fn among_themselves(f: &mut Formatter<'_>, rows: &[AmongSpoilt]) -> fmt::Result {
    let Some(untouched) = rows.first() else { return Ok(()) };
    writeln!(
        f,
        "\nspoilt pictures among themselves: found, let through by the gate, and FAR at 0.40 of pairs of two \
         people's (95 % intervals)"
    )?;
    for row in rows {
        let (found, passed) = (with_interval(row.found), with_interval(row.passed));
        write!(
            f,
            "{:<15}  found {found}; pass {passed}; FAR {}",
            name(row.spoiling),
            with_interval(row.far)
        )?;
        if let Some(times) = row.times(untouched) {
            write!(f, ", {times:.1} times that of untouched")?;
        }
        write!(f, "; of all found {}", short(row.far_of_found))?;
        if let Some([low, median, high]) = row.recognisability {
            write!(f, "; recognisability {median:.1} ({low:.1} to {high:.1})")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Refusals by pose.
pub(super) fn poses(f: &mut Formatter<'_>, rates: &[PoseRate]) -> fmt::Result {
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
