//! The name of a snapshot's file, which says when it was begun.

use std::fmt;

use time::format_description::{self, FormatItem};
use time::{OffsetDateTime, PrimitiveDateTime};

const START: &str = "snapshot-";
const END: &str = ".faces";
const TIME: &str = "[year][month][day]T[hour][minute][second][subsecond digits:3]Z";

/// `snapshot-`, the time in UTC to the millisecond, and `.faces`: nothing else is one, so no name leads out of the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SnapshotName {
    text: String,
    created: OffsetDateTime,
}

impl SnapshotName {
    /// That of a snapshot which is begun at this time; `None` for a year of more or less than four digits.
    pub(crate) fn at(time: OffsetDateTime) -> Option<Self> {
        let text = time.to_utc().format(&form()?).ok()?;
        Self::parse(&format!("{START}{text}{END}"))
    }

    /// Reads a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let time = text.strip_prefix(START)?.strip_suffix(END)?;
        let form = form()?;
        let created = PrimitiveDateTime::parse(time, &form).ok()?.assume_utc();
        // One text for each time: no other spelling of a number that the parser may take.
        let is_it = created.format(&form).is_ok_and(|formatted| formatted == time);
        is_it.then(|| Self { text: text.to_owned(), created })
    }

    /// The name of the file.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// When the snapshot was begun.
    pub(crate) fn created(&self) -> OffsetDateTime {
        self.created
    }
}

fn form() -> Option<Vec<FormatItem<'static>>> {
    format_description::parse_borrowed::<2>(TIME).ok()
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_a_time_and_nothing_else_is_one() {
        let time = OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(1_796_092_905_123);
        let name = SnapshotName::at(time).unwrap();
        assert_eq!(name.as_str(), "snapshot-20261201T024145123Z.faces");
        assert_eq!((SnapshotName::parse(name.as_str()).unwrap(), name.created()), (name, time));
        for text in [
            "",
            "..",
            "snapshot-.faces",
            "../snapshot-20261201T024145123Z.faces",
            "snapshot-../20261201T024145123Z.faces",
            "snapshot-20261201T024145123Z.faces/..",
            "snapshot-20261301T024145123Z.faces",
            "snapshot-20261201T024145Z.faces",
            "snapshot-+2026201T024145123Z.faces",
            "snapshot-20261201T024145123Z.faces\0",
            "SNAPSHOT-20261201T024145123Z.faces",
            ".new-snapshot-abc",
            "faces.redb",
        ] {
            assert_eq!(SnapshotName::parse(text), None, "{text}");
        }
    }
}
