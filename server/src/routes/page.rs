//! The web page: files compiled into the program.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, ETAG, Encoding, Header, IF_NONE_MATCH, VARY,
};
use actix_web::web::{Bytes, ServiceConfig, get, resource};
use actix_web::{HttpRequest, HttpResponse};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../web"]
struct Web;

/// The files by name as gzip has them, which is a quarter of their size: packed once, when the first is asked for.
static PACKED: LazyLock<HashMap<String, Bytes>> = LazyLock::new(|| {
    let pack = |name: &str| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&Web::get(name)?.data).ok()?;
        packed.finish().ok().map(Bytes::from)
    };
    Web::iter().filter_map(|name| Some((name.to_string(), pack(&name)?))).collect()
});

/// The paths of the page: they ask for no key, as it is where people enter theirs.
pub(super) fn table(routes: &mut ServiceConfig) {
    routes.service(resource("/").route(get().to(index)));
    // A resource for each file and no pattern: what is not there stays a 404 of the router.
    for name in Web::iter() {
        routes.service(resource(format!("/{name}")).route(get().to(file)));
    }
}

async fn index(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    serve(&request, "index.html")
}

async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    serve(&request, request.path().trim_start_matches('/'))
}

fn serve(request: &HttpRequest, name: &str) -> Result<HttpResponse, ApiError> {
    let EmbeddedFile { data, metadata } = Web::get(name).ok_or(ApiError::NoSuchPath)?;
    let hash = metadata.sha256_hash();
    let packed = PACKED.get(name).filter(|_| takes_gzip(request));
    let form = if packed.is_some() { "-gzip" } else { "" };
    let tag = format!("\"{}{form}\"", HEXLOWER.encode(hash.split_at(16).0));
    // Neither lists of tags nor weak ones are recognised: the file is then sent again, which is correct.
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // `no-cache` lets a browser keep the file and makes it ask each time, so that a script of
    // an earlier version is never run against this server.
    answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "no-cache"));
    answer.append_header((VARY, "Accept-Encoding"));
    if known {
        return Ok(answer.finish());
    }
    answer.content_type(media_type(name));
    Ok(match packed {
        Some(packed) => answer.insert_header((CONTENT_ENCODING, "gzip")).body(packed.clone()),
        None => answer.body(data),
    })
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = AcceptEncoding::parse(request);
    let chosen = accepted
        .ok()
        .and_then(|accepted| accepted.negotiate([Encoding::gzip(), Encoding::identity()].iter()));
    chosen == Some(Encoding::gzip())
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
