//! Which vectors a distance is taken between.

/// A Euclidean distance between two embeddings of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Metric {
    /// Between vectors brought to length 1: it separates people better.
    #[default]
    Unit,
    /// Between the vectors as the network gave them, as programs built on dlib compare.
    Raw,
}

impl Metric {
    /// `unit` or `raw`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Raw => "raw",
        }
    }
}
