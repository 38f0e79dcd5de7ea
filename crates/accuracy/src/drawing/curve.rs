//! The curves of a run, and how curves look beside each other.

use super::svg::Stroke;
use crate::arguments::CropCounts;
use crate::report::{Report, Setting};
use crate::statistics::RocPoint;

/// Points with fewer impostors accepted are not drawn: they hang on a handful of pictures.
const FEWEST_IMPOSTORS: f64 = 10.0;

/// Curves in the order in which they are given.
pub(super) const STROKES: [Stroke; 4] = [
    Stroke { colour: "#0b5cad", width: 2.4, dashes: "" },
    Stroke { colour: "#b4430b", width: 2.4, dashes: "9 4" },
    Stroke { colour: "#1a7f37", width: 2.4, dashes: "3 3" },
    Stroke { colour: "#7a3e9d", width: 2.4, dashes: "12 4 3 4" },
];

/// One curve: error rates over thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<RocPoint>,
}

impl Curve {
    /// The comparisons of a run, `None` where it has none.
    #[must_use]
    pub fn from_comparisons(report: &Report) -> Option<Self> {
        let verification = report.curve()?;
        Self::new(described(&report.setting), &verification.roc, verification.impostor)
    }

    /// The searches of a run: of FPIR and FNIR; `None` where it has none.
    #[must_use]
    pub fn from_searches(report: &Report) -> Option<Self> {
        let found = report.identification.as_ref()?;
        let open = found.open_set.as_ref()?;
        let name = format!("{}, search among {}", described(&report.setting), found.gallery);
        Self::new(name, &open.curve, open.strangers)
    }

    fn new(name: String, points: &[RocPoint], impostors: usize) -> Option<Self> {
        let fewest = FEWEST_IMPOSTORS / impostors as f64;
        let points: Vec<_> = points.iter().filter(|point| point.far >= fewest).copied().collect();
        (!points.is_empty()).then_some(Self { name, points })
    }
}

fn described(setting: &Setting) -> String {
    let crops = if setting.crops == (CropCounts { enrolled: 1, probe: 1 }) { "crop" } else { "crops" };
    let metric = if setting.metric == "unit" { String::new() } else { format!(", {}", setting.metric) };
    format!("{}, {} {crops}{metric}", setting.model, setting.crops)
}

/// A rate as a tick of a logarithmic axis: the power of ten, in percent.
pub(super) fn power_tick(power: i32) -> (f64, String) {
    (f64::from(power), format!("{} %", 10_f64.powi(power + 2)))
}
