//! The names and ids in a path, read into their types.

use std::future::{Ready, ready};

use ::events::{Actor, EventName, Username};
use actix_web::dev::Payload;
use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::routes::fields::{event_name, username};
use crate::snapshots::SnapshotName;

/// The event that a path names.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct InEvent {
    /// Name of the event, percent-encoded.
    #[param(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    pub(crate) event: EventName,
}

/// The user that a path names.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfUser {
    /// Name of the event, percent-encoded.
    #[param(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    pub(crate) event: EventName,
    /// Name of the user, percent-encoded.
    #[param(value_type = String, min_length = 1, max_length = 128, example = "john_doe")]
    pub(crate) user: Username,
}

/// The id that a path ends with.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WithId {
    /// Its id, as the server gave it.
    #[param(value_type = String, format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    pub(crate) id: Uuid,
}

/// The key that a path names.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfKey {
    /// Name of the key, percent-encoded.
    #[param(value_type = String, min_length = 1, max_length = 128, example = "door%201")]
    pub(crate) name: Actor,
}

/// The snapshot that a path names.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfSnapshot {
    /// Name of the snapshot, as the list has it.
    #[param(value_type = String, example = "snapshot-20261201T024145123Z.faces")]
    pub(crate) name: SnapshotName,
}

/// The segments of a path that have a name, percent-decoded.
///
/// The only way to the event that a path names, and so the one place that asks whether it is the caller's.
#[derive(Debug, Deserialize)]
struct Segments {
    event: Option<String>,
    user: Option<String>,
    id: Option<String>,
    /// Of a key or a snapshot.
    name: Option<String>,
}

impl Segments {
    fn read(request: &HttpRequest) -> Result<Self, ApiError> {
        // By `Path`, which decodes to the end: what the router matched still has `%2F`, `%25` and `%2B` encoded.
        // It is ready at once: a path is read from the head of the request.
        let segments = Path::<Self>::extract(request).now_or_never();
        Ok(segments.and_then(Result::ok).ok_or(ApiError::NoSuchPath)?.into_inner())
    }

    fn event(&self, request: &HttpRequest) -> Result<EventName, ApiError> {
        let event = event_name("event", self.event.as_deref().ok_or(ApiError::NoSuchPath)?)?;
        // Ready at once, so the first poll of a handler's extractors refuses a
        // foreign event before its body is read.
        Caller::from_extensions(request)?.enter(event)
    }

    fn user(&self) -> Result<Username, ApiError> {
        username("user", self.user.as_deref().ok_or(ApiError::NoSuchPath)?)
    }

    fn key(&self) -> Result<Actor, ApiError> {
        let name = self.name.as_deref().ok_or(ApiError::NoSuchPath)?;
        Actor::new(name).map_err(|error| ApiError::Field(format!("field 'name': {error}")))
    }

    fn snapshot(&self) -> Result<SnapshotName, ApiError> {
        let name = self.name.as_deref().ok_or(ApiError::NoSuchPath)?;
        SnapshotName::parse(name).ok_or(ApiError::NoSuchSnapshot)
    }

    fn id(&self) -> Result<Uuid, ApiError> {
        let id = self.id.as_deref().ok_or(ApiError::NoSuchPath)?;
        id.parse().map_err(|_| ApiError::Id("id"))
    }
}

/// Reads a type of the segments of a path: the request is ready to be read at once.
macro_rules! from_path {
    ($name:ident: $read:expr) => {
        impl FromRequest for $name {
            type Error = ApiError;
            type Future = Ready<Result<Self, ApiError>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let read: fn(&Segments, &HttpRequest) -> Result<Self, ApiError> = $read;
                ready(Segments::read(request).and_then(|path| read(&path, request)))
            }
        }
    };
}

from_path!(InEvent: |path, request| Ok(Self { event: path.event(request)? }));
from_path!(OfUser: |path, request| Ok(Self { event: path.event(request)?, user: path.user()? }));
from_path!(OfKey: |path, _| Ok(Self { name: path.key()? }));
from_path!(OfSnapshot: |path, _| Ok(Self { name: path.snapshot()? }));
from_path!(WithId: |path, _| Ok(Self { id: path.id()? }));

#[cfg(test)]
mod tests {
    use actix_web::HttpMessage;
    use actix_web::test::TestRequest;

    use super::*;

    fn by_anyone(request: TestRequest) -> HttpRequest {
        let request = request.to_http_request();
        request.extensions_mut().insert(Caller::anyone().unwrap());
        request
    }

    #[actix_web::test]
    async fn names_are_decoded_once_and_checked() {
        let request =
            by_anyone(TestRequest::default().param("event", "a%2Fb%2525").param("user", "%20Zoe%CC%88"));
        let OfUser { event, user } = OfUser::extract(&request).await.unwrap();
        assert_eq!((event.as_str(), user.as_str()), ("a/b%25", "Zo\u{eb}"));
        let request = by_anyone(TestRequest::default().param("event", "%20"));
        let refused = InEvent::extract(&request).await.unwrap_err();
        assert!(matches!(refused, ApiError::Name { field: "event", .. }), "{refused}");
    }

    #[actix_web::test]
    async fn what_is_no_uuid_is_no_id() {
        let request = TestRequest::default().param("id", "17").to_http_request();
        assert!(matches!(WithId::extract(&request).await.unwrap_err(), ApiError::Id("id")));
    }
}
