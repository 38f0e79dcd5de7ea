//! An error in one line with what is below it, for the log and the commands.

use std::error::Error;

use embedding_store::Outage;

/// The words of an error and of its causes, the outermost first, each once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Many errors say their cause in their own words, and some are nothing but their cause. An outage is what the
        // error around it says, in general words.
        let is_said = error.is::<Outage>()
            || words.split(": ").any(|part| part == said)
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
    use embedding_store::StoreError;

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
    fn an_outage_is_not_said_beside_the_reason_that_it_stands_for() {
        let reason = "there is no such database (\"faces\")".to_owned();
        let source = Some(Outage::NoSuchDatabase.into());
        let error = StoreError::Misconfigured { reason, source };
        assert_eq!(with_causes(&error), error.to_string());
    }

    #[test]
    fn a_short_reason_is_not_taken_for_a_part_of_a_longer_word() {
        let error = anyhow::anyhow!("no").context("nothing works").context("x");
        assert_eq!(with_causes(error.as_ref()), "x: nothing works: no");
    }
}
