//! `/v1/events/{event}/export` and `/import`: an event as a file.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use std::io;

use ::events::{Action, EventName, ImportError};
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Json, Payload, Query};
use embedding_store::archive::{ArchiveError, Summary};
use futures_executor::block_on;
use futures_util::stream::pending;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

use super::body_stream::{BodyWriter, body_stream};
use super::path::InEvent;
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::http::{Admission, HeadAlone, UNREADABLE};
use crate::openapi::errors::{EVENT, STORE};
use crate::routes::operation::Operation;
use crate::service::Service;

/// The media type of an archive.
const ARCHIVE: &str = "application/octet-stream";

/// An archive, as docs/STORAGE.md describes it.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Archive(Vec<u8>);

/// Whether faces may lie in the file as they are.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// In the clear, also where there is a key for archives: the file then holds biometric data as it is.
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
    #[schema(example = false)]
    settings_kept: bool,
}

/// The operations on events as files.
pub(super) fn operations() -> Vec<Operation> {
    let export = [codes::INVALID_QUERY, codes::PLAIN_EXPORT, codes::BUSY];
    let import = [
        codes::INVALID_ARCHIVE,
        codes::BODY_TOO_LARGE,
        codes::OTHER_MODEL,
        codes::UNUSABLE_RULE,
        codes::CONFLICT,
        codes::BUSY,
    ];
    vec![
        Operation::new(Role::Admin, __path_export_event, export_event)
            .with_list()
            .with_errors(&[EVENT, STORE, &export]),
        Operation::new(Role::Admin, __path_import_event, import_event).with_errors(&[EVENT, STORE, &import]),
    ]
}

/// Export an event
///
/// The event with its users and faces as one file, which `face-server import` and the import of any server take. It
/// is encrypted with the server's `FACE_ARCHIVE_KEY`, unless it is asked for in the clear. It has no check-ins and no
/// audit. A file that is cut off is recognised as such when it is imported. Where users or events of the store cannot
/// be read, the file is without those of them that are the event's, and `x-unreadable-records` says how many they are
/// in the whole store.
#[utoipa::path(
    get, path = "/v1/events/{event}/export", tag = "Events", params(InEvent, ExportQuery),
    responses(
        (
            status = 200, description = "The archive", body = Archive, content_type = "application/octet-stream",
            headers(("x-unreadable-records" = Option<usize>, description = "Of the store's users and events, how many cannot be read; absent when all can"))
        ),
    )
)]
async fn export_event(
    service: Data<Service>,
    InEvent { event }: InEvent,
    query: Query<ExportQuery>,
    transaction: Transaction,
    HeadAlone(is_head): HeadAlone,
) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Ok();
    answer.content_type(ARCHIVE);
    answer.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"event.faces\""));
    let unreadable = service.events.unreadable_records();
    if unreadable > 0 {
        answer.insert_header((UNREADABLE, unreadable));
    }
    if is_head {
        // Refused as GET would be; the room is given back, since nothing is exported.
        drop(exportable(&service, &event, query.plain).await?);
        // Says that the length is not known. HEAD drops the body, so it is never polled.
        return Ok(answer.streaming(pending::<Result<Bytes, ApiError>>()));
    }
    let pending = transaction.begin(Action::ExportEvent).at(&event);
    // Refused and recorded before the first byte is sent: after it the status can no longer change, and
    // it is unknown how much of the archive the client received.
    let permit = pending.record(exportable(&service, &event, query.plain)).await?;
    if unreadable > 0 {
        tracing::warn!(%event, unreadable, "an export is without what cannot be read of the store's users and events");
    }
    let (out, sent) = body_stream();
    let plain = query.plain;
    // The permit goes with the thread and not with the answer: an export whose client
    // has left takes up its thread until it notices.
    spawn_blocking(move || {
        write(&service, &event, plain, out);
        drop(permit);
    });
    Ok(answer.streaming(sent))
}

async fn exportable(
    service: &Service,
    event: &EventName,
    plain: bool,
) -> Result<OwnedSemaphorePermit, ApiError> {
    if service.archive_key.is_none() && !plain {
        return Err(ApiError::PlainExport);
    }
    service.events.event(event).await?;
    service.exports.clone().try_acquire_owned().map_err(|_all_taken| ApiError::Busy)
}

/// On a thread that may wait for the client. An error breaks the answer off.
///
/// Driven by `futures_executor` and not by the runtime's `block_on`: [`BodyWriter`] waits for each piece by the
/// latter, which panics when it is called inside of itself.
fn write(service: &Service, event: &EventName, plain: bool, mut out: BodyWriter) {
    let key = service.archive_key.clone().filter(|_| !plain);
    if let Err(error) = block_on(service.events.export(event, &mut out, key)) {
        tracing::warn!(%event, %error, "an export was broken off");
        out.break_off();
    }
}

/// Import into an event
///
/// Adds the users and faces of an archive of this event; the event is made when it is not there. Sending the same
/// archive again changes nothing, so after an error it is simply sent again; whoever was deleted since it was made is
/// there again. It is no larger than a picture may be: large ones are for `face-server import`.
#[utoipa::path(
    post, path = "/v1/events/{event}/import", tag = "Events", params(InEvent),
    request_body(content = Archive, content_type = "application/octet-stream", description = "An archive"),
    responses(
        (status = 200, description = "Everything in it is in the store", body = Imported),
    )
)]
async fn import_event(
    service: Data<Service>,
    admission: Data<Admission>,
    InEvent { event }: InEvent,
    body: Payload,
    transaction: Transaction,
) -> Result<Json<Imported>, ApiError> {
    let pending = transaction.begin(Action::ImportEvent).at(&event);
    let imported = async {
        // Received before there is a permit: an archive that comes slowly would keep out one that is there.
        let archive = received(body, admission.max_upload()).await?;
        let permit = service.imports.clone().try_acquire_owned().map_err(|_all_taken| ApiError::Busy)?;
        let archive = Admitted { archive, _permit: permit };
        Ok::<_, ApiError>(service.events.import(&event, archive, service.archive_key.clone()).await?)
    };
    let Summary { total, kept_events, .. } = pending.record(imported).await?;
    Ok(Json(Imported { users: total.users, faces: total.samples, settings_kept: !kept_events.is_empty() }))
}

/// An archive that there is room for until it was taken in, whether or not its client waits for that.
struct Admitted {
    archive: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Admitted {
    fn as_ref(&self) -> &[u8] {
        &self.archive
    }
}

async fn received(body: Payload, limit: usize) -> Result<Bytes, ApiError> {
    match body.to_bytes_limited(limit).await {
        Ok(Ok(archive)) => Ok(archive),
        Ok(Err(error)) => {
            Err(ImportError::from(ArchiveError::from(io::Error::other(error.to_string()))).into())
        }
        Err(_too_large) => Err(ApiError::BodyTooLarge { limit }),
    }
}
