//! Reload: files that are read again every second, so that a change of them needs no restart.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::with_causes;

/// How often a file is read: a revoked key, or a certificate that was replaced, holds for this much longer at
/// most, while the file can be read.
const PERIOD: Duration = Duration::from_secs(1);

/// What a file says now.
pub(crate) type Latest<T> = watch::Receiver<Arc<T>>;

/// Something that lies in one file or more.
pub(crate) trait Reloadable: Clone + Send + 'static {
    /// What is read, which tells whether it has changed.
    type Text: PartialEq + Send;
    /// What it means.
    type Value: Send + Sync;
    /// Why it cannot be read or understood.
    type Error: Error + Send + 'static;
    /// What it is called in the log, in the plural.
    const NAME: &'static str;

    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self) -> Result<Self::Text, Self::Error>;

    /// Understands it.
    ///
    /// # Errors
    /// When it cannot be understood.
    fn value(&self, text: &Self::Text) -> Result<Self::Value, Self::Error>;

    /// What it says now.
    ///
    /// # Errors
    /// When it cannot be read or understood.
    fn now(&self) -> Result<Self::Value, Self::Error> {
        self.value(&self.read()?)
    }
}

/// The value of a file, kept up to date, and the future that keeps reading the file for as long as it is polled. A
/// file that cannot be used any more leaves the value as it was, and the log says why.
///
/// # Errors
/// When it cannot be used now.
pub(crate) fn reload_on_change<F: Reloadable>(
    file: F,
) -> Result<(Latest<F::Value>, impl Future<Output = ()>), F::Error> {
    let text = file.read()?;
    let (sender, latest) = watch::channel(Arc::new(file.value(&text)?));
    Ok((latest, read_again(file, Some(text), sender)))
}

/// After how many readings the same error is logged again: each minute.
const REMINDER: u32 = 60;

/// `known` is the text that was read last; `None` when it could not be read.
async fn read_again<F: Reloadable>(
    file: F,
    mut known: Option<F::Text>,
    latest: watch::Sender<Arc<F::Value>>,
) {
    let (mut unusable, mut complaint) = (None, Complaint::default());
    loop {
        tokio::time::sleep(PERIOD).await;
        // Not on the event loop: a disk or a network share may take its time, or hang.
        let reader = file.clone();
        let wrong = match tokio::task::spawn_blocking(move || reader.read()).await {
            // Compared by contents: times of change are coarse, and kept by copies and backups. A bad file
            // that is still the same file stays a complaint.
            Ok(Ok(text)) if known.as_ref() == Some(&text) => unusable.clone(),
            Ok(Ok(text)) => {
                unusable = match file.value(&text) {
                    Ok(value) => {
                        tracing::info!("the {} were changed", F::NAME);
                        latest.send_replace(Arc::new(value));
                        None
                    }
                    Err(error) => Some(with_causes(&error)),
                };
                // A bad text too: it is not parsed again at every reading.
                known = Some(text);
                unusable.clone()
            }
            Ok(Err(error)) => {
                // Once it is back it is taken anew, even if unchanged, so that the log shows the end of
                // this.
                known = None;
                Some(with_causes(&error))
            }
            Err(panicked) => Some(with_causes(&panicked)),
        };
        if let Some(error) = complaint.due(wrong) {
            tracing::error!(error, "the {} stay as they were", F::NAME);
        }
    }
}

/// What is wrong with a file, and for how many readings it has been.
#[derive(Debug, Default)]
struct Complaint {
    words: Option<String>,
    readings: u32,
}

impl Complaint {
    /// What is to be logged after a reading with this error: something new at once, the same again each minute.
    fn due(&mut self, wrong: Option<String>) -> Option<&str> {
        if wrong != self.words {
            *self = Self { words: wrong, readings: 0 };
        }
        let is_due = self.readings.is_multiple_of(REMINDER);
        self.readings = self.readings.wrapping_add(1);
        self.words.as_deref().filter(|_| is_due)
    }
}

/// Opens what can be read to its end: a pipe might keep its reader waiting.
///
/// # Errors
/// Those of the file, and when it is none, such as a folder.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    // Asked first: to open a pipe for reading is already to wait for a writer.
    if fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A file that says what a test wants it to say.
    #[derive(Debug, Clone)]
    struct Said(Arc<Mutex<Option<String>>>);

    impl Reloadable for Said {
        type Text = String;
        type Value = u32;
        type Error = io::Error;
        const NAME: &'static str = "numbers";

        fn read(&self) -> Result<String, io::Error> {
            self.0.lock().unwrap().clone().ok_or_else(|| io::ErrorKind::NotFound.into())
        }

        fn value(&self, text: &String) -> Result<u32, io::Error> {
            text.parse().map_err(io::Error::other)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_be_used_is_taken_and_nothing_else_changes_it() {
        let file = Said(Arc::new(Mutex::new(Some("1".to_owned()))));
        let (latest, reloading) = reload_on_change(file.clone()).unwrap();
        let reloading = tokio::spawn(reloading);
        for (text, value) in [(Some("2"), 2), (Some("x"), 2), (None, 2), (Some("x"), 2), (Some("3"), 3)] {
            *file.0.lock().unwrap() = text.map(str::to_owned);
            tokio::time::sleep(2 * PERIOD).await;
            assert_eq!(**latest.borrow(), value, "{text:?}");
        }
        reloading.abort();
        *file.0.lock().unwrap() = None;
        assert!(reload_on_change(file).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_when_it_is_new_and_once_a_minute() {
        let mut complaint = Complaint::default();
        let mut said = Vec::new();
        let looks = [(3, None), (130, Some("missing")), (1, None), (2, Some("missing")), (2, Some("broken"))];
        for (times, wrong) in looks {
            for look in 0..times {
                said.extend(complaint.due(wrong.map(str::to_owned)).map(|words| (words.to_owned(), look)));
            }
        }
        let expected = [("missing", 0), ("missing", 60), ("missing", 120), ("missing", 0), ("broken", 0)];
        assert_eq!(said, expected.map(|(words, look)| (words.to_owned(), look)));
    }
}
