//! Requests of pages, read from the events of Chromium's DevTools protocol.

use serde_json::Value;

/// A request that a page made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// Whether the browser kept it from leaving: the page's content security policy, as a rule.
    pub blocked: bool,
}

impl Request {
    /// Whether it went to the server, or nowhere: its data is in the page or in the
    /// browser itself.
    #[must_use]
    pub fn stays_at(&self, server: &str) -> bool {
        ["data:", "blob:", "chrome:"].iter().any(|scheme| self.url.starts_with(scheme))
            || self.url.strip_prefix(server).is_some_and(|path| path.starts_with('/'))
    }
}

/// The requests among the events, each event a JSON text.
pub(super) fn requests(events: &[String]) -> Vec<Request> {
    let mut requests: Vec<(String, Request)> = Vec::new();
    for event in events {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let at = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = at("/message/params/requestId");
        match at("/message/method").as_str() {
            "Network.requestWillBeSent" => {
                requests.push((id, Request { url: at("/message/params/request/url"), blocked: false }));
            }
            "Network.loadingFailed" if !at("/message/params/blockedReason").is_empty() => {
                // A redirection keeps its request's id: the latest one is meant.
                if let Some((_, request)) = requests.iter_mut().rfind(|(known, _)| *known == id) {
                    request.blocked = true;
                }
            }
            _ => {}
        }
    }
    requests.into_iter().map(|(_, request)| request).collect()
}
