//! What a request does, told to the audit: what was asked for, by whom, and how it ended.

use std::future::{Ready, ready};

use ::events::{
    Action, Actor, AuditEntry, AuditTrail, EventName, MatchLimit, Nearest, Outcome, Username, Verdict,
};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use time::OffsetDateTime;
use tracing_actix_web::RequestId;
use uuid::Uuid;

use crate::error::ApiError;
use crate::http::Shape;
use crate::service::Service;

/// Who asks, as long as nobody says who they are.
const ANYONE: &str = "anonymous";

/// What the service does on its own.
const SERVICE: &str = "service";

/// A request as the audit knows it: who asks, under which id.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    trail: AuditTrail,
    pub(crate) id: Uuid,
    pub(crate) actor: Actor,
}

impl Transaction {
    /// One of the service's own.
    pub(crate) fn of_service(trail: AuditTrail) -> Option<Self> {
        Some(Self { trail, id: Uuid::now_v7(), actor: Actor::new(SERVICE).ok()? })
    }

    /// Something that it is about to do.
    pub(crate) fn act(self, action: Action) -> Act {
        let entry = AuditEntry::new(OffsetDateTime::now_utc(), self.id, self.actor, action, Outcome::Done);
        Act { trail: self.trail, entry }
    }
}

impl FromRequest for Transaction {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = || {
            let trail = request.app_data::<Data<Service>>()?.audit.clone();
            let id = **request.extensions().get::<RequestId>()?;
            Some(Self { trail, id, actor: Actor::new(ANYONE).ok()? })
        };
        ready(found().ok_or(ApiError::Internal))
    }
}

/// Something that is done, and recorded when it has ended, however it did.
#[derive(Debug)]
#[must_use = "an act that is not ended is not recorded"]
pub(crate) struct Act {
    trail: AuditTrail,
    entry: AuditEntry,
}

impl Act {
    /// In an event.
    pub(crate) fn at(self, event: &EventName) -> Self {
        Self { entry: self.entry.with_event(event.clone()), ..self }
    }

    /// About a person.
    pub(crate) fn about(self, user: &Username) -> Self {
        Self { entry: self.entry.with_user(user.clone()), ..self }
    }

    /// Records how it ended and passes that on; of a success, `told` says more.
    ///
    /// # Errors
    /// Those of `ended`, and no others: what the audit cannot hold now, it keeps, or the log says.
    pub(crate) async fn end<T>(
        self,
        ended: Result<T, ApiError>,
        told: impl FnOnce(&T, AuditEntry) -> AuditEntry,
    ) -> Result<T, ApiError> {
        let entry = match &ended {
            Ok(done) => told(done, self.entry),
            Err(error) => failed(error, self.entry),
        };
        record(&self.trail, entry).await;
        ended
    }

    /// Records that it was done, or how it failed, and passes that on.
    ///
    /// # Errors
    /// As for [`Act::end`].
    pub(crate) async fn done<T>(self, ended: Result<T, ApiError>) -> Result<T, ApiError> {
        self.end(ended, |_, entry| entry).await
    }
}

/// Records an entry. That it could not be is in the log.
pub(crate) async fn record(trail: &AuditTrail, entry: AuditEntry) {
    if let Err(error) = trail.record(entry).await {
        tracing::error!(%error, "the audit has not recorded this");
    }
}

fn failed(error: &ApiError, mut entry: AuditEntry) -> AuditEntry {
    let description = error.describe(Shape::Problem);
    entry.details.outcome = match description.status() {
        StatusCode::NOT_FOUND => Outcome::NotFound,
        StatusCode::CONFLICT => Outcome::Conflict,
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Outcome::Denied,
        status if status.is_server_error() => Outcome::Failed,
        _ => Outcome::Refused,
    };
    let code = description.reasons.first().map_or(description.code.name, |reason| reason.code());
    entry.with_code(code)
}

/// What was decided about a face: whose it is, when it is somebody's, and how far it was from the nearest.
pub(crate) fn decided(verdict: &Verdict, mut entry: AuditEntry) -> AuditEntry {
    let Verdict {
        decision,
        nearest: Nearest { distance, .. },
        limit: MatchLimit { threshold, .. },
        model,
        ..
    } = verdict;
    entry.details.outcome = Outcome::from(*decision);
    if let Some(user) = verdict.matched() {
        entry = entry.with_user(user.clone());
    }
    entry.with_distance(*distance, *threshold, model.clone())
}
