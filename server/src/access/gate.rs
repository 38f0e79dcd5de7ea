//! The gate of a route: lets those through whose key has the role that it needs.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, Route};
use tokio::sync::watch;

use super::file::KeyFileError;
use super::{ApiKey, Caller, KeyFile, KeyRing, Role};
use crate::error::ApiError;

/// How often a key file is looked at: a key that was revoked is of use for no longer.
const PERIOD: Duration = Duration::from_secs(1);

/// Who may use this server.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Anyone who reaches it.
    Anyone,
    /// Those with a key that holds.
    Keys(watch::Receiver<Arc<KeyRing>>),
}

impl Access {
    /// Who sent a request with these headers.
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let Self::Keys(keys) = self else { return Caller::anyone().ok_or(ApiError::Internal) };
        let mut given = headers.get_all(AUTHORIZATION);
        let (Some(credentials), None) = (given.next(), given.next()) else {
            return Err(ApiError::KeyMissing);
        };
        let credentials = credentials.to_str().ok().and_then(|text| text.split_once(' '));
        let Some((_, key)) = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(ApiError::KeyMissing);
        };
        let key = ApiKey::parse(key.trim()).ok_or(ApiError::KeyUnknown)?;
        keys.borrow().caller(&key).cloned().ok_or(ApiError::KeyUnknown)
    }
}

/// The route, for those with this role or more.
pub(crate) fn needs(role: Role, route: Route) -> Route {
    route.wrap(from_fn(move |access, request, next| check(role, access, request, next)))
}

async fn check(
    needed: Role,
    access: Data<Access>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = match access.caller(request.headers()) {
        Ok(caller) if caller.role >= needed => caller,
        Ok(caller) => return Ok(request.error_response(ApiError::RoleTooLow { needed, role: caller.role })),
        Err(refused) => return Ok(request.error_response(refused)),
    };
    request.extensions_mut().insert(caller);
    next.call(request).await
}

/// Reads a key file, and what keeps reading it for as long as it is polled. A file that cannot be used any more leaves
/// the keys as they were, and says so in the log.
///
/// # Errors
/// Those of the file as it is now.
pub(crate) fn follow(
    file: KeyFile,
) -> Result<(watch::Receiver<Arc<KeyRing>>, impl Future<Output = ()>), KeyFileError> {
    let text = file.text()?;
    let ring = file.ring(&text)?;
    if ring.is_empty() {
        return Err(file.empty());
    }
    let (sender, receiver) = watch::channel(Arc::new(ring));
    Ok((receiver, read_again(file, Some(text), sender)))
}

/// `known` is the text that was looked at last; `None` when there was none to be had.
async fn read_again(file: KeyFile, mut known: Option<String>, keys: watch::Sender<Arc<KeyRing>>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let reader = file.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || reader.text()).await else { continue };
        match read {
            Ok(text) if known.as_ref() == Some(&text) => {}
            Ok(text) => {
                match file.ring(&text) {
                    Ok(ring) => {
                        tracing::info!(keys = ring.len(), "the keys were changed");
                        keys.send_replace(Arc::new(ring));
                    }
                    Err(error) => stay(&error),
                }
                known = Some(text);
            }
            Err(error) => {
                if known.take().is_some() {
                    stay(&error);
                }
            }
        }
    }
}

fn stay(error: &KeyFileError) {
    tracing::error!(error = error as &dyn std::error::Error, "the keys stay as they were");
}
