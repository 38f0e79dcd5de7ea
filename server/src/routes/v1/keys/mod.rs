//! `/v1/keys`: the keys of clients, made, changed, rotated and revoked while the server runs.

mod body;
mod response;

use std::sync::Arc;

use ::events::{Action, Actor};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use time::OffsetDateTime;

use self::body::{KeyBody, KeyPatch, RotationBody, generate};
use self::response::{KeyList, KeyResponse, NewKey};
use super::object::FromObject;
use super::path::OfKey;
use crate::audit::Transaction;
use crate::auth::{
    Access, Caller, KeyChange, KeyChangeError, KeyFileError, KeyRecord, Keys, Role, Rotation, may,
};
use crate::error::{ApiError, codes, with_causes};
use crate::openapi::errors::JSON;
use crate::routes::operation::Operation;

/// The operations on keys.
pub(super) fn operations() -> Vec<Operation> {
    let file = [codes::KEYS_OFF, codes::KEYS_UNAVAILABLE];
    let change = [codes::WIDER_KEY, codes::INVALID_FIELD, codes::INVALID_NAME, codes::BUSY];
    let known = [codes::NO_SUCH_KEY, codes::INVALID_FIELD];
    let update = [codes::LAST_ADMIN_KEY, codes::WIDER_KEY, codes::INVALID_NAME];
    vec![
        Operation::new(Role::Admin, __path_list_keys, list_keys).with_errors(&[&file]),
        Operation::new(Role::Admin, __path_create_key, create_key).with_errors(&[
            &file,
            JSON,
            &change,
            &[codes::KEY_EXISTS],
        ]),
        Operation::new(Role::Admin, __path_change_key, change_key)
            .with_errors(&[&file, JSON, &known, &update]),
        Operation::new(Role::Admin, __path_rotate_key, rotate_key).with_errors(&[
            &file,
            JSON,
            &known,
            &[codes::LAST_ADMIN_KEY],
        ]),
        Operation::new(Role::Admin, __path_revoke_key, revoke_key).with_errors(&[
            &file,
            &known,
            &[codes::LAST_ADMIN_KEY],
        ]),
    ]
}

/// List keys
///
/// All keys, oldest first, without their secrets, and when each was used last as far as this server knows. A key for some
/// events sees those that are for no others.
#[utoipa::path(
    get, path = "/v1/keys", tag = "Keys",
    responses((status = 200, description = "The keys", body = KeyList))
)]
async fn list_keys(access: Data<Access>, caller: Caller) -> Result<Json<KeyList>, ApiError> {
    let (records, uses) = keys(&access)?.list().await.map_err(refusal)?;
    let visible = records.into_iter().filter(|record| may(Some(&caller), record));
    Ok(Json(KeyList { keys: visible.map(|record| KeyResponse::new(record, &uses)).collect() }))
}

/// Make a key
///
/// The key is in this answer and nowhere else: the server keeps a digest of it. A key for some events makes keys for
/// these alone.
#[utoipa::path(
    post, path = "/v1/keys", tag = "Keys",
    request_body(content = KeyBody),
    responses((status = 201, description = "The key, shown this once", body = NewKey))
)]
async fn create_key(
    access: Data<Access>,
    caller: Caller,
    transaction: Transaction,
    body: Json<FromObject<KeyBody>>,
) -> Result<HttpResponse, ApiError> {
    let (key, record) = body.into_inner().0.parse()?;
    let pending = transaction.begin(Action::CreateKey).about_key(&record.name);
    let made = pending.record(change(&access, KeyChange::Add(record), caller)).await?;
    Ok(HttpResponse::Created().json(NewKey::new(&key, made)))
}

/// Change a key
///
/// Changes what is given; null takes it away. The key itself stays.
#[utoipa::path(
    patch, path = "/v1/keys/{name}", tag = "Keys", params(OfKey),
    request_body(content = KeyPatch, example = json!({"label": "north door", "expires": null})),
    responses((status = 200, description = "The key as it is now", body = KeyResponse))
)]
async fn change_key(
    access: Data<Access>,
    OfKey { name }: OfKey,
    caller: Caller,
    transaction: Transaction,
    body: Json<FromObject<KeyPatch>>,
) -> Result<Json<KeyResponse>, ApiError> {
    let update = body.into_inner().0.parse()?;
    let pending = transaction.begin(Action::UpdateKey).about_key(&name);
    let changed = pending.record(change(&access, KeyChange::Update(name, update), caller)).await?;
    Ok(Json(KeyResponse::new(changed, &keys(&access)?.last_uses())))
}

/// Rotate a key
///
/// Puts a new key in the place of one, under its name. The old one holds beside it until `old_until`, a day from now
/// unless said, so that its clients can change over one by one.
#[utoipa::path(
    post, path = "/v1/keys/{name}/rotate", tag = "Keys", params(OfKey),
    request_body(content = RotationBody, example = json!({"old_until": "2027-01-31T00:00:00Z"})),
    responses((status = 200, description = "The new key, shown this once", body = NewKey))
)]
async fn rotate_key(
    access: Data<Access>,
    OfKey { name }: OfKey,
    caller: Caller,
    transaction: Transaction,
    body: Json<FromObject<RotationBody>>,
) -> Result<Json<NewKey>, ApiError> {
    let (old_until, expires) = body.into_inner().0.parse(OffsetDateTime::now_utc());
    let key = generate()?;
    let rotation = Rotation::new(&key, old_until, expires);
    let pending = transaction.begin(Action::RotateKey).about_key(&name);
    let rotated = pending.record(change(&access, KeyChange::Rotate(name, rotation), caller)).await?;
    Ok(Json(NewKey::new(&key, rotated)))
}

/// Revoke a key
///
/// Ends it at once, with those that it was rotated from; other servers on the key file follow within two seconds.
#[utoipa::path(
    delete, path = "/v1/keys/{name}", tag = "Keys", params(OfKey),
    responses((status = 204, description = "It holds no longer"))
)]
async fn revoke_key(
    access: Data<Access>,
    OfKey { name }: OfKey,
    caller: Caller,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::RevokeKey).about_key(&name);
    pending.record(change(&access, KeyChange::Revoke(name), caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn keys(access: &Access) -> Result<&Arc<Keys>, ApiError> {
    match access {
        Access::Anyone => Err(ApiError::KeysOff),
        Access::Keys(keys) => Ok(keys),
    }
}

async fn change(access: &Access, change: KeyChange, by: Caller) -> Result<KeyRecord, ApiError> {
    keys(access)?.change(change, by).await.map_err(refusal)
}

fn refusal(error: KeyFileError) -> ApiError {
    let text = |name: Actor| name.to_string();
    match error {
        KeyFileError::Change(KeyChangeError::NameTaken(name)) => ApiError::KeyExists(text(name)),
        KeyFileError::Change(KeyChangeError::NoSuchKey(name)) => ApiError::NoSuchKey(text(name)),
        KeyFileError::Change(KeyChangeError::Wider) => ApiError::WiderKey,
        KeyFileError::Change(KeyChangeError::LastAdmin) => ApiError::LastAdminKey,
        KeyFileError::Change(KeyChangeError::Unfit(detail)) => ApiError::Field(detail),
        error @ (KeyFileError::File { .. }
        | KeyFileError::Missing(_)
        | KeyFileError::Writable(_)
        | KeyFileError::Broken { .. }
        | KeyFileError::Empty(_)) => {
            // Not for the client: it names a file of this machine.
            tracing::error!(error = with_causes(&error), "the keys cannot be read or changed");
            ApiError::KeysUnavailable
        }
    }
}
