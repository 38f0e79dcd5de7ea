//! Whoever sent a request, as far as their key says.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::sync::Arc;

use ::events::{Actor, EventName};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::Role;
use crate::error::ApiError;

/// The name of everybody where there are no keys.
pub(super) const ANYONE: &str = "anonymous";

/// Who asks, and what they may.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key's name, for the audit.
    pub(crate) actor: Actor,
    pub(super) role: Role,
    /// The events that the key is for; `None` for every one.
    pub(super) events: Option<Arc<BTreeSet<EventName>>>,
}

impl Caller {
    /// Anyone, where there are no keys.
    pub(crate) fn anyone() -> Option<Self> {
        // Without keys only loopback is served, and whoever is on the machine may do everything.
        Some(Self { actor: Actor::new(ANYONE).ok()?, role: Role::Admin, events: None })
    }

    /// What requests of the key are counted by; `None` where there are no keys.
    pub(super) fn key_name(&self) -> Option<&str> {
        // No key can have that name.
        Some(self.actor.as_str()).filter(|name| *name != ANYONE)
    }

    /// Whoever sent a request. A route that says nothing of who may ask has no caller, and fails.
    ///
    /// # Errors
    /// [`ApiError::Internal`] behind no gate.
    pub(crate) fn from_extensions(request: &HttpRequest) -> Result<Self, ApiError> {
        request.extensions().get::<Self>().cloned().ok_or(ApiError::Internal)
    }

    /// What the key is for.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Passes on the name of an event that the caller may have to do with. To be asked before anything is looked
    /// up: whether there is such an event is nothing to others.
    ///
    /// # Errors
    /// [`ApiError::EventNotAllowed`].
    pub(crate) fn enter(&self, event: EventName) -> Result<EventName, ApiError> {
        match &self.events {
            Some(events) if !events.contains(&event) => Err(ApiError::EventNotAllowed),
            Some(_) | None => Ok(event),
        }
    }

    /// Whether something about this event may be shown, or about none.
    pub(crate) fn sees(&self, event: Option<&EventName>) -> bool {
        match (&self.events, event) {
            (None, _) => true,
            (Some(events), Some(event)) => events.contains(event),
            // What names no event is about all of them, as the whole audit is, or another key's work with pictures.
            (Some(_), None) => false,
        }
    }

    /// The events that the key is for; `None` for every one.
    pub(crate) fn events(&self) -> Option<&BTreeSet<EventName>> {
        self.events.as_deref()
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::from_extensions(request))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_caller_of_one_event_enters_and_sees_no_other() {
        let [own, other] = ["own", "other"].map(|name| EventName::new(name).unwrap());
        let events = Some(Arc::new(BTreeSet::from([own.clone()])));
        let caller = Caller { events, ..Caller::anyone().unwrap() };
        assert_eq!(caller.enter(own.clone()).unwrap(), own);
        assert!(matches!(caller.enter(other.clone()), Err(ApiError::EventNotAllowed)));
        assert!(caller.sees(Some(&own)) && !caller.sees(Some(&other)) && !caller.sees(None));
        let anyone = Caller::anyone().unwrap();
        assert!(anyone.enter(other.clone()).is_ok() && anyone.sees(Some(&other)) && anyone.sees(None));
    }

    #[actix_web::test]
    async fn a_route_without_a_gate_lets_nobody_in() {
        let request = TestRequest::default().to_http_request();
        assert!(matches!(Caller::extract(&request).await, Err(ApiError::Internal)));
    }
}
