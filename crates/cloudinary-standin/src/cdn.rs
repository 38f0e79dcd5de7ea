//! The delivery network's cache: copies that outlive what they were made of.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::Key;
use crate::answer::Answer;
use crate::behaviour::{CdnBehaviour, Invalidation};
use crate::clock::Moment;

/// Longest time that a missing asset is remembered.
const LONGEST_MISSING: Duration = Duration::from_secs(24 * 3600);

/// Cached answers by URL.
#[derive(Debug, Default)]
pub(crate) struct Cdn {
    copies: BTreeMap<String, Copy>,
}

#[derive(Debug)]
struct Copy {
    /// What it is a copy of: invalidation goes by the asset, whatever its URLs.
    of: Key,
    answer: Answer,
    /// How often in a row the asset was missing.
    missed: u32,
    expires: Moment,
    invalid: Option<Invalid>,
}

/// When an invalidated copy goes.
#[derive(Debug)]
enum Invalid {
    At(Moment),
    AfterReads(u32),
}

impl Cdn {
    /// The cached answer for a URL, which may be older than what is stored.
    pub(crate) fn cached(&mut self, url: &str, now: Moment) -> Option<Answer> {
        let copy = self.copies.get_mut(url)?;
        let invalid = match &mut copy.invalid {
            None => false,
            Some(Invalid::At(moment)) => *moment <= now,
            Some(Invalid::AfterReads(0)) => true,
            Some(Invalid::AfterReads(reads)) => {
                *reads -= 1;
                false
            }
        };
        if invalid {
            self.copies.remove(url);
            return None;
        }
        // A copy that has expired stays: it knows how often in a row the asset was missing.
        (copy.expires > now).then(|| copy.answer.clone())
    }

    /// Keeps the answer of the origin.
    pub(crate) fn keep(
        &mut self,
        url: &str,
        of: Key,
        answer: &Answer,
        now: Moment,
        behaviour: &CdnBehaviour,
    ) {
        let missed = match answer.status {
            404 => self.copies.get(url).map_or(0, |copy| copy.missed) + 1,
            _ => 0,
        };
        // Saturating, for a test can put the clock forward through any number of doublings.
        let longer = 2_u32.saturating_pow(missed.saturating_sub(1));
        let keeps = match missed {
            0 => behaviour.keeps,
            _ => behaviour.keeps_missing.saturating_mul(longer).min(LONGEST_MISSING),
        };
        let copy = Copy { of, answer: answer.clone(), missed, expires: now + keeps, invalid: None };
        self.copies.insert(url.to_owned(), copy);
    }

    /// Marks every copy of the asset, under whatever URL.
    pub(crate) fn invalidate(&mut self, of: &Key, when: Invalidation, now: Moment) {
        // A copy that is marked keeps its term: invalidating again must not make an old copy live longer.
        for copy in self.copies.values_mut().filter(|copy| copy.of == *of && copy.invalid.is_none()) {
            copy.invalid = Some(match when {
                Invalidation::AfterReads(reads) => Invalid::AfterReads(reads),
                Invalidation::After(time) => Invalid::At(now + time),
            });
        }
    }
}
