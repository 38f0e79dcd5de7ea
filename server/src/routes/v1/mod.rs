//! `/v1`: the table of its paths, and how their input is read.

mod face;
pub(crate) mod pictures;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::middleware::from_fn;
use actix_web::web::{JsonConfig, QueryConfig, ServiceConfig, post, resource, scope};
use actix_web::{Error, HttpRequest};

use crate::error::ApiError;
use crate::http::admit;

/// Longest JSON body, in bytes: that of the longest record that can be stored.
const MAX_JSON: usize = 1 << 20;

/// Every path of `/v1`.
pub(super) fn table(routes: &mut ServiceConfig) {
    let json_error = |error: JsonPayloadError, _: &HttpRequest| Error::from(ApiError::of_json(&error));
    let query_error = |error: QueryPayloadError, _: &HttpRequest| Error::from(ApiError::of_query(&error));
    let v1 = scope("/v1")
        .app_data(JsonConfig::default().limit(MAX_JSON).error_handler(json_error))
        .app_data(QueryConfig::default().error_handler(query_error))
        .wrap(from_fn(admit))
        .service(resource("/faces/detect").route(post().to(pictures::detect)))
        .service(resource("/faces/compare").route(post().to(pictures::compare)))
        .service(resource("/faces/embed").route(post().to(pictures::embed)));
    routes.service(v1);
}
