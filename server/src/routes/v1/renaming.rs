//! `/v1/events/{event}/users/{user}/rename` and `/merge`: another name for a user, and two users who are one person.

use ::events::{Action, DuplicatePolicy, MovedUser};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::events::OnOtherPerson;
use super::object::FromObject;
use super::path::OfUser;
use super::users::{UserResponse, user_response};
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::openapi::errors::{JSON, STORE, USER};
use crate::routes::fields::username;
use crate::routes::operation::Operation;
use crate::service::Service;

/// The name that a user is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameRequest {
    /// A name that nobody in the event has.
    #[schema(min_length = 1, max_length = 128, example = "jane_doe")]
    name: String,
}

/// Who a user is, too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// The name of the other user of the event, which stays.
    #[schema(min_length = 1, max_length = 128, example = "jane_doe")]
    into: String,
    /// What happens when their faces are of two people: as at an enrolment, of which this is the default too.
    #[serde(default)]
    #[schema(value_type = Option<OnOtherPerson>)]
    on_other_person: Option<DuplicatePolicy>,
}

/// The operations on users' names.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Role::Admin, __path_rename_user, rename_user).with_errors(&[
            STORE,
            USER,
            JSON,
            &[codes::USER_EXISTS, codes::SIMILAR_NAME],
        ]),
        Operation::new(Role::Admin, __path_merge_users, merge_users).with_errors(&[
            STORE,
            USER,
            JSON,
            &[codes::OTHER_PERSON, codes::SAME_USER, codes::NO_TEMPLATE, codes::UNSTORABLE],
        ]),
    ]
}

/// Rename a user
///
/// Faces, data and check-ins go along, and the audit finds the person by either name. A request that is made again
/// answers as the first time.
#[utoipa::path(
    post, path = "/v1/events/{event}/users/{user}/rename", tag = "Users and faces", params(OfUser),
    request_body(content = RenameRequest, example = json!({"name": "jane_doe"})),
    responses((status = 200, description = "The user under the new name", body = UserResponse))
)]
async fn rename_user(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    transaction: Transaction,
    body: Json<FromObject<RenameRequest>>,
) -> Result<Json<UserResponse>, ApiError> {
    let pending = transaction.begin(Action::RenameUser).at(&event).about(&user);
    let name = match username("name", &body.into_inner().0.name) {
        Ok(name) => name,
        Err(error) => return pending.record(std::future::ready(Err(error))).await,
    };
    let renamed = service.events.rename_user(&event, &user, &name);
    let renamed = pending.becoming(&name).record_as(renamed, MovedUser::audited).await?;
    Ok(Json(user_response(&service, &event, renamed.details).await?))
}

/// Merge a user into another
///
/// Says that two users are one person: the faces and check-ins of the first go to the other, whose name and data stay, with
/// the fields of data that only the first has. Faces of two people are refused unless `on_other_person` says otherwise. It cannot be undone. A request that is made again answers as the first time.
#[utoipa::path(
    post, path = "/v1/events/{event}/users/{user}/merge", tag = "Users and faces", params(OfUser),
    request_body(content = MergeRequest, example = json!({"into": "jane_doe"})),
    responses((status = 200, description = "The user who is both now", body = UserResponse))
)]
async fn merge_users(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    transaction: Transaction,
    body: Json<FromObject<MergeRequest>>,
) -> Result<Json<UserResponse>, ApiError> {
    let pending = transaction.begin(Action::MergeUsers).at(&event).about(&user);
    let MergeRequest { into, on_other_person } = body.into_inner().0;
    let into = match username("into", &into) {
        Ok(into) => into,
        Err(error) => return pending.record(std::future::ready(Err(error))).await,
    };
    let merged = service.events.merge_users(&event, &user, &into, on_other_person);
    let merged = pending.becoming(&into).record_as(merged, MovedUser::audited).await?;
    Ok(Json(user_response(&service, &event, merged.details).await?))
}
