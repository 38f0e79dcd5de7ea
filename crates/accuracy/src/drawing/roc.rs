//! The ROC curve over a logarithmic axis of false accepts.

use super::axes::{Axes, Axis, round_ticks};
use super::curve::{Curve, STROKES, power_tick};
use super::svg::{Anchor, INK};
use crate::statistics::RocPoint;

/// Draws curves over each other, at most four. `title` and `subtitle` say what was compared.
#[must_use]
pub fn draw_roc(curves: &[Curve], title: &str, subtitle: [String; 2]) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let lowest_far = points().map(|point| point.far).fold(0.1, f64::min);
    let lowest = points().map(|point| 1.0 - point.frr).fold(0.99, f64::min);
    // A little under a power of ten, as ten out of somewhat more than a million, opens no new decade.
    let from = (lowest_far.log10() + 0.1).floor();
    let bottom = (lowest * 100.0 / 5.0).floor() * 5.0;
    let axes = Axes {
        title: title.to_owned(),
        subtitle,
        x: Axis {
            name: "strangers accepted, per comparison (FAR)",
            from,
            to: 0.0,
            ticks: (from as i32..=0).map(power_tick).collect(),
        },
        y: Axis {
            name: "rightful persons accepted (1 - FRR)",
            from: bottom,
            to: 100.0,
            ticks: round_ticks(bottom, 100.0, " %"),
        },
    };
    let mut svg = axes.begin();
    for (curve, stroke) in curves.iter().zip(STROKES) {
        let place = |point: &RocPoint| axes.place(point.far.log10(), (1.0 - point.frr) * 100.0);
        // Left out and not drawn at the edge, where a point would claim the rate of the axis.
        let shown = curve.points.iter().filter(|point| point.far.log10() >= from);
        svg.path(&shown.map(place).collect::<Vec<_>>(), stroke, "none");
    }
    // The lower right is under every curve that is better than chance.
    let (right, low) = axes.place(0.0, bottom);
    for (row, (curve, stroke)) in curves.iter().zip(STROKES).enumerate() {
        let y = low - 20.0 - 22.0 * (curves.len().min(STROKES.len()) - 1 - row) as f64;
        svg.line((right - 268.0, y - 4.5), (right - 232.0, y - 4.5), stroke);
        svg.text((right - 224.0, y), Anchor::Start, INK, &curve.name);
    }
    svg.finish()
}
