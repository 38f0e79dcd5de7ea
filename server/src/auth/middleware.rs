//! The gate of a route: lets those through whose key has the role that it needs.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, Route};
use time::OffsetDateTime;
use tokio::time::Instant;
use tracing::Span;

use super::{ApiKey, Caller, Keys, Role};
use crate::error::ApiError;
use crate::http::{ACTOR, Pictures, admit, client_address};
use crate::limits::{LimitedBy, Limits, RouteClass, whole_seconds};

/// Who may use this server.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Anyone who reaches it.
    Anyone,
    /// Those with a key that holds.
    Keys(Arc<Keys>),
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
        keys.caller(&key, OffsetDateTime::now_utc()).ok_or(ApiError::KeyUnknown)
    }
}

/// The route, for those with this role or more, as often as its class may be asked; of their uploads, for as many at
/// once as there is room for.
pub(crate) fn needs(role: Role, class: RouteClass, pictures: Pictures, route: Route) -> Route {
    let admitted = route.wrap(from_fn(move |admission, service, request, next| {
        admit(pictures, admission, service, request, next)
    }));
    // The last wrap is the outermost: the key is checked before admission, or uploads of
    // strangers would take up the room of those who have a key.
    admitted.wrap(from_fn(move |access, limits, request, next| {
        check((role, class), access, limits, request, next)
    }))
}

async fn check(
    (needed, class): (Role, RouteClass),
    access: Data<Access>,
    limits: Data<Limits>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let address = client_address(request.request());
    let caller = match access.caller(request.headers()) {
        Ok(caller) => caller,
        Err(ApiError::KeyUnknown) => {
            // A key that holds is asked for nothing of this: whoever shares the address with those who fail is not
            // kept out, and guessing gains nothing by it, as a key has 256 random bits.
            let wait = limits.failed_key(address, Instant::now());
            let slowed = |wait| ApiError::TooManyFailedKeys { seconds: whole_seconds(wait) };
            return Ok(request.error_response(wait.map_or(ApiError::KeyUnknown, slowed)));
        }
        Err(refused) => return Ok(request.error_response(refused)),
    };
    // Before the role is checked, so that the log has a refusal under the name of the key.
    Span::current().record(ACTOR, caller.actor.as_str());
    // After the key: requests of strangers do not count as those of others at the same address.
    let left = limits.take(class, caller.key_name(), address, Instant::now());
    let refused = match left.exceeded() {
        Some((LimitedBy::Key, wait)) => Some(ApiError::KeyLimited { seconds: whole_seconds(wait) }),
        Some((LimitedBy::Address, wait)) => Some(ApiError::AddressLimited { seconds: whole_seconds(wait) }),
        None if caller.role < needed => Some(ApiError::RoleTooLow { needed, role: caller.role }),
        None => None,
    };
    let mut response = match refused {
        Some(refused) => request.error_response(refused),
        None => {
            // Only for those who pass: a handler that finds no caller fails, so none can be reached around its gate.
            request.extensions_mut().insert(caller);
            next.call(request).await?
        }
    };
    for (name, value) in left.headers().into_iter().flatten() {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
