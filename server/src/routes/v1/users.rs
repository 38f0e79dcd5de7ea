//! `/v1/events/{event}/users`: the users of an event.

use ::events::{Action, EventName, Metadata, UserDetails, Username};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use embedding_store::{FormerName, UserRecord};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::object::FromObject;
use super::paging::{self, PageQuery};
use super::path::{InEvent, OfUser};
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::openapi::errors::{EVENT, JSON, PAGED, STORE, USER};
use crate::routes::fields;
use crate::routes::operation::Operation;
use crate::service::Service;

/// A user in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedUser {
    /// The name.
    #[schema(value_type = String, example = "john_doe")]
    name: Username,
    /// The client's own data.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// When the user was first enrolled.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    created: OffsetDateTime,
    /// When the user or their faces were last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    updated: OffsetDateTime,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserResponse {
    #[serde(flatten)]
    user: ListedUser,
    /// How many faces are enrolled.
    #[schema(minimum = 1, example = 2)]
    embedding_count: usize,
    /// When a face was last found to be the user's, as far back as the audit goes; null when never.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2026-11-25T10:02:11.2Z")]
    last_verified: Option<OffsetDateTime>,
    /// Names that the user had before, and of those who were merged into them, the oldest first; at most 32.
    former_names: Vec<FormerNameResponse>,
}

/// A name that a user had.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormerNameResponse {
    /// The name; somebody else may have it since.
    #[schema(value_type = String, example = "j_doe")]
    name: Username,
    /// When it was given up.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:50:00.1Z")]
    until: OffsetDateTime,
}

/// Users, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserPage {
    /// The users in name order.
    users: Vec<ListedUser>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// What of a user is to be another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    /// The client's own data, as a whole: at most 16 KiB as JSON.
    #[schema(value_type = Object)]
    metadata: Metadata,
}

/// The operations on users.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Role::Enrol, __path_list_users, list_users)
            .with_list()
            .with_errors(&[STORE, EVENT, PAGED]),
        Operation::new(Role::Enrol, __path_get_user, get_user).with_errors(&[STORE, USER]),
        Operation::new(Role::Enrol, __path_change_user, change_user).with_errors(&[
            STORE,
            USER,
            JSON,
            &[codes::UNSTORABLE, codes::METADATA_TOO_LARGE],
        ]),
        Operation::new(Role::Admin, __path_delete_user, delete_user).with_errors(&[STORE, USER]),
    ]
}

/// List the users of an event
#[utoipa::path(
    get, path = "/v1/events/{event}/users", tag = "Users and faces", params(InEvent, PageQuery),
    responses((status = 200, description = "A page of users", body = UserPage))
)]
async fn list_users(
    service: Data<Service>,
    InEvent { event }: InEvent,
    query: Query<PageQuery>,
) -> Result<Json<UserPage>, ApiError> {
    let listing = service.events.users_page(&event, query.into_inner().page()?).await?;
    let users = listing.items.into_iter().map(ListedUser::from).collect();
    Ok(Json(UserPage { users, next_cursor: paging::next(listing.next) }))
}

/// Read a user
#[utoipa::path(
    get, path = "/v1/events/{event}/users/{user}", tag = "Users and faces",
    params(OfUser), responses((status = 200, description = "The user", body = UserResponse))
)]
async fn get_user(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
) -> Result<Json<UserResponse>, ApiError> {
    let details = service.events.user(&event, &user).await?;
    Ok(Json(user_response(&service, &event, details).await?))
}

/// Change a user
///
/// Replaces the client's own data of the user.
#[utoipa::path(
    patch, path = "/v1/events/{event}/users/{user}", tag = "Users and faces", params(OfUser),
    request_body(content = UserPatch, example = json!({"metadata": {"company": "Acme", "badge": 17}})),
    responses((status = 200, description = "The user as they are now", body = UserResponse))
)]
async fn change_user(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    transaction: Transaction,
    body: Json<FromObject<UserPatch>>,
) -> Result<Json<UserResponse>, ApiError> {
    let pending = transaction.begin(Action::UpdateUser).at(&event).about(&user);
    let UserPatch { metadata } = body.into_inner().0;
    let changed = async {
        let metadata = fields::metadata(metadata)?;
        Ok::<_, ApiError>(service.events.update_user(&event, &user, metadata).await?)
    };
    let details = pending.record(changed).await?;
    Ok(Json(user_response(&service, &event, details).await?))
}

/// Delete a user
///
/// Deletes the user with all faces and check-ins. It cannot be undone; the event stays.
#[utoipa::path(
    delete, path = "/v1/events/{event}/users/{user}", tag = "Users and faces",
    params(OfUser), responses((status = 204, description = "The user is gone"))
)]
async fn delete_user(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::DeleteUser).at(&event).about(&user);
    pending.record(service.events.delete_user(&event, &user)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A user as they are told of, with what the audit has of them.
pub(super) async fn user_response(
    service: &Service,
    event: &EventName,
    UserDetails { record, sample_count }: UserDetails,
) -> Result<UserResponse, ApiError> {
    let mut last_verified = service.audit.last_verified(event, &record.name, None).await?;
    for former in &record.former_names {
        let under_it = service.audit.last_verified(event, &former.name, Some(former.until)).await?;
        last_verified = last_verified.max(under_it);
    }
    // The audit outlives a user: it may have been somebody else of that name.
    let last_verified = last_verified.filter(|time| *time >= record.created);
    let former = record.former_names.iter().cloned();
    let former_names =
        former.map(|FormerName { name, until, .. }| FormerNameResponse { name, until }).collect();
    let user = ListedUser::from(record);
    Ok(UserResponse { user, embedding_count: sample_count, last_verified, former_names })
}

impl From<UserRecord> for ListedUser {
    fn from(UserRecord { name, metadata, created, updated, .. }: UserRecord) -> Self {
        Self { name, metadata, created, updated }
    }
}
