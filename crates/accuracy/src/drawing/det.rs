//! The DET curve: both error rates over logarithmic axes.

use super::axes::{Axes, Axis};
use super::curve::{Curve, STROKES, power_tick};
use super::svg::{Anchor, INK};
use crate::statistics::RocPoint;

/// Draws curves over each other, at most four. `title` and `subtitle` say what was compared.
///
/// Detection error tradeoff (A. Martin et al., 1997) has both errors on one kind of axis; logarithmic ones, as
/// NIST's reports of face recognition have them, show rates far below a percent best.
#[must_use]
pub fn draw_det(curves: &[Curve], title: &str, subtitle: [String; 2]) -> String {
    // Where nobody was refused, a logarithmic axis has no place.
    let shown = |curve: &Curve| -> Vec<RocPoint> {
        curve.points.iter().filter(|point| point.frr > 0.0).copied().collect()
    };
    let points = || curves.iter().flat_map(shown);
    // At least down to 10 %, so that the axis has a decade also without points.
    let lowest = |rate: fn(&RocPoint) -> f64| {
        // A little under a power of ten opens no new decade.
        (points().map(|point| rate(&point)).fold(0.1, f64::min).log10() + 0.1).floor()
    };
    let (left, bottom) = (lowest(|point| point.far), lowest(|point| point.frr));
    let ticks = |from: f64| (from as i32..=0).map(power_tick).collect();
    let axes = Axes {
        title: title.to_owned(),
        subtitle,
        x: Axis {
            name: "strangers accepted (FMR, in searches FPIR)",
            from: left,
            to: 0.0,
            ticks: ticks(left),
        },
        y: Axis {
            name: "rightful persons refused (FNMR, FNIR)",
            from: bottom,
            to: 0.0,
            ticks: ticks(bottom),
        },
    };
    let mut svg = axes.begin();
    for (curve, stroke) in curves.iter().zip(STROKES) {
        let inside = |point: &RocPoint| point.far.log10() >= left && point.frr.log10() >= bottom;
        let place = |point: RocPoint| axes.place(point.far.log10(), point.frr.log10());
        let line: Vec<_> = shown(curve).into_iter().filter(inside).map(place).collect();
        svg.path(&line, stroke, "none");
    }
    // The upper right is over every curve that is better than chance.
    let (right, top) = axes.place(0.0, 0.0);
    for (row, (curve, stroke)) in curves.iter().zip(STROKES).enumerate() {
        let y = top + 24.0 + 22.0 * row as f64;
        svg.line((right - 396.0, y - 4.5), (right - 360.0, y - 4.5), stroke);
        svg.text((right - 352.0, y), Anchor::Start, INK, &curve.name);
    }
    svg.finish()
}
