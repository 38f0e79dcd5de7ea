//! `/v1`: the table of its paths, and how their input is read.

pub(crate) mod archives;
pub(crate) mod audit;
mod body_stream;
mod check_in;
pub(crate) mod check_in_correction;
pub(crate) mod check_in_list;
pub(crate) mod check_ins;
pub(crate) mod enrol;
mod event;
pub(crate) mod events;
mod export;
mod face;
mod idempotency;
pub(crate) mod identify;
mod no_query;
mod object;
mod paging;
mod path;
pub(crate) mod pictures;
pub(crate) mod samples;
pub(crate) mod users;
mod verdict;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::header::ContentType;
use actix_web::web::{
    JsonConfig, QueryConfig, ServiceConfig, delete, get, patch, post, put, resource, scope,
};
use actix_web::{Error, HttpRequest};

use self::no_query::bare;
use crate::auth::{Role, needs, needs_for_several};
use crate::error::ApiError;

/// Longest JSON body, in bytes: that of the longest record that can be stored.
const MAX_JSON: usize = 1 << 20;

/// Every path of `/v1`, and the role that it needs.
pub(super) fn table(routes: &mut ServiceConfig) {
    let json_error =
        |error: JsonPayloadError, _: &HttpRequest| Error::from(ApiError::from_json_error(&error));
    let query_error =
        |error: QueryPayloadError, _: &HttpRequest| Error::from(ApiError::from_query_error(&error));
    let v1 = scope("/v1")
        // In this scope alone: the older routes keep the words that their clients know.
        .app_data(JsonConfig::default().limit(MAX_JSON).error_handler(json_error))
        .app_data(QueryConfig::default().error_handler(query_error))
        .service(
            resource("/events/{event}")
                .route(needs(Role::Admin, bare(put().to(events::put))))
                .route(needs(Role::Verify, bare(get().to(events::get))))
                .route(needs(Role::Admin, bare(patch().to(events::patch))))
                .route(needs(Role::Admin, bare(delete().to(events::delete)))),
        )
        // Lists, the audit and the export are not `bare`: they have a query, whose type refuses unknown parameters.
        .service(resource("/events").route(needs(Role::Verify, get().to(events::list))))
        .service(
            resource("/events/{event}/identify")
                .route(needs(Role::Verify, bare(post().to(identify::identify)))),
        )
        .service(
            resource("/events/{event}/check-ins")
                // The first route whose guards hold is taken, so the one with a
                // guard stands before the one without.
                .route(needs(Role::Verify, get().to(check_in_list::list)))
                .route(needs(
                    Role::Verify,
                    bare(post().guard(fn_guard(is_json)).to(check_ins::check_in_by_name)),
                ))
                .route(needs(Role::Verify, bare(post().to(check_ins::check_in)))),
        )
        .service(
            resource("/events/{event}/check-ins/{id}")
                .route(needs(Role::Verify, bare(get().to(check_in_correction::get))))
                .route(needs(Role::Verify, bare(patch().to(check_in_correction::correct)))),
        )
        .service(resource("/events/{event}/export").route(needs(Role::Admin, get().to(archives::export))))
        .service(
            resource("/events/{event}/import").route(needs(Role::Admin, bare(post().to(archives::import)))),
        )
        .service(resource("/events/{event}/users").route(needs(Role::Enrol, get().to(users::list))))
        .service(
            resource("/events/{event}/users/{user}")
                .route(needs(Role::Enrol, bare(get().to(users::get))))
                .route(needs(Role::Enrol, bare(patch().to(users::patch))))
                .route(needs(Role::Admin, bare(delete().to(users::delete)))),
        )
        .service(
            resource("/events/{event}/users/{user}/verify")
                .route(needs(Role::Verify, bare(post().to(identify::verify)))),
        )
        .service(
            resource("/events/{event}/users/{user}/faces")
                .route(needs(Role::Enrol, bare(get().to(samples::list))))
                .route(needs(Role::Enrol, bare(post().guard(fn_guard(is_json)).to(enrol::enrol_embeddings))))
                .route(needs_for_several(Role::Enrol, bare(post().to(enrol::enrol)))),
        )
        .service(
            resource("/events/{event}/users/{user}/faces/{id}")
                .route(needs(Role::Enrol, bare(get().to(samples::get))))
                .route(needs(Role::Enrol, bare(delete().to(samples::delete)))),
        )
        .service(resource("/faces/detect").route(needs(Role::Verify, bare(post().to(pictures::detect)))))
        .service(
            resource("/faces/compare")
                .route(needs_for_several(Role::Verify, bare(post().to(pictures::compare)))),
        )
        .service(resource("/faces/embed").route(needs(Role::Verify, bare(post().to(pictures::embed)))))
        .service(resource("/audit").route(needs(Role::Admin, get().to(audit::list))))
        .service(
            resource("/transactions/{id}").route(needs(Role::Verify, bare(get().to(audit::transaction)))),
        );
    routes.service(v1);
}

/// Whether a body says that it is JSON.
fn is_json(context: &GuardContext<'_>) -> bool {
    // Parsed and not compared as text, as a parameter such as `charset` may follow.
    let media_type = context.header::<ContentType>();
    media_type.is_some_and(|ContentType(media_type)| media_type.subtype() == "json")
}
