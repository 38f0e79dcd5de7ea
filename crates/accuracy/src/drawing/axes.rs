//! The frame of a drawing: title, axes with their ticks, and where a value lies.

use super::svg::{FAINT_INK, INK, Stroke, Svg};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 736.0;
const TOP: f64 = 94.0;
const BOTTOM: f64 = 420.0;

const AXIS: Stroke = Stroke { colour: INK, width: 1.0, dashes: "" };
const GRID: Stroke = Stroke { colour: "#d8dee4", width: 1.0, dashes: "" };

/// One axis: its ends as values, and the ticks with their labels.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value lies between the ends, 0 to 1.
    fn way(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

/// Title and axes of a drawing.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) title: String,
    /// Under the title, a line each; two fit.
    pub(super) subtitle: [String; 2],
    pub(super) x: Axis,
    pub(super) y: Axis,
}

impl Axes {
    /// A drawing with its frame.
    pub(super) fn begin(&self) -> Svg {
        let mut svg = Svg::new(WIDTH, HEIGHT, &format!("{}. {}", self.title, self.subtitle.join(". ")));
        svg.heading((LEFT, 30.0), &self.title);
        for (line, y) in self.subtitle.iter().zip([52.0, 71.0]) {
            svg.text((LEFT, y), "start", FAINT_INK, line);
        }
        for (value, label) in &self.x.ticks {
            let x = self.place(*value, self.y.from).0;
            svg.line((x, TOP), (x, BOTTOM), GRID);
            svg.text((x, BOTTOM + 19.0), "middle", INK, label);
        }
        for (value, label) in &self.y.ticks {
            let y = self.place(self.x.from, *value).1;
            svg.line((LEFT, y), (RIGHT, y), GRID);
            svg.text((LEFT - 8.0, y + 4.5), "end", INK, label);
        }
        svg.line((LEFT, TOP), (LEFT, BOTTOM), AXIS);
        svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), AXIS);
        svg.text(((LEFT + RIGHT) / 2.0, BOTTOM + 44.0), "middle", INK, self.x.name);
        svg.upward_text((20.0, (TOP + BOTTOM) / 2.0), self.y.name);
        svg
    }

    /// Where a point lies in the drawing, in pixels; what is beyond an end is drawn at it.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (LEFT + self.x.way(x) * (RIGHT - LEFT), BOTTOM - self.y.way(y) * (BOTTOM - TOP))
    }
}

/// Equal steps of a round size between two values, about six of them, each with a label of so many decimals
/// as the step needs.
pub(super) fn round_ticks(from: f64, to: f64, unit: &str) -> Vec<(f64, String)> {
    let rough = ((to - from) / 6.0).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    // A percent of slack, so that rounding does not skip a step that fits exactly.
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|s| *s >= rough * 0.99);
    let step = step.unwrap_or(rough);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    // Likewise for the ends: a tick on an end must not be lost to the last bit of a division.
    let (first, last) = ((from / step - 1e-6).ceil() as i64, (to / step + 1e-6).floor() as i64);
    (first..=last).map(|n| (n as f64 * step, format!("{:.decimals$}{unit}", n as f64 * step))).collect()
}
