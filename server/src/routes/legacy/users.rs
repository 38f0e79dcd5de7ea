//! `/api/all_user` and `/api/delete_user`: the users of an event, and the end of one.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use ::events::{Action, EventName, Username};
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors};
use crate::http::{HeadAlone, OwnPage};
use crate::routes::fields::{event_name, username};
use crate::service::Service;

/// The event asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InEvent {
    /// Name of the event.
    #[param(required = true, min_length = 1, example = "conference_2024")]
    event_name: Option<String>,
}

/// The user meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneUser {
    /// Name of the event.
    #[param(required = true, min_length = 1, example = "conference_2024")]
    event_name: Option<String>,
    /// Name of the user.
    #[param(required = true, min_length = 1, example = "john_doe")]
    user_id: Option<String>,
}

/// The users of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserList {
    /// Their names, in order.
    #[schema(value_type = Vec<String>, example = json!(["jane_smith", "john_doe"]))]
    users: Vec<Username>,
}

/// A user was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserDeleted {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// What happened, for people.
    #[schema(example = "User 'john_doe' deleted from event 'conference_2024'")]
    message: String,
}

/// List the users of an event
#[utoipa::path(
    get, path = "/api/all_user", tag = "As the replaced service had it", operation_id = "legacy_list_users",
    params(InEvent),
    responses(
        StatusErrors,
        (status = 200, description = "The users", body = UserList),
        (status = 400, description = "A parameter is missing or no name", body = StatusError),
        (status = 404, description = "No such event", body = StatusError,
            example = json!({"status": "error", "message": "Event 'conference_2024' not found"})),
    )
)]
pub(crate) async fn list_users(
    service: Data<Service>,
    caller: Caller,
    query: Query<InEvent>,
) -> Result<Json<UserList>, ApiError> {
    let event = own_event(&caller, query.into_inner().event_name)?;
    Ok(Json(UserList { users: service.events.users(&event).await? }))
}

/// Delete a user
///
/// Deletes the user with all faces; the event stays. It is a GET for the sake of older clients, so it is
/// refused when a browser says that the request comes from another site, or does not say from which page. HEAD answers
/// likewise and deletes nothing.
#[utoipa::path(
    get, path = "/api/delete_user", tag = "As the replaced service had it", operation_id = "legacy_delete_user",
    params(OneUser),
    responses(
        StatusErrors,
        (status = 200, description = "The user is gone", body = UserDeleted),
        (status = 400, description = "A parameter is missing or no name", body = StatusError),
        (status = 404, description = "No such event or user", body = StatusError,
            example = json!({"status": "error", "message": "User 'john_doe' not found in event 'conference_2024'"})),
    )
)]
pub(crate) async fn delete_user(
    _: OwnPage,
    service: Data<Service>,
    caller: Caller,
    query: Query<OneUser>,
    transaction: Transaction,
    HeadAlone(is_head): HeadAlone,
) -> Result<Json<UserDeleted>, ApiError> {
    let OneUser { event_name, user_id } = query.into_inner();
    let event = own_event(&caller, event_name)?;
    let user = username("user_id", &given("user_id", user_id)?)?;
    if is_head {
        // Looked up all the same, so that HEAD is 404 where GET would be.
        service.events.expect_user(&event, &user).await?;
    } else {
        let pending = transaction.begin(Action::DeleteUser).at(&event).about(&user);
        pending.record(service.events.delete_user(&event, &user)).await?;
    }
    Ok(Json(UserDeleted {
        status: "success",
        message: format!("User '{user}' deleted from event '{event}'"),
    }))
}

/// The event that is named, if it is the caller's.
fn own_event(caller: &Caller, name: Option<String>) -> Result<EventName, ApiError> {
    caller.enter(event_name("event_name", &given("event_name", name)?)?)
}

fn given(name: &'static str, value: Option<String>) -> Result<String, ApiError> {
    // Checked here and not by the reader of queries, whose error does not name the parameter.
    value.ok_or_else(|| ApiError::Field(format!("the query parameter '{name}' is missing")))
}
