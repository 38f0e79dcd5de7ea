//! How much of the old document was taken over, and what could not be as it was.

use std::fmt;

use embedding::EmbeddingError;

use crate::{EventName, NameError, Username};

/// Characters of a name of the document that a message shows.
const SHOWN_CHARACTERS: usize = 60;

/// How much was taken over, so far or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Events, new ones and others.
    pub events: usize,
    /// Users, new ones and others.
    pub users: usize,
    /// Face samples, those that were there already included.
    pub samples: usize,
    /// Face samples that were there already.
    pub already_there: usize,
}

/// A document that cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// It is longer than any that the old service could keep.
    #[error("the document has {bytes} bytes, {limit} are the most that is read")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// It is no JSON.
    // The parser says where.
    #[error("the document is no JSON")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// Its byte-order mark says UTF-16, and it is none.
    #[error("the document begins as UTF-16 and is none: save it as UTF-8")]
    NotUtf16,
    /// It is JSON of another shape.
    #[error("the document is {found}, not an object of events")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
}

/// A part of the document that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The event, as the document spells it.
    pub event: String,
    /// The user, as the document spells it; `None` when the whole event is meant.
    pub user: Option<String>,
    /// Which of the user's embeddings, from 0; `None` when the whole user is meant.
    pub index: Option<usize>,
    /// Why.
    pub reason: RejectReason,
}

/// Why a part of the document was not taken over. No variant carries embedding numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    /// The name of the event or user is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It has the wrong shape.
    #[error("it is {found}, not {expected}")]
    WrongShape {
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A user of whom nothing is known but the name: no store keeps one.
    #[error("the user has no embedding that can be taken over")]
    NoEmbedding,
    /// One of the 128 items of an embedding is no number.
    #[error("item {position} of the embedding is no number")]
    NotANumber {
        /// Which, from 0.
        position: usize,
    },
    /// The numbers are no embedding.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
}

/// Two entries of the document that were taken together: it spells one name in two ways, or has it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// The event.
    pub event: EventName,
    /// The user; `None` when the event itself is there twice.
    pub user: Option<Username>,
    /// The later entry's spelling.
    pub spelling: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "embedding {index} of ")?;
        }
        write!(f, "{}: {}", self.subject(), self.reason)
    }
}

/// What was not taken of one user, or the event that was not taken; there is at least one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectedUser<'a>(pub(super) &'a [Rejected]);

/// In one line, however many embeddings it is about.
impl fmt::Display for RejectedUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0 else { return Ok(()) };
        let embeddings = self.0.iter().filter(|rejected| rejected.index.is_some()).count();
        // The user as a whole comes last, behind the embeddings that are the reason.
        let whole = rest.last().filter(|last| last.index.is_none());
        match (embeddings, whole) {
            (0 | 1, None) => first.fmt(f),
            (_, Some(whole)) => write!(f, "{whole} ({embeddings} were refused; {}", first.place_and_reason()),
            (_, None) => {
                let user = Rejected { index: None, ..first.clone() };
                write!(f, "{embeddings} embeddings of {}", user.subject())?;
                write!(f, " ({}", first.place_and_reason())
            }
        }?;
        if embeddings > 1 || whole.is_some() { f.write_str(")") } else { Ok(()) }
    }
}

impl Rejected {
    fn subject(&self) -> String {
        let event = format!("event '{}'", shown(&self.event));
        match &self.user {
            Some(user) => format!("user '{}' of {event}", shown(user)),
            None => event,
        }
    }

    fn place_and_reason(&self) -> String {
        match self.index {
            Some(index) => format!("the first is embedding {index}: {}", self.reason),
            None => self.reason.to_string(),
        }
    }
}

impl fmt::Display for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "user '{user}' of ")?;
        }
        write!(
            f,
            "event '{}' is there again as '{}': both were taken together",
            self.event,
            shown(&self.spelling)
        )
    }
}

/// A name of the document, fit for a terminal.
fn shown(name: &str) -> String {
    // Escaped, because a name in a foreign document may hold sequences that a terminal obeys.
    let mut shown: String = name.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect();
    if name.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}
