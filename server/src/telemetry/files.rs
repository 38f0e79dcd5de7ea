//! The log's files: one a day and more when it is large, of which the oldest are removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::{Date, OffsetDateTime};

/// Bytes after which a day's log goes on in a further file.
const LARGEST: u64 = 64 << 20;

/// Days, and files of all of them, that are kept: 2 GiB at most.
const DAYS: i64 = 14;
const FILES: usize = 32;

/// How long a file that could not be opened is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// Which file of a day: `app.2026-01-31.log`, and from the second on `app.2026-01-31.1.log` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    day: Date,
    number: u32,
}

impl Part {
    fn name(self) -> String {
        let (year, month, day) = self.day.to_calendar_date();
        let date = format!("{year:04}-{:02}-{day:02}", u8::from(month));
        match self.number {
            0 => format!("app.{date}.log"),
            number => format!("app.{date}.{number}.log"),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let middle = name.strip_prefix("app.")?.strip_suffix(".log")?;
        let (date, number) = middle.split_once('.').map_or((middle, Some(0)), |(date, number)| {
            (date, number.parse().ok().filter(|number| *number > 0))
        });
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let month: u8 = month.parse().ok()?;
        let day = Date::from_calendar_date(year.parse().ok()?, month.try_into().ok()?, day.parse().ok()?);
        Some(Self { day: day.ok()?, number: number? }).filter(|part| part.name() == name)
    }
}

/// The file that is written to, and its folder.
#[derive(Debug)]
pub(super) struct LogFiles {
    folder: PathBuf,
    part: Part,
    file: File,
    written: u64,
    largest: u64,
    failed: Option<OffsetDateTime>,
}

impl LogFiles {
    /// Opens the day's last file.
    ///
    /// # Errors
    /// When it cannot be made or written to.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        Self::open_at(folder, LARGEST, OffsetDateTime::now_utc())
    }

    fn open_at(folder: &Path, largest: u64, now: OffsetDateTime) -> io::Result<Self> {
        let parts = parts(folder)?;
        let last = parts.into_iter().filter(|part| part.day == now.date()).max();
        let part = last.unwrap_or(Part { day: now.date(), number: 0 });
        let (file, written) = open(folder, part)?;
        Ok(Self { folder: folder.to_owned(), part, file, written, largest, failed: None })
    }

    fn write_at(&mut self, line: &[u8], now: OffsetDateTime) -> io::Result<()> {
        // A clock that goes back does not: the later file goes on.
        let is_new_day = now.date() > self.part.day;
        let is_full = self.written > 0 && self.written + line.len() as u64 > self.largest;
        let was_tried = self.failed.is_some_and(|at| (now - at).unsigned_abs() < RETRY);
        if (is_new_day || is_full) && !was_tried {
            let number = if is_new_day { 0 } else { self.part.number.saturating_add(1) };
            let part = Part { day: now.date().max(self.part.day), number };
            match open(&self.folder, part) {
                Ok((file, written)) => {
                    (self.file, self.written, self.part, self.failed) = (file, written, part, None);
                }
                // The file before goes on meanwhile.
                Err(_) => self.failed = Some(now),
            }
        }
        self.file.write_all(line)?;
        self.written += line.len() as u64;
        Ok(())
    }
}

impl Write for LogFiles {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_at(line, OffsetDateTime::now_utc())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    let names = fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter_map(|name| Part::from_name(&name)).collect())
}

/// Opens a file at its end, with how long it is; names it `app.log`, and removes what is too old or too much.
fn open(folder: &Path, part: Part) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(folder.join(part.name()))?;
    let length = file.metadata()?.len();
    link(folder, part);
    let mut parts = parts(folder)?;
    parts.sort_unstable_by(|one, other| other.cmp(one));
    for (place, old) in parts.into_iter().enumerate() {
        if place >= FILES || (part.day - old.day).whole_days() >= DAYS {
            // One that cannot be removed is tried again with the next file.
            let _ = fs::remove_file(folder.join(old.name()));
        }
    }
    Ok((file, length))
}

/// Makes `app.log` a link to the file. A log without it is a log all the same, so it fails silently.
fn link(folder: &Path, part: Part) {
    #[cfg(unix)]
    {
        let (link, new) = (folder.join("app.log"), folder.join(".app.log.new"));
        // A file of that name is somebody's.
        if fs::symlink_metadata(&link).is_ok_and(|there| !there.is_symlink()) {
            return;
        }
        let _ = fs::remove_file(&new);
        // Renamed over the former one, so that it is never missing.
        let _ = std::os::unix::fs::symlink(part.name(), &new).and_then(|()| fs::rename(&new, &link));
    }
    #[cfg(not(unix))]
    let _ = (folder, part);
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut parts = parts(folder).unwrap();
        parts.sort_unstable();
        parts.into_iter().map(Part::name).collect()
    }

    #[test]
    fn a_day_and_a_full_file_begin_a_new_one_and_a_start_goes_on_with_the_last() {
        let folder = tempfile::tempdir().unwrap();
        // As an earlier release left it, with a link.
        fs::write(folder.path().join("app.2026-03-01.log"), "earlier\n").unwrap();
        let first = at("2026-03-01T23:00:00Z");
        let mut files = LogFiles::open_at(folder.path(), 20, first).unwrap();
        for _ in 0..3 {
            files.write_at(b"0123456789\n", first).unwrap();
        }
        drop(files);
        let mut files = LogFiles::open_at(folder.path(), 20, first).unwrap();
        files.write_at(b"0123456\n", first).unwrap();
        files.write_at(b"next day\n", first + time::Duration::hours(2)).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(text("app.2026-03-01.log"), "earlier\n0123456789\n");
        assert_eq!(text("app.2026-03-01.1.log"), "0123456789\n");
        assert_eq!(text("app.2026-03-01.2.log"), "0123456789\n0123456\n");
        assert_eq!(text("app.2026-03-02.log"), "next day\n");
        #[cfg(unix)]
        assert_eq!(text("app.log"), "next day\n");
        assert_eq!(names(folder.path()).len(), 4);
    }

    #[test]
    fn a_number_of_days_and_of_files_is_kept_and_files_of_others_are() {
        let folder = tempfile::tempdir().unwrap();
        let others = ["app.2020-01-01.log.gz", "app.2020-1-1.log", "app.notes.log", "app.2020-01-01.00.log"];
        for name in others.iter().chain(&["app.2026-02-14.log", "app.2026-02-15.log"]) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let now = at("2026-02-28T12:00:00Z");
        let mut files = LogFiles::open_at(folder.path(), 1, now).unwrap();
        assert_eq!(names(folder.path()), ["app.2026-02-15.log", "app.2026-02-28.log"]);
        for _ in 0..2 * FILES {
            files.write_at(b"line\n", now).unwrap();
        }
        let kept = names(folder.path());
        assert_eq!((kept.len(), kept.last().unwrap().as_str()), (FILES, "app.2026-02-28.63.log"));
        assert!(others.iter().all(|name| folder.path().join(name).exists()));
    }
}
