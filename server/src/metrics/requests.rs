//! Requests, counted by route, method and class of status.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;

use super::{Metrics, RouteLabel};

/// The route of a path that is none of this server's.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    route: String,
    method: &'static str,
    status: &'static str,
}

/// A request that has no answer yet. One that is dropped without was given up by its client.
#[derive(Debug)]
pub(crate) struct RequestUnderWay {
    metrics: Metrics,
    route: String,
    method: &'static str,
    began: Instant,
    status: &'static str,
}

impl Metrics {
    /// Counts a request from now on. `route` is the router's pattern; `None` for a path that it does not know.
    pub(crate) fn begin_request(&self, method: &Method, route: Option<String>) -> RequestUnderWay {
        self.0.requests_under_way.inc();
        RequestUnderWay {
            metrics: self.clone(),
            route: route.unwrap_or_else(|| NO_ROUTE.to_owned()),
            method: method_word(method),
            began: Instant::now(),
            status: "none",
        }
    }
}

impl RequestUnderWay {
    /// The router's pattern of its path, or `none`.
    pub(crate) fn route(&self) -> &str {
        &self.route
    }

    /// Its method, or `other`.
    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    /// How long it has been under way.
    pub(crate) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// Counts it as answered.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.status = class(status);
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        let inner = &self.metrics.0;
        inner.requests_under_way.dec();
        let route = std::mem::take(&mut self.route);
        let times = inner.request_times.get_or_create_owned(&RouteLabel { route: route.clone() });
        times.observe(self.began.elapsed().as_secs_f64());
        let labels = RequestLabels { route, method: self.method, status: self.status };
        inner.requests.get_or_create(&labels).inc();
    }
}

/// A word for a method: a client may send any.
fn method_word(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    const WORDS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.iter().zip(WORDS).find(|(known, _)| *known == method);
    known.map_or("other", |(_, word)| word)
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
