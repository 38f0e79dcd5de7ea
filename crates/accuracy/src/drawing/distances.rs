//! How the distances of one person's pictures and of two persons' pictures are spread.

use super::axes::{Axes, Axis, round_ticks};
use super::svg::{FAINT_INK, INK, Stroke};
use crate::verification::Verification;

const GENUINE: Stroke = Stroke { colour: "#1a7f37", width: 1.8, dashes: "" };
const IMPOSTOR: Stroke = Stroke { colour: "#b4430b", width: 1.8, dashes: "" };
const THRESHOLD: Stroke = Stroke { colour: FAINT_INK, width: 1.2, dashes: "4 3" };

/// Draws both histograms as shares of their own kind, and the thresholds of the measured rates.
#[must_use]
pub fn draw_distances(v: &Verification, title: &str, subtitle: [String; 2]) -> String {
    let histogram = &v.histogram;
    let width = f64::from(histogram.width);
    let shares = |counts: &[usize], all: usize| -> Vec<f64> {
        // Shares of each kind for itself: impostors can be a thousand times as many as genuine comparisons,
        // which would then be a flat line.
        counts.iter().map(|&count| count as f64 / all.max(1) as f64 * 100.0).collect()
    };
    let (genuine, impostor) =
        (shares(&histogram.genuine, v.genuine), shares(&histogram.impostor, v.impostor));
    let highest = genuine.iter().chain(&impostor).copied().fold(1.0, f64::max);
    let to = (genuine.len().max(impostor.len()) as f64 * width / 0.1).ceil() * 0.1;
    let axes = Axes {
        title: title.to_owned(),
        subtitle,
        x: Axis { name: "distance", from: 0.0, to, ticks: round_ticks(0.0, to, "") },
        y: Axis {
            name: "share of the comparisons, each kind for itself",
            from: 0.0,
            // Room for the thresholds' names.
            to: highest * 1.3,
            ticks: round_ticks(0.0, highest * 1.05, " %"),
        },
    };
    let mut svg = axes.begin();
    for (shares, stroke) in [(&impostor, IMPOSTOR), (&genuine, GENUINE)] {
        let mut outline = vec![axes.place(0.0, 0.0)];
        for (bin, &share) in shares.iter().enumerate() {
            outline.push(axes.place(bin as f64 * width, share));
            outline.push(axes.place((bin + 1) as f64 * width, share));
        }
        outline.push(axes.place(shares.len() as f64 * width, 0.0));
        svg.path(&outline, stroke, stroke.colour);
    }
    let rare = v.operating_points.iter().filter(|point| point.enough_comparisons && point.target.of > 10);
    for (row, point) in rare.enumerate() {
        let x = f64::from(point.threshold);
        let top = highest * (1.28 - 0.062 * row as f64);
        svg.line(axes.place(x, 0.0), axes.place(x, top), THRESHOLD);
        let (x, y) = axes.place(x, top);
        let name = format!("FAR {} % at {:.3}", point.target.rate() * 100.0, point.threshold);
        svg.text((x - 5.0, y + 10.0), "end", INK, &name);
    }
    // Each name over the peak of its own hill.
    for (shares, stroke, name) in [(&genuine, GENUINE, "one person"), (&impostor, IMPOSTOR, "two persons")] {
        let peak = shares.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        let (bin, share) = peak.unwrap_or_default();
        let (x, y) = axes.place((bin as f64 + 0.5) * width, share);
        let (x, anchor) =
            if stroke.colour == GENUINE.colour { (x - 34.0, "end") } else { (x + 44.0, "start") };
        svg.text((x, y + 16.0), anchor, stroke.colour, name);
    }
    svg.finish()
}
