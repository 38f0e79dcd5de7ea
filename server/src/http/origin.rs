//! Which web sites may use this server: its own pages, those on loopback, and those listed.
//!
//! Without keys the browser is the only thing between any page on the web and the registered faces. So a
//! request is refused when it names another host (a foreign name that was pointed at this machine) or
//! comes from a page of another origin, whether or not the browser would let that page read the answer.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use url::{Host, Origin, Url};

use super::headers::{REQUEST_ID, TRANSACTION_ID, UNREADABLE};
use crate::error::ApiError;
use crate::limits::{LEFT, POLICY};

/// Header by which a client marks a write that it may repeat.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Header in which a browser says how a request relates to the page it comes from.
pub(super) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Seconds for which a browser may remember the answer to a preflight.
const PREFLIGHT_AGE: usize = 600;

/// Scheme, host and port of a web site, such as `https://events.example`; the port is the scheme's own where none is
/// given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebOrigin {
    scheme: String,
    host: Host,
    port: u16,
}

impl WebOrigin {
    /// Reads `http://HOST[:PORT]` or `https://HOST[:PORT]`; `None` for anything else, `null` included.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Self::new(scheme, authority)
    }

    /// The origin of a site of this scheme that is called `HOST[:PORT]`.
    fn new(scheme: &str, authority: &str) -> Option<Self> {
        // The parser of URLs takes out white space, decodes escapes, and would find a user, a path or a query here: a
        // host name has none of them. In the place of a scheme it would take a whole URL, as of `blob:`.
        let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if !is_web || authority.contains(['@', '/', '?', '#', '\\', ' ', '\t', '\n', '\r', '%']) {
            return None;
        }
        match Url::parse(&format!("{scheme}://{authority}")).ok()?.origin() {
            Origin::Tuple(scheme, host, port) => Some(Self { scheme, host, port }),
            Origin::Opaque(_) => None,
        }
    }

    fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }
}

/// Decides which hosts and origins may ask.
#[derive(Debug, Clone)]
pub(crate) struct SitePolicy {
    listed: Arc<[WebOrigin]>,
    /// Whether it may be called by any name: where keys say who asks, a foreign name gains nothing, since
    /// browsers keep a page's keys to the page.
    any_host: bool,
}

impl SitePolicy {
    pub(crate) fn new(listed: &[WebOrigin], any_host: bool) -> Self {
        Self { listed: listed.into(), any_host }
    }

    /// Whether a request may name this host: a loopback name, or the host of a listed origin (which a
    /// reverse proxy passes on).
    fn allows_host(&self, host: &str) -> bool {
        // A host that names no port has the one of the scheme that it is compared under.
        WebOrigin::new("http", host).is_some_and(|host| host.is_loopback())
            || self.listed.iter().any(|listed| WebOrigin::new(&listed.scheme, host).as_ref() == Some(listed))
    }

    /// Whether pages of this origin may ask a server that is called `host` in the request.
    pub(super) fn allows_origin(&self, origin: &str, host: Option<&str>) -> bool {
        let Some(origin) = WebOrigin::parse(origin) else { return false };
        let own = host.and_then(|host| WebOrigin::new(&origin.scheme, host));
        own.as_ref() == Some(&origin) || origin.is_loopback() || self.listed.contains(&origin)
    }

