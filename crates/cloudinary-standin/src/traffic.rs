//! What was called: counters and a log without secrets.

use std::collections::BTreeMap;

use crate::Endpoint;

/// One call, as it may be printed: no parameters, no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedCall {
    /// What was called.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path without the query; the signature of a delivery is replaced by `s--...--`.
    pub path: String,
    /// The status that was answered; none where the connection was closed, or no answer has been sent yet.
    pub status: Option<u16>,
}

/// Everything that was called so far.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    log: Vec<LoggedCall>,
    counts: BTreeMap<Endpoint, u64>,
    pub(crate) under_way: u64,
    pub(crate) most_under_way: u64,
}

impl Traffic {
    /// Notes a call; its place in the log.
    pub(crate) fn begin(&mut self, endpoint: Endpoint, method: &str, path: &str) -> usize {
        *self.counts.entry(endpoint).or_default() += 1;
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
        // Before it is stored: tests print the log when they fail, and a delivery signature never expires.
        let path = without_signature(path);
        self.log.push(LoggedCall { endpoint, method: method.to_owned(), path, status: None });
        self.log.len() - 1
    }

    pub(crate) fn end(&mut self, place: usize, status: Option<u16>) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(call) = self.log.get_mut(place) {
            call.status = status;
        }
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> u64 {
        self.counts.get(&endpoint).copied().unwrap_or_default()
    }

    pub(crate) fn admin_calls(&self) -> u64 {
        self.counts.iter().filter(|(endpoint, _)| endpoint.is_admin()).map(|(_, count)| count).sum()
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(crate) fn log(&self) -> &[LoggedCall] {
        &self.log
    }
}

fn without_signature(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let signed = part.starts_with("s--") && part.ends_with("--");
        if signed { "s--...--" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}
