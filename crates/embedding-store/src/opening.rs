//! What opening a store may do where none is, and to one that is there.

use crate::{Outage, StoreError};

/// Why a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// To use it: one that is not there is made, an older one brought up to date.
    MakeIfAbsent,
    /// To use one that is there.
    Present,
    /// To look at one that is there. Opening it changes nothing.
    ToRead,
}

impl Opening {
    pub(crate) fn makes(self) -> bool {
        self == Self::MakeIfAbsent
    }

    pub(crate) fn changes(self) -> bool {
        self != Self::ToRead
    }
}

/// The refusal to open a store that is not there; `missing` says what is not there, and where.
pub(crate) fn absent(missing: impl std::fmt::Display) -> StoreError {
    StoreError::Misconfigured {
        reason: format!("there is no store there: {missing}; give the one that is meant"),
        source: Some(Outage::Absent.into()),
    }
}
