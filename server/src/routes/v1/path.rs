//! The names and ids in a path, read into their types.

use std::collections::HashMap;
use std::future::{Ready, ready};

use ::events::{EventName, Username};
use actix_web::dev::Payload;
use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::error::ApiError;
use crate::upload::named;

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

/// The percent-decoded segment of that name.
fn segment(request: &HttpRequest, name: &'static str) -> Result<String, ApiError> {
    // It is ready at once: a path is read from the head of the request.
    let segments = Path::<HashMap<String, String>>::extract(request).now_or_never();
    let mut segments = segments.and_then(Result::ok).ok_or(ApiError::NoSuchPath)?.into_inner();
    segments.remove(name).ok_or(ApiError::NoSuchPath)
}

fn event(request: &HttpRequest) -> Result<EventName, ApiError> {
    named("event", EventName::new(&segment(request, "event")?))
}

impl FromRequest for InEvent {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(event(request).map(|event| Self { event }))
    }
}

impl FromRequest for OfUser {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = segment(request, "user").and_then(|name| named("user", Username::new(&name)));
        ready(event(request).and_then(|event| Ok(Self { event, user: user? })))
    }
}

impl FromRequest for WithId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = segment(request, "id").and_then(|id| id.parse().map_err(|_| ApiError::Id("id")));
        ready(id.map(|id| Self { id }))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[actix_web::test]
    async fn names_are_decoded_once_and_checked() {
        let request = TestRequest::default()
            .param("event", "a%2Fb%2525")
            .param("user", "%20Zoe%CC%88")
            .to_http_request();
        let OfUser { event, user } = OfUser::extract(&request).await.unwrap();
        assert_eq!((event.as_str(), user.as_str()), ("a/b%25", "Zo\u{eb}"));
        let request = TestRequest::default().param("event", "%20").to_http_request();
        let refused = InEvent::extract(&request).await.unwrap_err();
        assert!(matches!(refused, ApiError::Name { field: "event", .. }), "{refused}");
    }

    #[actix_web::test]
    async fn what_is_no_uuid_is_no_id() {
        let request = TestRequest::default().param("id", "17").to_http_request();
        assert!(matches!(WithId::extract(&request).await.unwrap_err(), ApiError::Id("id")));
    }
}
