//! SIGHUP: the settings read again, and what a running server can change of them changed.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::config::{Config, ConfigError, Origin};
use crate::telemetry;

/// Reads the settings again, from where they came.
pub(crate) type Reread = Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// The setting that changes without a restart. The files of keys and certificate are read again without a signal too.
const LOG_LEVEL: &str = "log_level";

/// The signals that come from now on.
pub(crate) struct Hangups(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangups {
    /// From now on the signal does not end the process.
    ///
    /// # Errors
    /// When no handler can be set.
    pub(crate) fn start() -> io::Result<Self> {
        #[cfg(unix)]
        {
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(Self)
        }
        #[cfg(not(unix))]
        {
            Ok(Self())
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if self.0.recv().await.is_some() {
            return;
        }
        // Elsewhere there is no such signal.
        std::future::pending().await
    }

    /// Reads the settings again at each signal, for as long as it is polled. `running` are those of the start.
    pub(crate) async fn reload_at_each(mut self, running: Config, reread: Reread) {
        loop {
            self.next().await;
            let reread = Arc::clone(&reread);
            // Not on the event loop: it reads files.
            match spawn_blocking(move || reread()).await {
                Ok(Ok(config)) => take_up(&running, &config),
                Ok(Err(error)) => {
                    tracing::error!(%error, "told to reload: the settings cannot be used and stay as they were");
                }
                Err(panicked) => tracing::error!(%panicked, "told to reload: the settings stay as they were"),
            }
        }
    }
}

fn take_up(running: &Config, now: &Config) {
    if let Err(error) = telemetry::change_level(now) {
        return tracing::error!("told to reload: {error:#}");
    }
    let needs_restart = changed(&running.effective, &now.effective).join(", ");
    tracing::info!(
        log_level = now.log_level,
        needs_restart,
        "told to reload: the log level is taken up, as changed keys and certificates are within a second"
    );
}

/// The settings that are other than they were at the start, and stay so until the next one.
fn changed<'a>(running: &'a [(String, String, Origin)], now: &'a [(String, String, Origin)]) -> Vec<&'a str> {
    let values = |settings: &'a [(String, String, Origin)]| -> BTreeSet<(&'a str, &'a str)> {
        let pairs = settings.iter().map(|(key, value, _)| (key.as_str(), value.as_str()));
        pairs.filter(|(key, _)| *key != LOG_LEVEL).collect()
    };
    let (running, now) = (values(running), values(now));
    let mut changed: Vec<_> = running.symmetric_difference(&now).map(|(key, _)| *key).collect();
    // A setting with another value is there twice, one after the other.
    changed.dedup();
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_restart_is_what_changed_but_the_log_level() {
        let settings = |values: &[(&str, &str)]| -> Vec<_> {
            values.iter().map(|&(key, value)| (key.to_owned(), value.to_owned(), Origin::Default)).collect()
        };
        let running = settings(&[("port", "8000"), ("log_level", "info"), ("cors", "")]);
        let now = settings(&[
            ("port", "8001"),
            ("log_level", "debug"),
            ("cors", ""),
            ("FACE_ENCRYPTION_KEY", "(not shown)"),
        ]);
        assert_eq!(changed(&running, &now), ["FACE_ENCRYPTION_KEY", "port"]);
        assert_eq!(changed(&now, &running), ["FACE_ENCRYPTION_KEY", "port"]);
        assert!(changed(&running, &running).is_empty());
    }
}
