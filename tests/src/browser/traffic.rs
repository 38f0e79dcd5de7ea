//! Requests of pages, read from the events of Chromium's DevTools protocol.

use serde_json::Value;

/// A request that a page made of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to: an address of HTTP or of a WebSocket. Others, such as `data:`, never leave the browser.
    pub url: String,
    /// Whether the page's content security policy kept it from leaving. Other reasons for which a browser
    /// withholds an answer, such as a resource policy, come after the request has left.
    pub blocked: bool,
}

impl Request {
    /// Whether it went to the server at `url`, which has no slash at its end.
    #[must_use]
    pub fn stays_at(&self, url: &str) -> bool {
        self.url.strip_prefix(url).is_some_and(|path| path.starts_with('/'))
    }
}

/// The requests among the events, each event a JSON text.
pub(super) fn requests(events: &[String]) -> Vec<Request> {
    let mut requests: Vec<(String, Request)> = Vec::new();
    for event in events {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let text =
            |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = text("/message/params/requestId");
        match text("/message/method").as_str() {
            "Network.requestWillBeSent" => {
                requests.push((id, Request { url: text("/message/params/request/url"), blocked: false }));
            }
            "Network.webSocketCreated" => {
                requests.push((id, Request { url: text("/message/params/url"), blocked: false }));
            }
            "Network.loadingFailed" if text("/message/params/blockedReason") == "csp" => {
                // A redirection keeps its request's id: the latest one is meant.
                if let Some((_, request)) = requests.iter_mut().rfind(|(known, _)| *known == id) {
                    request.blocked = true;
                }
            }
            _ => {}
        }
    }
    let on_the_network =
        |request: &Request| ["http", "ws"].iter().any(|scheme| request.url.starts_with(scheme));
    requests.into_iter().map(|(_, request)| request).filter(on_the_network).collect()
}
