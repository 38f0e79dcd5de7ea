//! Whether a GET that changes something comes from a page that may ask for it, also where the browser says little.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use url::Url;

use super::origin::{FETCH_SITE, SitePolicy, host_of, text};
use crate::error::ApiError;

/// That a request was sent by a program, or by a page that may use this server.
///
/// A link or an image of another site sends a GET without an `Origin`, and to a plain-http address other than loopback
/// Chromium sends no `sec-fetch-site` either. So a browser has to name its page, by `Origin` or `Referer`.
#[derive(Debug)]
pub(crate) struct OwnPage;

impl FromRequest for OwnPage {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let policy = request.app_data::<Data<SitePolicy>>();
        let host = host_of(request);
        let is_allowed = policy.is_some_and(|policy| policy.knows_page(host.as_deref(), request.headers()));
        ready(if is_allowed { Ok(Self) } else { Err(ApiError::ForeignOrigin) })
    }
}

impl SitePolicy {
    /// Whether the page of a request that passed [`check_site`](super::check_site) is known to be allowed, or there is
    /// none.
    fn knows_page(&self, host: Option<&str>, headers: &HeaderMap) -> bool {
        // Of foreign ones `check_site` has refused both.
        if headers.contains_key(header::ORIGIN) || headers.contains_key(&FETCH_SITE) {
            return true;
        }
        match text(headers, &header::REFERER).map(Url::parse) {
            Some(Ok(page)) => self.allows_origin(&page.origin().ascii_serialization(), host),
            Some(Err(_)) => false,
            None => !is_of_browser(headers),
        }
    }
}

/// Whether a request has what every browser sends of its own accord, and programs do not unless they are told to.
fn is_of_browser(headers: &HeaderMap) -> bool {
    let has = |name, words: &[&str]| {
        text(headers, &name).is_some_and(|value| words.iter().any(|word| value.contains(word)))
    };
    // The language `*` is that of the `fetch` of Node.js. Java asks for `text/html` and `image/gif`, and no program for
    // these two: the first is in what browsers accept of a link, the other in what they do of an image.
    let speaks = text(headers, &header::ACCEPT_LANGUAGE).is_some_and(|languages| languages != "*");
    speaks
        || headers.contains_key(header::UPGRADE_INSECURE_REQUESTS)
        || has(header::USER_AGENT, &["Mozilla/"])
        || has(header::ACCEPT, &["application/xhtml+xml", "image/webp"])
}
