//! The classes of routes that are limited apart from each other.

/// What a route costs, and whom its use concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RouteClass {
    /// Whose face it is, whether it is theirs, and check-ins.
    Recognition,
    /// Faces that are registered, or embedded to be.
    Enrolment,
    /// Where the faces of a picture are, as a page asks while its camera runs.
    Detection,
    /// Reading of what is known.
    Reading,
    /// Changes of events, users and keys, and files of whole events.
    Administration,
}

impl RouteClass {
    /// All of them, each at the place of its own number.
    pub(crate) const ALL: [Self; 5] =
        [Self::Recognition, Self::Enrolment, Self::Detection, Self::Reading, Self::Administration];

    /// Its name in settings, headers and errors.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Recognition => "recognition",
            Self::Enrolment => "enrolment",
            Self::Detection => "detection",
            Self::Reading => "reading",
            Self::Administration => "administration",
        }
    }
}
