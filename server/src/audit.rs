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
use tracing::Instrument;
use tracing_actix_web::RequestId;
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::Shape;
use crate::quality::Judged;
use crate::service::Service;

/// What the service does on its own.
pub(crate) const SERVICE: &str = "service";

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
    pub(crate) fn begin(self, action: Action) -> PendingEntry {
        // The outcome of a success: an error or a drop replaces it.
        let entry = AuditEntry::new(OffsetDateTime::now_utc(), self.id, self.actor, action, Outcome::Done);
        PendingEntry { trail: self.trail, entry: Some(entry) }
    }
}

impl FromRequest for Transaction {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = || {
            let trail = request.app_data::<Data<Service>>()?.audit.clone();
            let id = **request.extensions().get::<RequestId>()?;
            // Only a gate sets a caller. A route without one fails here instead of acting in nobody's name.
            let actor = Caller::from_extensions(request).ok()?.actor;
            Some(Self { trail, id, actor })
        };
        ready(found().ok_or(ApiError::Internal))
    }
}

/// Something that is done, and recorded when it has ended, however it did.
///
/// One that is dropped before is recorded too: the request was given up, when its client left or its minute was over,
/// and what it had begun may yet be carried through. Not one that is cut off by the end of the program, whose requests
/// have half a minute to end by themselves.
#[derive(Debug)]
#[must_use = "a pending entry is recorded by `end` or `done`"]
pub(crate) struct PendingEntry {
    trail: AuditTrail,
    /// `None` once it has ended.
    entry: Option<AuditEntry>,
}

/// The code of an entry whose request was given up.
const INTERRUPTED: &str = "interrupted";

impl PendingEntry {
    /// In an event.
    pub(crate) fn at(mut self, event: &EventName) -> Self {
        self.entry = self.entry.take().map(|entry| entry.with_event(event.clone()));
        self
    }

    /// About a person.
    pub(crate) fn about(mut self, user: &Username) -> Self {
        self.entry = self.entry.take().map(|entry| entry.with_user(user.clone()));
        self
    }

    /// Records how it ended and passes that on; of a success, `describe` says more.
    ///
    /// # Errors
    /// Those of `ended`, and no others: what the audit cannot hold now, it keeps, or the log says.
    pub(crate) async fn end<T>(
        mut self,
        ended: Result<T, ApiError>,
        describe: impl FnOnce(&T, AuditEntry) -> AuditEntry,
    ) -> Result<T, ApiError> {
        // Taken, so that the drop at the end of this call records nothing.
        if let Some(entry) = self.entry.take() {
            let entry = match &ended {
                Ok(done) => describe(done, entry),
                Err(error) => failed(error, entry),
            };
            // Before the answer goes out: whoever has it finds its transaction, also after a crash. Once the
            // journal is known to be away this does not wait. If the client leaves here, the trail carries
            // the record through.
            record(&self.trail, entry).await;
        }
        ended
    }

    /// Records that it was done, or how it failed, and passes that on.
    ///
    /// # Errors
    /// As for [`PendingEntry::end`].
    pub(crate) async fn done<T>(self, ended: Result<T, ApiError>) -> Result<T, ApiError> {
        self.end(ended, |_, entry| entry).await
    }
}

impl Drop for PendingEntry {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.details.outcome = Outcome::Failed;
        let (trail, entry) = (self.trail.clone(), entry.with_code(INTERRUPTED));
        // A drop cannot wait. The task keeps the span, so that a failure is logged under the request's id.
        tokio::spawn(async move { record(&trail, entry).await }.in_current_span());
    }
}

/// Records an entry. That it could not be is in the log.
pub(crate) async fn record(trail: &AuditTrail, entry: AuditEntry) {
    if let Err(error) = trail.record(entry).await {
        tracing::error!(%error, "the audit has not recorded this");
    }
}

fn failed(error: &ApiError, mut entry: AuditEntry) -> AuditEntry {
    // Whatever form the client gets: one failure has one outcome and one code in the audit, by every route.
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
pub(crate) fn decided(judged: &Judged, mut entry: AuditEntry) -> AuditEntry {
    let Judged { verdict, .. } = judged;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use embedding_store::{EmbeddingStore, InMemory};

    use super::*;

    #[tokio::test]
    async fn an_act_that_was_given_up_is_recorded_as_such_and_one_that_ended_once() {
        let journal = InMemory::new().journal().unwrap();
        let trail = AuditTrail::new(journal, ::events::AuditOptions::default());
        let event = EventName::new("summit").unwrap();
        let begun = || {
            let transaction = Transaction::of_service(trail.clone()).unwrap();
            (transaction.id, transaction.begin(Action::DeleteEvent).at(&event))
        };
        let (given_up, pending) = begun();
        drop(pending);
        let (ended, pending) = begun();
        pending.done(Ok(())).await.unwrap();
        let written = async {
            // By a task of its own.
            while trail.by_transaction(given_up).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), written).await.expect("an entry");
        for (id, outcome, code) in
            [(given_up, Outcome::Failed, Some(INTERRUPTED)), (ended, Outcome::Done, None)]
        {
            let entries = trail.by_transaction(id).await.unwrap();
            assert_eq!(entries.len(), 1);
            let details = &entries[0].details;
            assert_eq!((details.outcome, details.code.as_deref()), (outcome, code));
        }
    }
}
