//! What is read when it is asked for: the queue, the galleries, the audit and the process.

use std::fmt::Error;

use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::process;
use crate::http::Admission;
use crate::limits::{Counted, Limits};
use crate::metrics::PREFIX;
use crate::service::Service;
use crate::telemetry::dropped_lines;

/// All metrics as text.
///
/// # Errors
/// Those of the writer, which a text has none of.
pub(super) fn text(service: &Service, admission: &Admission, limits: &Limits) -> Result<String, Error> {
    let mut text = String::new();
    service.metrics.write(&mut text)?;
    let mut readings = Readings(Registry::with_prefix(PREFIX));
    readings.work(service, admission);
    readings.store(service);
    readings.audit(service);
    readings.limits(limits);
    readings.log();
    readings.build(service);
    // By the names that every program has them under.
    let mut process = Registry::with_prefix("process");
    process::register(&mut process);
    encode_registry(&mut text, &process)?;
    encode(&mut text, &readings.0)?;
    Ok(text)
}

/// Values of this moment.
struct Readings(Registry);

impl Readings {
    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.0.register(name, help, ConstGauge::new(u64::try_from(value).unwrap_or(u64::MAX)));
    }

    /// The queue for pictures, and uploads.
    fn work(&mut self, service: &Service, admission: &Admission) {
        let (waiting, capacity) = service.inference.queue();
        self.gauge("queue_waiting", "Pictures that wait for a thread", waiting);
        self.gauge("queue_capacity", "Pictures that can wait for a thread; more are refused", capacity);
        let wait = service.inference.queue_wait().clone();
        self.0.register_with_unit(
            "queue_wait",
            "Time that pictures waited for a thread",
            Unit::Seconds,
            wait,
        );
        self.gauge("upload_room", "Uploads that could begin now", admission.room());
    }

    /// What is held in memory of the store.
    fn store(&mut self, service: &Service) {
        let status = service.events.status();
        self.gauge("events", "Events that are known", status.events);
        self.gauge("users_in_memory", "Users of all galleries in memory", status.users_in_memory);
        self.gauge("events_in_store", "Events that the store searches", status.events_in_store);
        self.gauge("stale_events", "Events to be read again before their next use", status.stale_events);
        self.gauge(
            "changes_waiting",
            "Events that others changed and are still to be read",
            status.changes_waiting,
        );
        let behind = ConstGauge::new(status.behind.unwrap_or_default().as_secs_f64());
        let help = "For how long changes of others may have been missed; 0 when none is";
        self.0.register_with_unit("change_feed_behind", help, Unit::Seconds, behind);
    }

    fn audit(&mut self, service: &Service) {
        let status = service.audit.status();
        self.gauge("audit_waiting", "Audit entries that wait for the journal", status.waiting);
        let lost = ConstCounter::new(status.lost);
        self.0.register("audit_lost", "Audit entries that are in the log alone", lost);
    }

    /// Requests that were counted by key or address, and keys that do not hold.
    fn limits(&mut self, limits: &Limits) {
        let requests = Family::<Vec<(&str, &str)>, Counter>::default();
        for Counted { class, passed, refused } in limits.counted() {
            for (outcome, count) in [("passed", passed), ("refused", refused)] {
                requests.get_or_create(&vec![("class", class.as_str()), ("outcome", outcome)]).inc_by(count);
            }
        }
        self.0.register("limited_requests", "Requests by the class that they are limited in", requests);
        let failed = ConstCounter::new(limits.failed_keys());
        self.0.register("failed_keys", "Requests with a key that does not hold", failed);
    }

    fn log(&mut self) {
        let dropped = ConstCounter::new(dropped_lines());
        self.0.register("log_lines_dropped", "Lines that are missing in the log", dropped);
    }

    /// Which program it is, and by which models.
    fn build(&mut self, service: &Service) {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        self.0.register("build", "Version of the server", build);
        let models = Family::<Vec<(&str, String)>, Gauge>::default();
        for model in service.inference.models() {
            models.get_or_create(&vec![("model", model.to_string())]).set(1);
        }
        self.0.register("model", "Models that embed faces, each 1", models);
    }
}
