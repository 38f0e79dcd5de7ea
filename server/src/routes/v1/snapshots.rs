//! `/v1/snapshots`: all that is stored, as it is at one moment, as files in the server's own folder.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use std::io;

use ::events::{Action, EventError};
use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Json, Query};
use data_encoding::HEXLOWER;
use embedding_store::archive::{ArchiveError, Snapshot};
use futures_executor::block_on;
use futures_util::stream::pending;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

use super::archives::Archive;
use super::body_stream::body_stream;
use super::path::OfSnapshot;
use crate::audit::Transaction;
use crate::auth::{Caller, Role};
use crate::error::{ApiError, codes, with_causes};
use crate::http::HeadAlone;
use crate::openapi::errors::STORE;
use crate::routes::operation::Operation;
use crate::service::Service;
use crate::snapshots::{SnapshotError, SnapshotName, Snapshots, StoredSnapshot, records, write_whole};

/// Whether faces may lie in the file as they are.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnapshotQuery {
    /// In the clear, also where there is a key for archives: the file then holds biometric data as it is.
    #[serde(default)]
    plain: bool,
}

/// A snapshot that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotResponse {
    /// The name of its file.
    #[schema(example = "snapshot-20261201T024145123Z.faces")]
    name: String,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T02:41:45.123Z")]
    created: OffsetDateTime,
    /// Its size.
    #[schema(example = 4096)]
    bytes: u64,
}

/// The snapshots that are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotList {
    /// The latest first.
    snapshots: Vec<SnapshotResponse>,
}

/// A snapshot that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeSnapshot {
    #[serde(flatten)]
    snapshot: SnapshotResponse,
    /// The SHA-256 of the file, in hexadecimal.
    #[schema(example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    sha256: String,
    /// Events in it.
    #[schema(example = 2)]
    events: u64,
    /// Users in it.
    #[schema(example = 15)]
    users: u64,
    /// Faces in it.
    #[schema(example = 31)]
    faces: u64,
    /// Entries in it of check-ins and of the audit.
    #[schema(example = 120)]
    entries: u64,
}

/// The operations on snapshots.
pub(super) fn operations() -> Vec<Operation> {
    let folder = [codes::EVENT_NOT_ALLOWED, codes::SNAPSHOTS_OFF, codes::SNAPSHOTS_UNAVAILABLE];
    let make = [codes::INVALID_QUERY, codes::PLAIN_EXPORT, codes::SNAPSHOT_RUNNING];
    vec![
        Operation::new(Role::Admin, __path_create_snapshot, create_snapshot)
            .with_errors(&[&folder, STORE, &make]),
        Operation::new(Role::Admin, __path_list_snapshots, list_snapshots).with_errors(&[&folder]),
        Operation::new(Role::Admin, __path_download_snapshot, download_snapshot)
            .with_list()
            .with_errors(&[&folder, &[codes::NO_SUCH_SNAPSHOT, codes::BUSY]]),
        Operation::new(Role::Admin, __path_delete_snapshot, delete_snapshot)
            .with_errors(&[&folder, &[codes::NO_SUCH_SNAPSHOT]]),
    ]
}

/// Make a snapshot
///
/// Everything that is stored, as it is at one moment, with check-ins and audit, in a file of the server's folder for
/// snapshots; `face-server restore` takes it into an empty store. It is encrypted with the server's `FACE_ARCHIVE_KEY`,
/// unless it is asked for in the clear. Nobody waits for it. One is made at a time; it goes on when its request is given
/// up or takes more than a minute, and is then in the list once it is done. The oldest are removed when there are more than
/// the server keeps.
#[utoipa::path(
    post, path = "/v1/snapshots", tag = "Snapshots", params(SnapshotQuery),
    responses((status = 201, description = "The snapshot is on the disk", body = MadeSnapshot))
)]
async fn create_snapshot(
    service: Data<Service>,
    query: Query<SnapshotQuery>,
    caller: Caller,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let is_plain = query.plain;
    let made = async {
        let snapshots = whole_store(&service, &caller)?;
        if service.archive_key.is_none() && !is_plain {
            return Err(ApiError::PlainExport);
        }
        let turn = snapshots.begin().ok_or(ApiError::SnapshotRunning)?;
        // On a thread of its own: it waits for the disk, and goes on when the client has left.
        let making = spawn_blocking(move || {
            let made = block_on(make(&service, &snapshots, is_plain));
            drop(turn);
            made
        });
        making.await.map_err(|_| ApiError::Internal)?
    };
    let (name, Snapshot { total, sha256, .. }) =
        transaction.begin(Action::CreateSnapshot).record(made).await?;
    Ok(HttpResponse::Created().json(MadeSnapshot {
        snapshot: SnapshotResponse::new(StoredSnapshot { name, bytes: total.bytes }),
        sha256: HEXLOWER.encode(&sha256),
        events: total.events,
        users: total.users,
        faces: total.samples,
        entries: total.entries,
    }))
}