    fn check(&self, host: Option<&str>, headers: &HeaderMap) -> Result<(), ApiError> {
        // Against DNS rebinding: a page whose own name was pointed at this machine is of the same origin
        // to its browser, which then sends no Origin with GET.
        if !self.any_host && !host.is_some_and(|host| self.allows_host(host)) {
            return Err(ApiError::ForeignHost);
        }
        match text(headers, &header::ORIGIN) {
            Some(origin) if self.allows_origin(origin, host) => Ok(()),
            Some(_) => Err(ApiError::ForeignOrigin),
            // A plain link or an image of another site sends no origin; only browsers send this header.
            // `same-site` is foreign too: another port or subdomain can be somebody else's.
            None if text(headers, &FETCH_SITE)
                .is_some_and(|site| matches!(site, "cross-site" | "same-site")) =>
            {
                Err(ApiError::ForeignOrigin)
            }
            None => Ok(()),
        }
    }
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // What is no text is no host or origin that could be allowed.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The host that a request names.
pub(super) fn host_of(request: &HttpRequest) -> Option<String> {
    // The authority of an absolute target goes before Host (RFC 9112, section 3.2.2).
    let in_target = request.uri().authority().map(|authority| authority.as_str().to_owned());
    in_target.or_else(|| text(request.headers(), &header::HOST).map(str::to_owned))
}

/// Refuses requests of foreign hosts and origins; a link from another site may open a page, no more.
pub(crate) async fn check_site(
    policy: Data<SitePolicy>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let host = host_of(request.request());
    let mut verdict = policy.check(host.as_deref(), request.headers());
    // What watches a server knows it by its address. No name was pointed there that a page could be of.
    if matches!(verdict, Err(ApiError::ForeignHost)) && is_probe(&request, host.as_deref()) {
        verdict = Ok(());
    }
    let opens_a_page = text(request.headers(), &HeaderName::from_static("sec-fetch-mode"))
        == Some("navigate")
        && matches!(request.path(), "/" | "/docs" | "/docs/index.html" | "/redoc");
    match verdict {
        Ok(()) => {}
        // With an Origin it is no link but a form that another site posts.
        Err(ApiError::ForeignOrigin) if opens_a_page && !request.headers().contains_key(header::ORIGIN) => {}
        Err(refused) => return Ok(request.error_response(refused)),
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Whether a request asks for the health of a server by an address of its, and comes from no page.
fn is_probe(request: &ServiceRequest, host: Option<&str>) -> bool {
    let is_address = |host| {
        matches!(WebOrigin::new("http", host), Some(WebOrigin { host: Host::Ipv4(_) | Host::Ipv6(_), .. }))
    };
    let is_of_page = [header::ORIGIN, FETCH_SITE].iter().any(|name| request.headers().contains_key(name));
    request.path().starts_with("/health/") && host.is_some_and(is_address) && !is_of_page
}

/// The headers by which browsers learn that a page of an allowed origin may read the answers.
pub(crate) fn cors(policy: SitePolicy) -> Cors {
    Cors::default()
        .allowed_origin_fn(move |origin, request| {
            let host = text(request.headers(), &header::HOST);
            origin.to_str().is_ok_and(|origin| policy.allows_origin(origin, host))
        })
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        // By name: for a browser a wildcard does not include Authorization.
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, IDEMPOTENCY_KEY])
        // Of other headers than these and a few common ones a script of another origin learns nothing.
        .expose_headers([REQUEST_ID, TRANSACTION_ID, header::RETRY_AFTER, LEFT, POLICY, UNREADABLE])
        .max_age(PREFLIGHT_AGE)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn policy() -> SitePolicy {
        SitePolicy::new(&[WebOrigin::parse("https://events.example").unwrap()], false)
    }

    fn check(host: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
        policy().check(Some(host), &headers.collect()).is_ok()
    }

    #[test]
    fn only_loopback_and_listed_hosts_are_this_server() {
        for host in [
            "localhost:8000",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:8000",
            "LOCALHOST",
            "events.example",
            "events.example:443",
        ] {
            assert!(check(host, &[]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "events.example:8443",
            "user@localhost",
            "",
            "::1",
        ] {
            assert!(!check(host, &[]), "{host}");
        }
        assert!(policy().check(None, &HeaderMap::new()).is_err());
    }

    #[test]
    fn pages_of_other_origins_are_refused_and_own_loopback_and_listed_ones_are_not() {
        for origin in [
            "http://localhost:8000",
            "http://127.0.0.1:5173",
            "https://[::1]",
            "https://events.example",
            "HTTPS://Events.Example:443",
        ] {
            assert!(check("localhost:8000", &[("origin", origin)]), "{origin}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://events.example",
            "https://events.example.evil",
            "file://",
            "https://localhost@evil.example",
            "blob:https://localhost",
            "http:localhost?://evil.example",
            " http://localhost",
        ] {
            assert!(!check("localhost:8000", &[("origin", origin)]), "{origin}");
        }
        assert!(check("events.example", &[("origin", "https://events.example")]));
    }

    #[test]
    fn a_request_without_origin_counts_by_what_the_browser_says_of_its_page() {
        assert!(check("localhost", &[("sec-fetch-site", "same-origin")]));
        assert!(check("localhost", &[("sec-fetch-site", "none")]));
        assert!(!check("localhost", &[("sec-fetch-site", "cross-site")]));
        assert!(!check("localhost", &[("sec-fetch-site", "same-site")]));
        assert!(check(
            "localhost",
            &[("sec-fetch-site", "cross-site"), ("origin", "https://events.example")]
        ));
    }
}
