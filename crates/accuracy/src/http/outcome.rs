//! How events ended: who was enrolled, who was named, and whom nobody should have known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::{Answer, Enrolled};
use crate::statistics::Proportion;

/// Events over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpReport {
    /// A row for each size.
    pub events: Vec<EventOutcome>,
}

/// Events of one size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventOutcome {
    /// People wanted in each.
    pub size: usize,
    /// How many people each had.
    pub people: Vec<usize>,
    /// People of whom a picture was enrolled, of those tried.
    pub enrolled: Proportion,
    /// Why others were not, by the code of the reason; one may have several.
    pub not_enrolled: BTreeMap<String, usize>,
    /// Of the people enrolled, each with another picture: named as who they are.
    pub named: Proportion,
    /// Named as somebody else.
    pub named_as_another: Proportion,
    /// Not named, because two users were too nearly alike.
    pub ambiguous: Proportion,
    /// Of the strangers: named as anybody.
    pub strangers_named: Proportion,
    /// Not named, because two users were near.
    pub strangers_ambiguous: Proportion,
    /// Visitors whose picture was refused, by the code of the reason; they count as not named.
    pub refused: BTreeMap<String, usize>,
}

impl EventOutcome {
    /// One more event, with so many people.
    pub fn count_event(&mut self, people: usize) {
        self.people.push(people);
    }

    /// One more person who was tried.
    pub fn count_enrolment(&mut self, enrolled: &Enrolled) {
        self.enrolled.add(*enrolled == Enrolled::Yes);
        if let Enrolled::No(reasons) = enrolled {
            for reason in reasons {
                *self.not_enrolled.entry(reason.clone()).or_default() += 1;
            }
        }
    }

    /// One more visitor: a user, or a stranger.
    pub fn count_visit(&mut self, user: Option<&str>, answer: &Answer) {
        let (is_match, is_ambiguous) = (matches!(answer, Answer::Match(_)), *answer == Answer::Ambiguous);
        match user {
            Some(user) => {
                let right = matches!(answer, Answer::Match(named) if named == user);
                self.named.add(right);
                self.named_as_another.add(is_match && !right);
                self.ambiguous.add(is_ambiguous);
            }
            None => {
                self.strangers_named.add(is_match);
                self.strangers_ambiguous.add(is_ambiguous);
            }
        }
        if let Answer::Refused(reason) = answer {
            *self.refused.entry(reason.clone()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_counts_for_users_and_strangers_each() {
        let mut outcome = EventOutcome::default();
        outcome.count_enrolment(&Enrolled::Yes);
        outcome.count_enrolment(&Enrolled::No(vec!["blurred".into(), "too_dark".into()]));
        let named = |user: &str| Answer::Match(user.to_owned());
        outcome.count_visit(Some("a"), &named("a"));
        outcome.count_visit(Some("a"), &named("b"));
        outcome.count_visit(Some("b"), &Answer::Ambiguous);
        outcome.count_visit(Some("b"), &Answer::Refused("no_face".into()));
        outcome.count_visit(None, &named("a"));
        outcome.count_visit(None, &Answer::NoMatch);
        outcome.count_visit(None, &Answer::Ambiguous);
        let of = |count, of| Proportion { count, of };
        assert_eq!((outcome.enrolled, outcome.not_enrolled.len()), (of(1, 2), 2));
        assert_eq!(
            (outcome.named, outcome.named_as_another, outcome.ambiguous),
            (of(1, 4), of(1, 4), of(1, 4))
        );
        assert_eq!((outcome.strangers_named, outcome.strangers_ambiguous), (of(1, 3), of(1, 3)));
        assert_eq!(outcome.refused.get("no_face"), Some(&1));
    }
}
