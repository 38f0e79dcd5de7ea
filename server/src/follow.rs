//! Files that are looked at again and again, so that a change of them needs no restart.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How often a file is looked at: what it no longer says holds for no longer.
const PERIOD: Duration = Duration::from_secs(1);

/// What a file says now.
pub(crate) type Latest<T> = watch::Receiver<Arc<T>>;

/// Something that lies in one file or more.
pub(crate) trait Followed: Clone + Send + 'static {
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
}

/// What a file says, as it goes on saying it, and what keeps reading it for as long as it is polled. What cannot be
/// used any more leaves it as it was, and is said in the log.
///
/// # Errors
/// When it cannot be used now.
pub(crate) fn follow<F: Followed>(file: F) -> Result<(Latest<F::Value>, impl Future<Output = ()>), F::Error> {
    let text = file.read()?;
    let (sender, latest) = watch::channel(Arc::new(file.value(&text)?));
    Ok((latest, read_again(file, Some(text), sender)))
}

/// After how many times of not being able to read a file it is said again.
const REMINDER: u32 = 60;

/// `known` is what was looked at last; `None` when there was nothing to be had.
async fn read_again<F: Followed>(file: F, mut known: Option<F::Text>, latest: watch::Sender<Arc<F::Value>>) {
    let mut failures: u32 = 0;
    loop {
        tokio::time::sleep(PERIOD).await;
        let reader = file.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || reader.read()).await else { continue };
        failures = if read.is_ok() { 0 } else { failures.saturating_add(1) };
        match read {
            Ok(text) if known.as_ref() == Some(&text) => {}
            Ok(text) => {
                match file.value(&text) {
                    Ok(value) => {
                        tracing::info!("the {} were changed", F::NAME);
                        latest.send_replace(Arc::new(value));
                    }
                    Err(error) => stay::<F>(&error),
                }
                known = Some(text);
            }
            Err(error) => {
                known = None;
                if failures % REMINDER == 1 {
                    stay::<F>(&error);
                }
            }
        }
    }
}

fn stay<F: Followed>(error: &F::Error) {
    let mut causes = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes = format!("{causes}: {error}");
        cause = error.source();
    }
    tracing::error!(error = causes, "the {} stay as they were", F::NAME);
}
