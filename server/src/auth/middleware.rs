//! The gate of a route: lets those through whose key has the role that it needs.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, Route};
use tracing::Span;

use super::{ApiKey, Caller, KeyRing, Role};
use crate::error::ApiError;
use crate::http::{ACTOR, Pictures, admit};
use crate::reload::Latest;

/// Who may use this server.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Anyone who reaches it.
    Anyone,
    /// Those with a key that holds.
    Keys(Latest<KeyRing>),
}

impl Access {
    /// Who sent a request with these headers.
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let Self::Keys(keys) = self else { return Caller::anyone().ok_or(ApiError::Internal) };
        // Exactly one: of two, a proxy in front could check the one and this server take the other.
        let mut given = headers.get_all(AUTHORIZATION);
        let (Some(credentials), None) = (given.next(), given.next()) else {
            return Err(ApiError::KeyMissing);
        };
        let credentials = credentials.to_str().ok().and_then(|text| text.split_once(' '));
        // The name of a scheme is case-insensitive (RFC 9110, section 11.1).
        let Some((_, key)) = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(ApiError::KeyMissing);
        };
        let key = ApiKey::parse(key.trim()).ok_or(ApiError::KeyUnknown)?;
        // Cloned, because the borrow is a lock that holds up the task which puts changed keys in place.
        keys.borrow().caller(&key).cloned().ok_or(ApiError::KeyUnknown)
    }
}

/// The route, for those with this role or more; of their uploads, for as many at once as there is room for.
pub(crate) fn needs(role: Role, pictures: Pictures, route: Route) -> Route {
    let admitted =
        route.wrap(from_fn(move |admission, request, next| admit(pictures, admission, request, next)));
    // The last wrap is the outermost: the key is checked before admission, or uploads of
    // strangers would take up the room of those who have a key.
    admitted.wrap(from_fn(move |access, request, next| check(role, access, request, next)))
}

async fn check(
    needed: Role,
    access: Data<Access>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = match access.caller(request.headers()) {
        Ok(caller) => caller,
        Err(refused) => return Ok(request.error_response(refused)),
    };
    // Before the role is checked, so that the log has a refusal under the name of the key.
    Span::current().record(ACTOR, caller.actor.as_str());
    if caller.role < needed {
        return Ok(request.error_response(ApiError::RoleTooLow { needed, role: caller.role }));
    }
    // Only for those who pass: a handler that finds no caller fails, so none can be reached around its gate.
    request.extensions_mut().insert(caller);
    next.call(request).await
}
