//! Who is told how near a face is to a user: the one place where answers get distances, or do not.
//!
//! Whoever is told distances to one user, of faces that they choose, can solve for that user's template; rounding them
//! does not help, and a few hundred do. So a number about a user who was not recognised is for admins alone.

mod request;

use serde::Serialize;

use crate::auth::Role;

pub(crate) use request::EmbeddingAccess;

/// What is told of distances, confidences, margins and the users farther away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scores {
    /// Those of a user who was recognised, and no others.
    Matches,
    /// All.
    All,
}

/// A number about a user, or nothing for those who are not told it. Only [`Scores`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Score<T>(Option<T>);

impl Scores {
    /// What a caller of this role is told where this is the setting.
    pub(crate) fn for_role(self, role: Role) -> Self {
        if role >= Role::Admin { Self::All } else { self }
    }

    /// A number about a user who was recognised, where `is_match` says so, else about one who was not.
    pub(crate) fn show<T>(self, is_match: bool, number: impl Into<Option<T>>) -> Score<T> {
        Score(if is_match || self == Self::All { number.into() } else { None })
    }

    /// A number that tells of a user who was not recognised, whoever else was.
    pub(crate) fn show_other<T>(self, number: impl Into<Option<T>>) -> Score<T> {
        self.show(false, number)
    }

    /// Whether everything is told.
    pub(crate) fn are_all(self) -> bool {
        self == Self::All
    }
}

impl<T> Score<T> {
    /// Whether there is no number, as it is not told or there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The number, or this one in its place.
    pub(crate) fn unwrap_or(self, other: T) -> T {
        self.0.unwrap_or(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_match_are_for_everybody_and_others_for_admins_or_where_the_setting_says_all() {
        for role in Role::ALL {
            let is_admin = role == Role::Admin;
            let scores = Scores::Matches.for_role(role);
            assert!(!scores.show(true, 0.2).is_none(), "{role}");
            assert_eq!(scores.show(false, 0.2).is_none(), !is_admin, "{role}");
            assert_eq!(scores.show_other(0.2).is_none(), !is_admin, "{role}");
            assert!(!Scores::All.for_role(role).show_other(0.2).is_none(), "{role}");
        }
    }
}
