//! The audit's entries of a request: what was asked for, by whom, and how it ended.

use std::future::{Ready, ready};

use ::events::{Action, Actor, AuditEntry, AuditTrail, EventName, Outcome, Username};
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
use crate::scores::Scores;
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
    pub(crate) fn by_service(trail: AuditTrail) -> Option<Self> {
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
        let transaction = || {
            let trail = request.app_data::<Data<Service>>()?.audit.clone();
            let id = **request.extensions().get::<RequestId>()?;
            // Only a gate sets a caller. A route without one fails here instead of acting in nobody's name.
            let actor = Caller::from_extensions(request).ok()?.actor;
            Some(Self { trail, id, actor })
        };
        ready(transaction().ok_or(ApiError::Internal))
    }
}

/// Something that is done, and recorded when it has ended, however it did.
///
/// One that is dropped before is recorded too: the request was given up, when its client left or its minute was over,
/// and what it had begun may yet be carried through. Not one that is cut off by the end of the program, whose requests
/// have half a minute to end by themselves.
#[derive(Debug)]
#[must_use = "a pending entry is recorded by `record`, `record_as` or `done`"]
pub(crate) struct PendingEntry {
    trail: AuditTrail,
    /// `None` once it is recorded.
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

    /// About another name that the person gets.
    pub(crate) fn becoming(mut self, name: &Username) -> Self {
        self.entry = self.entry.take().map(|entry| entry.with_new_name(name.clone()));
        self
    }

    /// About a key of a client.
    pub(crate) fn about_key(mut self, name: &Actor) -> Self {
        self.entry = self.entry.take().map(|entry| entry.with_key_name(name.clone()));
        self
    }

    /// Does the work, and records how it ended.
    ///
    /// # Errors
    /// Those of the work, and no others: what the audit cannot hold now, it keeps, or the log says.
    pub(crate) async fn record<T, E: Into<ApiError>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, ApiError> {
        self.record_as(work, |_, entry| entry).await
    }

    /// The same, where a success has more to say.
    ///
    /// # Errors
    /// As for [`PendingEntry::record`].
    pub(crate) async fn record_as<T, E: Into<ApiError>>(
        mut self,
        work: impl Future<Output = Result<T, E>>,
        describe: impl FnOnce(&T, AuditEntry) -> AuditEntry,
    ) -> Result<T, ApiError> {
        let result = work.await.map_err(E::into);
        // Taken, so that the drop at the end of this call records nothing.
        if let Some(entry) = self.entry.take() {
            let entry = match &result {
                Ok(done) => describe(done, entry),
                Err(error) => failed(error, entry),
            };
            // Before the answer goes out: whoever has it finds its transaction, also after a crash. Once the
            // journal is known to be away this does not wait. If the client leaves here, the trail carries
            // the record through.
            append(&self.trail, entry).await;
        }
        result
    }

    /// Records that it was done.
    pub(crate) async fn done(self) {
        // It cannot fail.
        let _ = self.record(ready(Ok::<_, ApiError>(()))).await;
    }
}

impl Drop for PendingEntry {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.details.outcome = Outcome::Failed;
        let (trail, entry) = (self.trail.clone(), entry.with_code(INTERRUPTED));
        // A drop cannot wait. The task keeps the span, so that a failure is logged under the request's id.
        tokio::spawn(async move { append(&trail, entry).await }.in_current_span());
    }
}

/// Records an entry. That it could not be is in the log.
async fn append(trail: &AuditTrail, entry: AuditEntry) {
    if let Err(error) = trail.record(entry).await {
        tracing::error!(%error, "the audit has not recorded this");
    }
}

fn failed(error: &ApiError, mut entry: AuditEntry) -> AuditEntry {
    // Whatever form the client gets: one failure has one outcome and one code in the audit, by every route.
    let description = error.describe(Shape::Problem, Scores::Matches);
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
            let transaction = Transaction::by_service(trail.clone()).unwrap();
            (transaction.id, transaction.begin(Action::DeleteEvent).at(&event))
        };
        let (given_up, pending) = begun();
        drop(pending);
        let (done, pending) = begun();
        pending.done().await;
        let written = async {
            // By a task of its own.
            while trail.by_transaction(given_up).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), written).await.expect("an entry");
        for (id, outcome, code) in
            [(given_up, Outcome::Failed, Some(INTERRUPTED)), (done, Outcome::Done, None)]
        {
            let entries = trail.by_transaction(id).await.unwrap();
            assert_eq!(entries.len(), 1);
            let details = &entries[0].details;
            assert_eq!((details.outcome, details.code.as_deref()), (outcome, code));
        }
    }
}
