//! Calls that fail: by chance, or because a test says which.

use std::time::Duration;

use bytes::BytesMut;

use crate::Endpoint;
use crate::answer::{Answer, Refusal};
use crate::clock::{Moment, http_date, spoken};

/// One way for a call to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, and the answer has this status, such as 500 or 503.
    Status(u16),
    /// Nothing is done, and the answer has this status and is a page of HTML, as of something in between.
    Page(u16),
    /// Nothing is done, and the answer is 420 or 429.
    Limited {
        /// 420 as Cloudinary says it, or 429.
        status: u16,
        /// How long until `X-FeatureRateLimit-Reset`; none leaves the header out.
        reset: Option<Duration>,
    },
    /// Nothing is done, and the connection is closed without an answer.
    DropBefore,
    /// The call is carried out, and the connection is closed without an answer.
    DropAfter,
    /// Nothing is done, and no answer ever comes.
    HangBefore,
    /// The call is carried out, and no answer ever comes.
    HangAfter,
    /// The call is carried out, and one bit of the answer's body is wrong.
    FlipBit,
}

impl Fault {
    /// The answer, of a fault that is one.
    pub(crate) fn answer(self, now: Moment) -> Option<Answer> {
        match self {
            Self::Status(status) => Some(Refusal::new(status, "General Error").into()),
            Self::Page(status) => {
                Some(Answer::new(status, "text/html; charset=utf-8", format!("<html>{status}</html>")))
            }
            Self::Limited { status, reset } => {
                let again = reset
                    .map_or(String::new(), |reset| format!(" Try again on {}", spoken(now + reset, "UTC")));
                let answer = Answer::from(Refusal::new(status, format!("Rate Limit Exceeded.{again}")));
                Some(match reset {
                    Some(reset) => answer.with("x-featureratelimit-reset", http_date(now + reset)),
                    None => answer,
                })
            }
            Self::DropBefore | Self::DropAfter | Self::HangBefore | Self::HangAfter | Self::FlipBit => None,
        }
    }
}

/// The answer with one bit in the middle of its body inverted.
pub(crate) fn flip_bit(mut answer: Answer) -> Answer {
    let mut body = BytesMut::from(answer.body.as_ref());
    let middle = body.len() / 2;
    if let Some(byte) = body.get_mut(middle) {
        *byte ^= 1;
    }
    answer.body = body.freeze();
    answer
}

/// Calls that fail by chance.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// The share of the calls that fail, from 0 to 1.
    pub share: f64,
    /// How they fail, each kind as often as another.
    pub kinds: Vec<Fault>,
}

impl Faults {
    pub(crate) fn draw(&self, dice: &mut fastrand::Rng) -> Option<Fault> {
        // In this order: where no call can fail nothing is drawn, so that the seed decides the same calls
        // whenever failing begins.
        if self.kinds.is_empty() || dice.f64() >= self.share {
            return None;
        }
        dice.choice(self.kinds.iter().copied())
    }
}

/// Single calls that fail, whatever the dice say.
#[derive(Debug, Clone)]
pub struct Rule {
    endpoint: Endpoint,
    fault: Fault,
    about: String,
    skip: u32,
    times: Option<u32>,
}

impl Rule {
    /// Every call of an endpoint fails so.
    #[must_use]
    pub fn new(endpoint: Endpoint, fault: Fault) -> Self {
        Self { endpoint, fault, about: String::new(), skip: 0, times: None }
    }

    /// Only calls about a public id or a prefix that holds this text.
    #[must_use]
    pub fn about(self, text: &str) -> Self {
        Self { about: text.to_owned(), ..self }
    }

    /// The first so many of them go well.
    #[must_use]
    pub fn skip(self, calls: u32) -> Self {
        Self { skip: calls, ..self }
    }

    /// Only so many of them fail.
    #[must_use]
    pub fn times(self, calls: u32) -> Self {
        Self { times: Some(calls), ..self }
    }

    /// Whether the call is to fail, counting it.
    pub(crate) fn applies(&mut self, endpoint: Endpoint, subject: &str) -> Option<Fault> {
        if self.endpoint != endpoint || !subject.contains(&self.about) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        match &mut self.times {
            Some(0) => return None,
            Some(times) => *times -= 1,
            None => {}
        }
        Some(self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_share_of_the_calls_fails_and_every_kind_occurs() {
        let kinds = vec![Fault::Status(500), Fault::Page(502), Fault::DropBefore, Fault::DropAfter];
        let faults = Faults { share: 0.2, kinds: kinds.clone() };
        let mut dice = fastrand::Rng::with_seed(7);
        let drawn: Vec<_> = (0..10_000).filter_map(|_| faults.draw(&mut dice)).collect();
        assert!((1_800..2_200).contains(&drawn.len()), "{}", drawn.len());
        assert!(kinds.iter().all(|kind| drawn.contains(kind)));
    }

    #[test]
    fn a_rule_skips_then_fails_so_many_calls_about_its_subject() {
        let mut rule = Rule::new(Endpoint::Explicit, Fault::DropAfter).about("/u-1").skip(1).times(2);
        let mut failed = |subject| rule.applies(Endpoint::Explicit, subject).is_some();
        assert_eq!(
            ["a/u-1", "a/u-2", "a/u-1", "a/u-1", "a/u-1"].map(&mut failed),
            [false, false, true, true, false]
        );
    }
}
