//! An error in one line with what is below it, for the log.

use std::error::Error;

/// The words of an error and of its causes, the outermost first.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
