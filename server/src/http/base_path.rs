//! The path under which a reverse proxy shows this server, such as `/faces`.

use std::str::FromStr;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::LOCATION;
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

/// What paths of this server begin with: with one of these as its base, a path would mean two things.
const TAKEN: [&str; 10] = [
    "v1",
    "api",
    "docs",
    "openapi.json",
    "redoc",
    "health",
    "metrics",
    "verify",
    "addUser",
    "get_transaction_details",
];

/// A path without a slash at its end; empty for a server that is at the root of its host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BasePath(Arc<str>);

impl BasePath {
    /// Reads `/faces` or `/a/b`; `None` for what is no path, or one of this server's own.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let mut parts = text.strip_prefix('/')?.split('/');
        let is_free = !TAKEN.contains(&text.split('/').nth(1)?);
        let is_plain = |part: &str| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_word)
        };
        (is_free && parts.all(is_plain)).then(|| Self(text.into()))
    }

    /// Empty, or a path that begins with a slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A page with its links, which begin with a slash, under this path.
    pub(crate) fn relink(&self, page: &str) -> String {
        let at = |attribute: &str| format!("{attribute}=\"{self_}/", self_ = self.0);
        page.replace("href=\"/", &at("href")).replace("src=\"/", &at("src"))
    }
}

/// Middleware before all that go by the path: takes the base off. A proxy may have taken it off already, and who
/// watches the server may ask it past the proxy, so paths without it are answered as well.
pub(crate) async fn strip_base_path(
    base: Data<BasePath>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let rest = request.path().strip_prefix(base.as_str()).filter(|_| !base.as_str().is_empty());
    match rest {
        // The links of the page are relative, so it has to end with a slash.
        Some("") => {
            let location = (LOCATION, format!("{}/", base.as_str()));
            let answer = HttpResponse::PermanentRedirect().insert_header(location).finish();
            return Ok(request.into_response(answer));
        }
        Some(rest) if rest.starts_with('/') => {
            if let Some(uri) = with_path(request.uri(), rest) {
                request.match_info_mut().get_mut().update(&uri);
                request.head_mut().uri = uri;
            }
        }
        Some(_) | None => {}
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// The same address with another path.
fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_str(&format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_plain_path_that_is_none_of_this_servers_own() {
        for good in ["", "/faces", "/a/b", "/~door-1_x.y", "/v2", "/apis"] {
            assert_eq!(BasePath::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "/",
            "faces",
            "/faces/",
            "//faces",
            "/a//b",
            "/../a",
            "/a/.",
            "/a b",
            "/a?b",
            "/%66",
            "/v1",
            "/api/x",
            "/docs",
            "/metrics",
            "https://a.example/faces",
        ] {
            assert_eq!(BasePath::parse(bad), None, "{bad}");
        }
    }
}
