//! Metrics: what is counted and timed while the server works, for Prometheus.
//!
//! Labels are words of this program, routes as patterns and ids of models: never a name, a key or a path as it was
//! sent. So what is kept is bounded, whatever clients send.

mod journal;
mod requests;
mod store;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use face_core::{Stage, StageObserver};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::requests::RequestLabels;
pub(crate) use self::store::TimedStore;
pub(crate) use self::{journal::TimedJournal, requests::RequestUnderWay};
use crate::traces::note_stage;

/// What the name of every metric of this program starts with.
pub(crate) const PREFIX: &str = "face";

/// Ends of the buckets of requests and of the store, in seconds: from an answer out of memory to one that waited.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Those of stages, in seconds: a search of a small event takes less than 0.1 ms.
const STAGE_SECONDS: [f64; 13] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Stages that the engine knows nothing of.
const OWN_STAGES: [&str; 3] = [UPLOAD, MATCH, STORE];
/// A picture of a form, from its first byte to its last.
pub(crate) const UPLOAD: &str = "upload";
/// A face compared with an event or a user.
const MATCH: &str = "match";
/// A call of the store or the journal.
const STORE: &str = "store";

/// What a probe can come to. `refused` is a picture or a face that cannot be decided on.
const VERDICTS: [&str; 4] = ["match", "no_match", "ambiguous", REFUSED];
/// See [`VERDICTS`].
pub(crate) const REFUSED: &str = "refused";

/// One word of this program as a label.
macro_rules! word_label {
    ($name:ident, $field:ident) => {
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        struct $name {
            $field: &'static str,
        }
    };
}

word_label!(StageLabel, stage);
word_label!(VerdictLabel, verdict);
word_label!(ReasonLabel, reason);
word_label!(OperationLabel, operation);

/// A path as the router knows it, such as `/v1/events/{event}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

/// Histograms of one name, with the ends of their buckets.
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// What is counted and timed; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_times: Histograms<RouteLabel>,
    requests_under_way: Gauge,
    stage_times: Histograms<StageLabel>,
    verdicts: Family<VerdictLabel, Counter>,
    reasons: Family<ReasonLabel, Counter>,
    store_times: Histograms<OperationLabel>,
    store_errors: Family<OperationLabel, Counter>,
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix(PREFIX),
            requests: Family::default(),
            request_times: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            requests_under_way: Gauge::default(),
            stage_times: Family::new_with_constructor(|| Histogram::new(STAGE_SECONDS)),
            verdicts: Family::default(),
            reasons: Family::default(),
            store_times: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            store_errors: Family::default(),
        };
        inner.register();
        // Shown as 0 from the start: a rate over something that comes into being with its first time misses that one.
        for stage in Stage::ALL.map(Stage::as_str).into_iter().chain(OWN_STAGES) {
            drop(inner.stage_times.get_or_create(&StageLabel { stage }));
        }
        for verdict in VERDICTS {
            drop(inner.verdicts.get_or_create(&VerdictLabel { verdict }));
        }
        Self(Arc::new(inner))
    }

    /// A stage that took so long.
    pub(crate) fn stage(&self, stage: &'static str, took: Duration) {
        self.timed(stage, None, took);
    }

    fn timed(&self, stage: &'static str, operation: Option<&'static str>, took: Duration) {
        self.0.stage_times.get_or_create(&StageLabel { stage }).observe(took.as_secs_f64());
        note_stage(stage, operation, took);
    }

    /// What takes the times of the engine's stages.
    pub(crate) fn engine_stages(&self) -> StageObserver {
        let metrics = self.clone();
        StageObserver::new(move |stage, took| metrics.stage(stage.as_str(), took))
    }

    /// What takes the times of comparisons.
    pub(crate) fn matches(&self) -> ::events::MatchObserver {
        let metrics = self.clone();
        Arc::new(move |took| metrics.stage(MATCH, took))
    }

    /// What a probe came to: a decision's word, or [`REFUSED`].
    pub(crate) fn verdict(&self, verdict: &'static str) {
        self.0.verdicts.get_or_create(&VerdictLabel { verdict }).inc();
    }

    /// What was wrong with a picture or a face: the code of a reason.
    pub(crate) fn reason(&self, reason: &'static str) {
        self.0.reasons.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Times a call of the store or the journal, and counts those that fail.
    async fn store_call<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let result = call.await;
        let (took, label) = (began.elapsed(), OperationLabel { operation });
        self.timed(STORE, Some(operation), took);
        self.0.store_times.get_or_create(&label).observe(took.as_secs_f64());
        // Also where none failed: a rate over errors that come into being with the first misses that one.
        self.0.store_errors.get_or_create(&label).inc_by(u64::from(result.is_err()));
        result
    }

    /// Writes all of it as text for Prometheus, without the line that ends such a text.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write(&self, text: &mut impl fmt::Write) -> fmt::Result {
        encode_registry(text, &self.0.registry)
    }
}

impl Inner {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "http_requests",
            "Requests by route, method and class of status; none where the client left before the answer",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to the head of its answer",
            Unit::Seconds,
            self.request_times.clone(),
        );
        registry.register(
            "http_requests_under_way",
            "Requests that have no answer yet",
            self.requests_under_way.clone(),
        );
        registry.register_with_unit(
            "stage_duration",
            "Time of each stage of the work on pictures and of what surrounds it",
            Unit::Seconds,
            self.stage_times.clone(),
        );
        registry.register("verdicts", "What probes came to", self.verdicts.clone());
        registry.register(
            "quality_reasons",
            "What was wrong with pictures and faces, also where it was only warned of",
            self.reasons.clone(),
        );
        registry.register_with_unit(
            "store_call_duration",
            "Time of each call of the store and the journal",
            Unit::Seconds,
            self.store_times.clone(),
        );
        registry.register(
            "store_call_errors",
            "Calls of the store and the journal that failed or were refused",
            self.store_errors.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_of_the_store_are_timed_and_those_that_fail_are_counted() {
        let metrics = Metrics::new();
        let done: Result<u8, ()> = metrics.store_call("append_sample", async { Ok(1) }).await;
        let failed: Result<u8, ()> = metrics.store_call("append_sample", async { Err(()) }).await;
        assert_eq!((done, failed), (Ok(1), Err(())));
        let mut text = String::new();
        metrics.write(&mut text).unwrap();
        for line in [
            "face_store_call_duration_seconds_count{operation=\"append_sample\"} 2",
            "face_store_call_errors_total{operation=\"append_sample\"} 1",
            "face_stage_duration_seconds_count{stage=\"store\"} 2",
            "face_stage_duration_seconds_count{stage=\"decode\"} 0",
            "face_verdicts_total{verdict=\"ambiguous\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
