//! The header by which a client marks a write that it may have to send again.

use std::future::{Ready, ready};

use ::events::IdempotencyKey;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::http::IDEMPOTENCY_KEY;

/// The client's key, where it sent one.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Idempotency {
    /// Marks the request, so that sending it again does nothing more
    #[param(rename = "Idempotency-Key", value_type = Option<String>, min_length = 1, max_length = 255,
        example = "7c9e6679-7425-40de-944b-e07fc1f90ae7")]
    pub(crate) key: Option<IdempotencyKey>,
}

impl FromRequest for Idempotency {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut given = request.headers().get_all(IDEMPOTENCY_KEY);
        let key = match (given.next(), given.next()) {
            (None, _) => return ready(Ok(Self { key: None })),
            (Some(key), None) => key.to_str().ok().and_then(|text| IdempotencyKey::new(text).ok()),
            // Of two keys it is open under which one the request is to be found again.
            (Some(_), Some(_)) => None,
        };
        ready(key.map(|key| Self { key: Some(key) }).ok_or(ApiError::IdempotencyKey))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[actix_web::test]
    async fn a_key_is_given_once_and_in_ascii_or_not_at_all() {
        let ask = async |keys: &[&'static [u8]]| {
            let mut request = TestRequest::default();
            for key in keys {
                let value = actix_web::http::header::HeaderValue::from_bytes(key).unwrap();
                request = request.append_header((IDEMPOTENCY_KEY, value));
            }
            Idempotency::extract(&request.to_http_request()).await
        };
        assert!(ask(&[]).await.unwrap().key.is_none());
        assert_eq!(ask(&[b"door-3/17"]).await.unwrap().key.unwrap().as_str(), "door-3/17");
        for bad in [&[b"a".as_slice(), b"b"][..], &[b""], &["\u{e4}".as_bytes()], &[[b'k'; 256].as_slice()]] {
            assert!(matches!(ask(bad).await, Err(ApiError::IdempotencyKey)), "{bad:?}");
        }
    }
}
