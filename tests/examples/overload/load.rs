//! Requests at a pace: one by one, as many as are served, or at a given rate whatever becomes of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{http_client, pictures_form};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// The request that is sent over and over.
#[derive(Clone)]
pub(crate) struct Load {
    http: reqwest::Client,
    url: Arc<str>,
    picture: Arc<[u8]>,
}

/// What became of the requests of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long each that was served took, in ascending order.
    pub(crate) accepted: Vec<Duration>,
    /// How many were refused, by status, each with a `Retry-After`.
    pub(crate) refused: BTreeMap<u16, u64>,
    /// What was neither, and how often.
    pub(crate) faults: BTreeMap<String, u64>,
}

/// What became of one request.
enum Answered {
    Served(Duration),
    Refused(u16),
    Fault(String),
}

impl Load {
    /// Sends `picture` to `route` of the server at `url`.
    pub(crate) fn new(url: &str, route: &str, picture: Vec<u8>) -> Self {
        Self { http: http_client(), url: format!("{url}{route}").into(), picture: picture.into() }
    }

    /// Sends `count` requests one after the other; the median of their times.
    pub(crate) async fn one_by_one(&self, count: usize) -> Result<Duration> {
        let mut outcome = Outcome::default();
        for _ in 0..count {
            outcome.add(self.send().await);
        }
        ensure!(outcome.accepted.len() == count, "an idle server refused: {outcome:?}");
        outcome.accepted.sort_unstable();
        Ok(outcome.percentile(50))
    }

    /// Keeps `at_once` requests under way; how many a second are served.
    pub(crate) async fn saturated(&self, at_once: usize, time: Duration) -> Result<f64> {
        let started = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..at_once {
            let load = self.clone();
            senders.spawn(async move {
                let mut served = 0_u32;
                while started.elapsed() < time {
                    served += u32::from(matches!(load.send().await, Answered::Served(_)));
                }
                served
            });
        }
        let served: u32 = senders.join_all().await.into_iter().sum();
        ensure!(served > 0, "nothing was served");
        Ok(f64::from(served) / started.elapsed().as_secs_f64())
    }

    /// Sends `rate` requests a second, also while earlier ones are not answered, as people at doors do.
    pub(crate) async fn at_rate(&self, rate: f64, time: Duration) -> Result<Outcome> {
        let started = Instant::now();
        let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
        // What was missed while the machine was busy is made up for: the rate holds on the whole.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut under_way, mut outcome) = (JoinSet::new(), Outcome::default());
        while started.elapsed() < time {
            ticks.tick().await;
            let load = self.clone();
            under_way.spawn(async move { load.send().await });
            while let Some(answered) = under_way.try_join_next() {
                outcome.add(answered?);
            }
        }
        while let Some(answered) = under_way.join_next().await {
            outcome.add(answered?);
        }
        outcome.accepted.sort_unstable();
        Ok(outcome)
    }

    async fn send(&self) -> Answered {
        let (sent, form) = (Instant::now(), pictures_form(&[&self.picture], &[]));
        let answer = match self.http.post(&*self.url).multipart(form).send().await {
            Ok(answer) => answer,
            Err(error) => return Answered::Fault(format!("no answer: {error}")),
        };
        let (status, retry) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        match (status, answer.bytes().await) {
            (_, Err(error)) => Answered::Fault(format!("half an answer: {error}")),
            (200, Ok(_)) => Answered::Served(sent.elapsed()),
            (429 | 503, Ok(_)) if retry => Answered::Refused(status),
            (status, Ok(_)) => Answered::Fault(format!("status {status}")),
        }
    }
}

impl Outcome {
    fn add(&mut self, answered: Answered) {
        match answered {
            Answered::Served(took) => self.accepted.push(took),
            Answered::Refused(status) => *self.refused.entry(status).or_default() += 1,
            Answered::Fault(what) => *self.faults.entry(what).or_default() += 1,
        }
    }

    /// The time within which `percent` of the served requests were, which are in order.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = self.accepted.len().saturating_sub(1) * percent / 100;
        self.accepted.get(index).copied().unwrap_or_default()
    }

    /// Prints the counts and times.
    pub(crate) fn print(&self, seconds: u64) {
        println!(
            "{seconds} s at twice the capacity: {} served, {:?} refused, {:?} neither; served within {:?} (half), {:?} (99 %)",
            self.accepted.len(),
            self.refused,
            self.faults,
            self.percentile(50),
            self.percentile(99)
        );
    }
}
