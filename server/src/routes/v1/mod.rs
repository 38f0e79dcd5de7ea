//! `/v1`: its operations by topic, and how their input is read.

mod archives;
mod audit;
mod body_stream;
mod caller;
mod check_ins;
mod enrolment;
mod events;
mod face_response;
mod idempotency;
mod keys;
mod list_file;
mod names;
mod object;
mod paging;
mod path;
mod pictures;
mod recognition;
mod renaming;
mod samples;
mod snapshots;
mod users;
mod verdict;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::web::{JsonConfig, QueryConfig};
use actix_web::{Error, HttpRequest, Resource};

use super::operation::{self, Operation};
use crate::error::ApiError;

pub(super) use audit::{EntryResponse, visible_entries};

/// Longest JSON body, in bytes: that of the longest record that can be stored.
const MAX_JSON: usize = 1 << 20;

/// Every operation of `/v1`.
pub(super) fn operations() -> impl Iterator<Item = Operation> {
    let topics = [
        events::operations(),
        archives::operations(),
        users::operations(),
        renaming::operations(),
        samples::operations(),
        enrolment::operations(),
        recognition::operations(),
        check_ins::operations(),
        names::operations(),
        pictures::operations(),
        audit::operations(),
        keys::operations(),
        snapshots::operations(),
        caller::operations(),
    ];
    topics.into_iter().flatten()
}

/// The paths of `/v1`.
pub(super) fn resources() -> impl Iterator<Item = Resource> {
    let json_error =
        |error: JsonPayloadError, _: &HttpRequest| Error::from(ApiError::from_json_error(&error));
    let query_error =
        |error: QueryPayloadError, _: &HttpRequest| Error::from(ApiError::from_query_error(&error));
    // Of these paths alone: the older ones keep the words that their clients know.
    let json = JsonConfig::default().limit(MAX_JSON).error_handler(json_error);
    let query = QueryConfig::default().error_handler(query_error);
    operation::resources(operations())
        .map(move |resource| resource.app_data(json.clone()).app_data(query.clone()))
}
