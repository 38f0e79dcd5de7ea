//! The filter of the log, which can be changed while the program runs.

use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::reload;

/// Puts another filter in the place of the one in use; whether it could.
type Change = Box<dyn Fn(Targets) -> bool + Send + Sync>;

/// Of the filter that was made changeable first: a process has one log.
static CHANGE: OnceLock<Change> = OnceLock::new();

/// The filter as a layer that [`change`] can change.
pub(super) fn changeable<S: Subscriber>(filter: Targets) -> reload::Layer<Targets, S> {
    let (layer, handle) = reload::Layer::new(filter);
    let _ = CHANGE.set(Box::new(move |filter| handle.reload(filter).is_ok()));
    layer
}

/// Changes the filter; whether there is a log whose filter it could change.
pub(super) fn change(filter: Targets) -> bool {
    CHANGE.get().is_some_and(|change| change(filter))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_changed_filter_holds_for_lines_from_then_on() {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().with_writer(move || writer.clone());
        let log = tracing_subscriber::registry().with(changeable("info".parse().unwrap())).with(lines);
        let _logging = tracing::subscriber::set_default(log);
        let say = |word: &str| tracing::debug!("{word}");
        say("before");
        assert!(change("debug".parse().unwrap()));
        say("after");
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("after") && !text.contains("before"), "{text}");
    }
}
