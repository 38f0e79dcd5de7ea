//! An error in one line with what is below it, for the log and the commands.

use std::error::Error;

/// The words of an error and of its causes, the outermost first, each once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Many errors say their cause in their own words, and some are nothing but their cause.
        let is_said = words.split(": ").any(|part| part == said)
            // In the middle, as in brackets; a single word may be part of any other.
            || (said.contains(' ') && words.contains(&said));
        if !is_said {
            words = format!("{words}: {said}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error(transparent)]
        Same(Box<Self>),
        #[error("cannot read it: {0}")]
        Saying(#[source] io::Error),
    }

    #[test]
    fn a_reason_is_said_once_whoever_says_it() {
        let error = Outer::Same(Box::new(Outer::Saying(io::Error::other("the disk is gone"))));
        assert_eq!(with_causes(&error), "cannot read it: the disk is gone");
        let words = "x cannot be used (no such file): give another place";
        let inside = Err::<(), _>(io::Error::other("no such file")).context(words).unwrap_err();
        assert_eq!(with_causes(inside.as_ref()), words);
        let error = Err::<(), _>(error).context("the store 'redb:x'").unwrap_err();
        assert_eq!(with_causes(error.as_ref()), "the store 'redb:x': cannot read it: the disk is gone");
    }

    #[test]
    fn a_short_reason_is_not_taken_for_a_part_of_a_longer_word() {
        let error = anyhow::anyhow!("no").context("nothing works").context("x");
        assert_eq!(with_causes(error.as_ref()), "x: nothing works: no");
    }
}
