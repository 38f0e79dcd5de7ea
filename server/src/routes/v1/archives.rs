//! `/v1/events/{event}/export` and `/import`: an event as a file, sent and received in pieces.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use ::events::{Action, EventName};
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Json, Payload, Query};
use embedding_store::archive::Summary;
use futures_executor::block_on;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

use super::path::InEvent;
use super::pieces::{PieceReader, PieceWriter, forward, pieces};
use crate::audit::Transaction;
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, EVENT, STORE, problems};
use crate::service::Service;

/// The media type of an archive.
const ARCHIVE: &str = "application/octet-stream";

/// Whether faces may lie in the file as they are.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// Also without a key for archives: the file then holds biometric data in the clear.
    #[serde(default)]
    plain: bool,
}

/// What an archive brought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// Users in it.
    #[schema(example = 15)]
    users: u64,
    /// Faces in it, those that were there already included.
    #[schema(example = 31)]
    faces: u64,
    /// Whether the event was there with other settings, which it has kept.
    settings_kept: bool,
}

problems!(ExportErrors = ALWAYS, EVENT, STORE, &[codes::INVALID_QUERY, codes::PLAIN_EXPORT]);
problems!(
    ImportErrors = ALWAYS,
    STORE,
    &[codes::INVALID_NAME, codes::INVALID_ARCHIVE, codes::OTHER_MODEL, codes::CONFLICT, codes::BUSY]
);

/// Export an event
///
/// The event with its users and faces as one file, which `face-server import` and the import of any server take:
/// encrypted with the server's `FACE_ARCHIVE_KEY`, or in the clear when asked so. It has no check-ins and no audit.
/// A file that is cut off is recognised as such when it is imported.
#[utoipa::path(
    get, path = "/v1/events/{event}/export", tag = "Events", operation_id = "v1_export_event",
    params(InEvent, ExportQuery),
    responses(
        ExportErrors,
        (status = 200, description = "The archive", body = Vec<u8>, content_type = "application/octet-stream"),
    )
)]
pub(crate) async fn export(
    service: Data<Service>,
    InEvent { event }: InEvent,
    query: Query<ExportQuery>,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let act = transaction.act(Action::ExportEvent).at(&event);
    act.done(exportable(&service, &event, query.plain).await).await?;
    let (out, sent) = pieces();
    let disposition = (CONTENT_DISPOSITION, "attachment; filename=\"event.faces\"");
    spawn_blocking(move || write(&service, &event, out));
    Ok(HttpResponse::Ok().content_type(ARCHIVE).insert_header(disposition).streaming(sent))
}

async fn exportable(service: &Service, event: &EventName, plain: bool) -> Result<(), ApiError> {
    if service.archive_key.is_none() && !plain {
        return Err(ApiError::PlainExport);
    }
    service.events.event(event).await?;
    Ok(())
}

/// On a thread that may wait for the client. An error breaks the answer off.
///
/// Driven by an executor of that thread alone: within the server's own no piece may be waited for.
fn write(service: &Service, event: &EventName, mut out: PieceWriter) {
    let exported = block_on(service.events.export(event, &mut out, service.archive_key.clone()));
    if let Err(error) = exported {
        tracing::warn!(%event, %error, "an export was broken off");
        out.break_off();
    }
}

/// Import into an event
///
/// Adds the users and faces of an archive of this event; the event is made when it is not there. Sending the same
/// archive again changes nothing, so after an error it is simply sent again. It is to arrive within a minute: large
/// ones are for `face-server import`.
#[utoipa::path(
    post, path = "/v1/events/{event}/import", tag = "Events", operation_id = "v1_import_event",
    params(InEvent),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "An archive"),
    responses(
        ImportErrors,
        (status = 200, description = "Everything in it is in the store", body = Imported),
    )
)]
pub(crate) async fn import(
    service: Data<Service>,
    InEvent { event }: InEvent,
    body: Payload,
    transaction: Transaction,
) -> Result<Json<Imported>, ApiError> {
    let act = transaction.act(Action::ImportEvent).at(&event);
    let Summary { total, kept_events, .. } = act.done(received(service, event, body).await).await?;
    Ok(Json(Imported { users: total.users, faces: total.samples, settings_kept: !kept_events.is_empty() }))
}

async fn received(service: Data<Service>, event: EventName, body: Payload) -> Result<Summary, ApiError> {
    let (sender, receiver) = mpsc::channel(PieceReader::AHEAD);
    let reading = spawn_blocking(move || {
        let (input, key) = (PieceReader::new(receiver), service.archive_key.clone());
        // As in `write`.
        block_on(service.events.import(&event, input, key))
    });
    forward(body, sender).await;
    Ok(reading.await.map_err(|_panic| ApiError::Internal)??)
}
