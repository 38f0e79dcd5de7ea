//! Which vectors a distance is taken between, and up to which distance two are taken for one person's.

use crate::Distance;

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
    /// The largest distance that is a match unless a program has a reason for another, on the scale of each model
    /// ([`DistanceScale`](crate::DistanceScale)): 0.4 between unit vectors, a
    /// [`Confidence`](crate::Confidence) of 60 %, and 0.6 between raw ones, as programs built on dlib have it.
    ///
    /// By `unit`, of pictures of two people 1 in 1,000 are as near by SFace and 4 in 1,000 by dlib's ResNet; of one
    /// person's 1 % and 3 % are farther apart. By `raw`, which is dlib's ResNet with one crop, it is 1 in 185 and
    /// 2.2 % (docs/ACCURACY.md). That is one comparison: among N people a stranger is named with probability
    /// `1 - (1 - rate)^N`.
    #[must_use]
    pub const fn default_threshold(self) -> Distance {
        match self {
            Self::Unit => Distance(0.4),
            Self::Raw => Distance(0.6),
        }
    }

    /// `unit` or `raw`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Raw => "raw",
        }
    }
}
