//! What the server does on its own: events whose time is over are erased, and old entries of the audit.

use std::time::Duration;

use events::Action;
use time::OffsetDateTime;

use crate::audit::Transaction;
use crate::error::ApiError;
use crate::service::Service;

/// How often it is looked for what is to be erased.
const PERIOD: Duration = Duration::from_secs(60);

/// How long entries of the audit are kept; `None` for ever.
pub(crate) type AuditAge = Option<time::Duration>;

/// Erases what is to be erased, now and then every minute, until the process ends.
pub(crate) async fn keep_up(service: Service, audit_age: AuditAge) {
    let mut turns = tokio::time::interval(PERIOD);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let now = OffsetDateTime::now_utc();
        erase_events(&service, now).await;
        if let Some(oldest) = audit_age.and_then(|age| now.checked_sub(age)) {
            erase_audit(&service, oldest).await;
        }
    }
}

async fn erase_events(service: &Service, now: OffsetDateTime) {
    let erasure = match service.events.erase_expired(now).await {
        Ok(erasure) => erasure,
        Err(error) => return tracing::warn!(%error, "it cannot be seen which events are over"),
    };
    let failed = erasure.failed.into_iter().map(|(event, error)| (event, Err(ApiError::from(error))));
    for (event, outcome) in erasure.erased.into_iter().map(|event| (event, Ok(()))).chain(failed) {
        if let Some(own) = Transaction::of_service(service.audit.clone()) {
            // Why it failed is in the log already.
            let _ = own.act(Action::ExpireEvent).at(&event).done(outcome).await;
        }
    }
}

async fn erase_audit(service: &Service, before: OffsetDateTime) {
    let erased = match service.audit.erase_before(before).await {
        Ok(0) => return,
        Ok(erased) => erased,
        Err(error) => return tracing::warn!(%error, "old entries of the audit are not erased yet"),
    };
    tracing::info!(erased, %before, "old entries of the audit are erased");
    if let Some(own) = Transaction::of_service(service.audit.clone()) {
        let _ = own.act(Action::ExpireAudit).done::<()>(Ok(())).await;
    }
}