async fn make(
    service: &Service,
    snapshots: &Snapshots,
    is_plain: bool,
) -> Result<(SnapshotName, Snapshot), ApiError> {
    let name = SnapshotName::at(OffsetDateTime::now_utc()).ok_or(ApiError::Internal)?;
    let records = records(&*service.store, service.own_journal.as_deref()).await;
    let key = service.archive_key.as_ref().filter(|_| !is_plain);
    let made = write_whole(records, &snapshots.path(&name), key, |_| {}).await;
    let made = made.map_err(|error| match error {
        SnapshotError::Archive(ArchiveError::Store(error)) => EventError::Store(error).into(),
        SnapshotError::Archive(_) | SnapshotError::File(_) => unavailable(&error),
    })?;
    // The new one is there; that older ones stay is no reason to say that it is not.
    if let Err(error) = snapshots.drop_oldest() {
        tracing::warn!(error = with_causes(&error), "old snapshots cannot be removed");
    }
    Ok((name, made))
}

/// List snapshots
///
/// Those in the server's folder, the latest first.
#[utoipa::path(
    get, path = "/v1/snapshots", tag = "Snapshots",
    responses((status = 200, description = "The snapshots", body = SnapshotList))
)]
async fn list_snapshots(service: Data<Service>, caller: Caller) -> Result<Json<SnapshotList>, ApiError> {
    let snapshots = whole_store(&service, &caller)?;
    let found = off_thread(move || snapshots.list()).await?;
    Ok(Json(SnapshotList { snapshots: found.into_iter().map(SnapshotResponse::new).collect() }))
}

/// Download a snapshot
///
/// The file as it is, encrypted or not.
#[utoipa::path(
    get, path = "/v1/snapshots/{name}", tag = "Snapshots", params(OfSnapshot),
    responses(
        (status = 200, description = "The snapshot", body = Archive, content_type = "application/octet-stream"),
    )
)]
async fn download_snapshot(
    service: Data<Service>,
    OfSnapshot { name }: OfSnapshot,
    caller: Caller,
    transaction: Transaction,
    HeadAlone(is_head): HeadAlone,
) -> Result<HttpResponse, ApiError> {
    let opened = async {
        let (snapshots, name) = (whole_store(&service, &caller)?, name.clone());
        let found = off_thread(move || snapshots.open(&name)).await?.ok_or(ApiError::NoSuchSnapshot)?;
        // Each keeps a thread for as long as its client takes, as an export does.
        let permit = service.exports.clone().try_acquire_owned().map_err(|_all_taken| ApiError::Busy)?;
        Ok::<_, ApiError>((found, permit))
    };
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/octet-stream");
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    if is_head {
        let ((_, bytes), _) = opened.await?;
        return Ok(answer.body(SizedStream::new(bytes, pending::<Result<Bytes, io::Error>>())));
    }
    let ((file, bytes), permit) = transaction.begin(Action::ReadSnapshot).record(opened).await?;
    let (mut out, sent) = body_stream();
    spawn_blocking(move || {
        let copied = io::copy(&mut io::Read::take(file, bytes), &mut out);
        // What is left of the last piece.
        if let Err(error) = copied.and_then(|_| io::Write::flush(&mut out)) {
            tracing::warn!(%error, "the download of a snapshot was broken off");
            out.break_off();
        }
        drop(permit);
    });
    Ok(answer.body(SizedStream::new(bytes, sent)))
}

/// Delete a snapshot
///
/// For good. The server keeps its latest by itself.
#[utoipa::path(
    delete, path = "/v1/snapshots/{name}", tag = "Snapshots", params(OfSnapshot),
    responses((status = 204, description = "It is gone"))
)]
async fn delete_snapshot(
    service: Data<Service>,
    OfSnapshot { name }: OfSnapshot,
    caller: Caller,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let removed = async {
        let snapshots = whole_store(&service, &caller)?;
        let is_gone = off_thread(move || snapshots.remove(&name)).await?;
        is_gone.then_some(()).ok_or(ApiError::NoSuchSnapshot)
    };
    transaction.begin(Action::DeleteSnapshot).record(removed).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The folder, for a caller who may have everything.
fn whole_store(service: &Service, caller: &Caller) -> Result<Snapshots, ApiError> {
    if caller.events().is_some() {
        return Err(ApiError::WholeStore);
    }
    service.snapshots.clone().ok_or(ApiError::SnapshotsOff)
}

/// Works on files beside the threads that serve.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let done = spawn_blocking(work).await.map_err(|_| ApiError::Internal)?;
    done.map_err(|error| unavailable(&error))
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    // Not for the client: it names files of this machine.
    tracing::error!(error = with_causes(error), "a snapshot cannot be made, read or removed");
    ApiError::SnapshotsUnavailable
}

impl SnapshotResponse {
    fn new(StoredSnapshot { name, bytes }: StoredSnapshot) -> Self {
        Self { created: name.created(), name: name.to_string(), bytes }
    }
}
