//! The documentation pages: Swagger UI from the program itself, ReDoc from the folder of the set-up.

use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding, LOCATION};
use actix_web::web::{Bytes, Data, Path, ServiceConfig, get, resource};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use crate::error::ApiError;
use crate::http::BasePath;
use crate::service::Service;
use crate::shared_file::SharedFile;

static SWAGGER_UI: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // Its validator is a service elsewhere, which this page must not ask.
    Arc::new(Config::new([OPENAPI_FROM_DOCS]).validator_url("none").try_it_out_enabled(true))
});

/// Where the document of the API is served.
const OPENAPI_PATH: &str = "/openapi.json";

/// The same from Swagger UI's page, wherever a proxy shows it.
const OPENAPI_FROM_DOCS: &str = "../openapi.json";

/// ReDoc's script in the folder of the models.
const REDOC: &str = "redoc/redoc.standalone.js";

/// Starts ReDoc. A file of its own, so that the page needs no inline script.
const REDOC_START: &str = include_str!("docs/redoc-start.js");

const REDOC_PAGE: &str = include_str!("docs/redoc.html");

const REDOC_MISSING: &str = include_str!("docs/redoc-missing.html");

/// Where ReDoc's script is looked for.
pub(crate) fn redoc_bundle(models: &FilePath) -> SharedFile {
    SharedFile::new(models.join(REDOC))
}

/// The paths of the documentation: they ask for no key.
pub(super) fn table(routes: &mut ServiceConfig, document: Bytes) {
    let document = move || {
        let document = document.clone();
        async { HttpResponse::Ok().content_type("application/json").body(document) }
    };
    routes
        .service(resource(OPENAPI_PATH).route(get().to(document)))
        .service(resource("/docs").route(get().to(swagger_ui)))
        .service(resource("/docs/{file:.*}").route(get().to(swagger_file)))
        .service(resource("/redoc").route(get().to(redoc)))
        .service(resource("/redoc/{file}").route(get().to(redoc_file)));
}

async fn swagger_file(file: Path<String>) -> Result<HttpResponse, ApiError> {
    let file = serve(&file, Arc::clone(&SWAGGER_UI)).ok().flatten().ok_or(ApiError::NoSuchPath)?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = file;
    let mut answer = HttpResponse::Ok();
    if gzpipped {
        answer.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    // The program's own memory, but for the small file that has the settings.
    Ok(answer.content_type(content_type).body(bytes))
}

async fn swagger_ui(base: Data<BasePath>) -> HttpResponse {
    // The links of the page are relative, and the router never sees the slash of
    // `/docs/`: from `/docs` they would lead to `/`.
    let location = format!("{}/docs/index.html", base.as_str());
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, location)).finish()
}

async fn redoc(service: Data<Service>, base: Data<BasePath>) -> HttpResponse {
    // Looked for each time: the set-up may bring it while the server runs.
    let page = if service.redoc.path().is_file() { REDOC_PAGE } else { REDOC_MISSING };
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(base.relink(page))
}

async fn redoc_file(service: Data<Service>, file: Path<String>) -> Result<HttpResponse, ApiError> {
    let script = match file.as_str() {
        "start.js" => Bytes::from_static(REDOC_START.as_bytes()),
        "redoc.standalone.js" => service.redoc.contents().await.ok_or(ApiError::NoSuchPath)?,
        _ => return Err(ApiError::NoSuchPath),
    };
    let mut answer = HttpResponse::Ok();
    Ok(answer
        .content_type("text/javascript; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(script))
}
