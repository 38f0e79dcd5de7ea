//! The ROC and the DET curve, over logarithmic axes.

use super::axes::{Axes, Axis, round_ticks};
use super::curve::{Curve, STROKES, power_tick};
use super::svg::INK;
use crate::statistics::RocPoint;

/// Draws ROC curves over each other, at most four. `title` and `subtitle` say what was compared.
#[must_use]
pub fn draw_roc(curves: &[Curve], title: &str, subtitle: [String; 2]) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let lowest = points().map(|point| 1.0 - point.frr).fold(0.99, f64::min);
    let from = lowest_power(points().map(|point| point.far));
    let bottom = (lowest * 100.0 / 5.0).floor() * 5.0;
    let axes = Axes {
        title: title.to_owned(),
        subtitle,
        x: logarithmic("strangers accepted, per comparison (FAR)", from),
        y: Axis {
            name: "rightful persons accepted (1 - FRR)",
            from: bottom,
            to: 100.0,
            ticks: round_ticks(bottom, 100.0, " %"),
        },
    };
    // Left out and not drawn at the edge, where a point would claim the rate of the axis.
    let shown = |point: &RocPoint| point.far.log10() >= from;
    let place = |point: &RocPoint| axes.place(point.far.log10(), (1.0 - point.frr) * 100.0);
    // The lower right is under every curve that is better than chance.
    let (right, low) = axes.place(0.0, bottom);
    let rows = curves.len().min(STROKES.len()).saturating_sub(1);
    drawn(&axes, curves, shown, place, (right - 268.0, low - 20.0 - 22.0 * rows as f64))
}

/// Draws DET curves over each other, at most four. `title` and `subtitle` say what was compared.
///
/// Detection error tradeoff (A. Martin et al., 1997) has both errors on one kind of axis; logarithmic ones, as
/// NIST's reports of face recognition have them, show rates far below a percent best.
#[must_use]
pub fn draw_det(curves: &[Curve], title: &str, subtitle: [String; 2]) -> String {
    // Where nobody was refused, a logarithmic axis has no place.
    let points = || curves.iter().flat_map(|curve| &curve.points).filter(|point| point.frr > 0.0);
    let left = lowest_power(points().map(|point| point.far));
    let bottom = lowest_power(points().map(|point| point.frr));
    let axes = Axes {
        title: title.to_owned(),
        subtitle,
        x: logarithmic("strangers accepted (FMR, in searches FPIR)", left),
        y: logarithmic("rightful persons refused (FNMR, FNIR)", bottom),
    };
    // The logarithm of 0 is below every axis.
    let shown = |point: &RocPoint| point.far.log10() >= left && point.frr.log10() >= bottom;
    let place = |point: &RocPoint| axes.place(point.far.log10(), point.frr.log10());
    // The upper right is over every curve that is better than chance.
    let (right, top) = axes.place(0.0, 0.0);
    drawn(&axes, curves, shown, place, (right - 396.0, top + 24.0))
}

/// The power of ten where an axis begins: at least 10 %, so that it has a decade also without points.
fn lowest_power(rates: impl Iterator<Item = f64>) -> f64 {
    // A little under a power of ten, as ten out of somewhat more than a million, opens no new decade.
    (rates.fold(0.1, f64::min).log10() + 0.1).floor()
}

fn logarithmic(name: &'static str, from: f64) -> Axis {
    Axis { name, from, to: 0.0, ticks: (from as i32..=0).map(power_tick).collect() }
}

/// The curves, and from `legend` down their names.
fn drawn(
    axes: &Axes,
    curves: &[Curve],
    shown: impl Fn(&RocPoint) -> bool,
    place: impl Fn(&RocPoint) -> (f64, f64),
    (x, top): (f64, f64),
) -> String {
    let mut svg = axes.begin();
    for (curve, stroke) in curves.iter().zip(STROKES) {
        let line: Vec<_> = curve.points.iter().filter(|point| shown(point)).map(&place).collect();
        svg.path(&line, stroke, "none");
    }
    for (row, (curve, stroke)) in curves.iter().zip(STROKES).enumerate() {
        let y = top + 22.0 * row as f64;
        svg.line((x, y - 4.5), (x + 36.0, y - 4.5), stroke);
        svg.text((x + 44.0, y), "start", INK, &curve.name);
    }
    svg.finish()
}
