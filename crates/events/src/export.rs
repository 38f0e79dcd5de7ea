//! Lists as files: CSV (RFC 4180) for spreadsheets, NDJSON for programs, page by page.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use embedding_store::StoreError;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The form of an exported list. Both are UTF-8 without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A header and a row for each item, as RFC 4180 has it. A cell that a spreadsheet would take for a
    /// formula gets an apostrophe in front: the exact text is in the other form.
    Csv,
    /// A JSON object for each item, one a line.
    Ndjson,
}

impl ExportFormat {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// What can be exported. A field has the same name in both forms, and in the lists of the API; what has no value
/// is an empty cell, and null.
pub(crate) trait Exported {
    /// The header of the rows. New columns go to the end: programs may count them.
    const COLUMNS: &'static [&'static str];

    /// A cell for each column.
    fn cells(&self) -> Vec<String>;

    /// What stands on a line of NDJSON: a field for each column.
    fn line(&self) -> impl Serialize;
}

/// What is still to be exported.
enum Rest<C> {
    All,
    After(C),
    Nothing,
}

/// The text of a whole list, a page an item. `read` gives the page after a place, and the place after it.
pub(crate) fn export<T, C, E, F, P>(format: ExportFormat, read: F) -> impl Stream<Item = Result<String, E>>
where
    T: Exported,
    E: From<StoreError>,
    F: FnMut(Option<C>) -> P,
    P: Future<Output = Result<(Vec<T>, Option<C>), E>>,
{
    try_unfold((Rest::All, read), move |(rest, mut read)| async move {
        let (after, is_first) = match rest {
            Rest::All => (None, true),
            Rest::After(place) => (Some(place), false),
            Rest::Nothing => return Ok(None),
        };
        let (items, next) = read(after).await?;
        let text = match format {
            ExportFormat::Csv => csv(&items, is_first).map_err(unwritable)?,
            ExportFormat::Ndjson => ndjson(&items).map_err(unwritable)?,
        };
        Ok(Some((text, (next.map_or(Rest::Nothing, Rest::After), read))))
    })
}

/// A time as a cell; empty where RFC 3339 has no text for it, which no stored time is.
pub(crate) fn time_cell(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Corrupt { what: "an entry that cannot be exported".to_owned(), source: Some(error.into()) }
}

fn ndjson<T: Exported>(items: &[T]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for item in items {
        text += &serde_json::to_string(&item.line())?;
        text.push('\n');
    }
    Ok(text)
}

fn csv<T: Exported>(items: &[T], with_header: bool) -> Result<String, csv::Error> {
    let header = with_header.then(|| T::COLUMNS.iter().map(ToString::to_string).collect());
    rows(header.into_iter().chain(items.iter().map(T::cells)))
}

fn rows(rows: impl Iterator<Item = Vec<String>>) -> Result<String, csv::Error> {
    let mut text = Vec::new();
    // RFC 4180 ends its lines in CRLF, the writer in LF unless told.
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut text);
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()))?;
    }
    // Dropping the writer flushes as well, but swallows the error.
    writer.flush()?;
    drop(writer);
    String::from_utf8(text).map_err(|error| std::io::Error::other(error).into())
}

/// What would be a formula becomes text, as the OWASP advises
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). Also with the wide forms of the signs, which
/// spreadsheets in East Asian languages take for the signs. A spreadsheet that splits cells at semicolons or tabs, as
/// many do by their language, sees a cell begin behind each of them, whatever the quotes say: so what begins there counts
/// as well.
fn harmless(cell: &str) -> Cow<'_, str> {
    let begins_with_one = cell.starts_with(SEPARATORS);
    if !begins_with_one && !cell.split(SEPARATORS).any(is_formula) {
        return cell.into();
    }
    let mut text = String::from(if begins_with_one { "'" } else { "" });
    for part in cell.split_inclusive(SEPARATORS) {
        if is_formula(part) {
            text.push('\'');
        }
        text.push_str(part);
    }
    text.into()
}

/// What else than the comma ends a cell for one spreadsheet or another, and what ends a row.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// Whether a spreadsheet would take it for a formula, perhaps behind quotes and spaces that it drops.
fn is_formula(part: &str) -> bool {
    part.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 3]) -> String {
        rows([cells.map(str::to_owned).to_vec()].into_iter()).unwrap()
    }

    #[test]
    fn quotes_commas_and_line_breaks_are_quoted_and_lines_end_in_crlf() {
        assert_eq!(row(["plain", "", "Zoë"]), "plain,,Zoë\r\n");
        assert_eq!(row(["a,b", "say \"hi\"", "two\nlines"]), "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
    }

    #[test]
    fn what_would_be_a_formula_is_text() {
        assert_eq!(row(["=1+1", "+1", "-1"]), "'=1+1,'+1,'-1\r\n");
        assert_eq!(row(["@SUM(A1)", "＝1", "a=b"]), "'@SUM(A1),'＝1,a=b\r\n");
        assert_eq!(row(["=A(\"x\",1)", "'", "\t=1"]), "\"'=A(\"\"x\"\",1)\",','\t'=1\r\n");
    }

    #[test]
    fn what_begins_behind_a_semicolon_or_a_tab_is_no_formula_either() {
        assert_eq!(row(["a;=1+1", "a\t@b", "a; -1;b"]), "a;'=1+1,a\t'@b,a;' -1;b\r\n");
        assert_eq!(row([";x", "a;\"=1\"", "a;b-c"]), "';x,\"a;'\"\"=1\"\"\",a;b-c\r\n");
    }
}
