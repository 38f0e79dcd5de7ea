//! Background tasks: retention, which erases expired events and old audit entries, and the check-ins of those who
//! were deleted elsewhere.

use std::future::ready;
use std::time::Duration;

use events::{Action, EventError, OrphanedCheckIns};
use time::OffsetDateTime;

use crate::audit::Transaction;
use crate::service::Service;

/// How often events and audit entries whose time is over are looked for.
const PERIOD: Duration = Duration::from_secs(60);

/// How long entries of the audit are kept; `None` for ever.
pub(crate) type AuditAge = Option<time::Duration>;

/// How often check-ins of users and events who are not there are looked for, in a journal that is this server's alone.
const LOOK: Duration = Duration::from_secs(600);

/// Runs until the process ends.
pub(crate) async fn run_background_tasks(service: Service, audit_age: AuditAge) {
    tokio::join!(retain(&service, audit_age), erase_orphans(&service));
}

/// Erases check-ins of those who were deleted at other servers while this one was not running, or could not write.
async fn erase_orphans(service: &Service) {
    let Some(journal) = &service.own_journal else { return };
    let mut turns = tokio::time::interval(LOOK);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = OrphanedCheckIns::default();
    loop {
        turns.tick().await;
        let looked = async {
            let orphans = service.check_ins.orphans(journal.topics().await?).await?;
            // Who was missing at one look alone may have been enrolled a moment before it.
            let erased = service.check_ins.erase_orphans(orphans.clone().and_before(&before)).await?;
            Ok::<_, EventError>((orphans, erased))
        };
        match looked.await {
            Ok((orphans, erased)) => {
                before = orphans;
                if erased > 0 {
                    tracing::info!(
                        erased,
                        "erased check-ins of users and events that were deleted elsewhere"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for check-ins of those who were deleted elsewhere")
            }
        }
    }
}

/// Runs retention at once and then every minute.
async fn retain(service: &Service, audit_age: AuditAge) {
    let mut turns = tokio::time::interval(PERIOD);
    // By default the turns missed during a long one, as while the store is away, would all follow at once.
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // The first one comes at once: what expired while no server ran is erased at the start.
        turns.tick().await;
        let now = OffsetDateTime::now_utc();
        erase_events(service, now).await;
        if let Some(oldest) = audit_age.and_then(|age| now.checked_sub(age)) {
            erase_audit(service, oldest).await;
        }
    }
}

async fn erase_events(service: &Service, now: OffsetDateTime) {
    let erasure = match service.events.erase_expired(now).await {
        Ok(erasure) => erasure,
        Err(error) => return tracing::warn!(%error, "retention: cannot list expired events"),
    };
    let failed = erasure.failed.into_iter().map(|(event, error)| (event, Err(error)));
    // Servers on one store all look, but `erased` names an event only at the one that deleted it.
    for (event, outcome) in erasure.erased.into_iter().map(|event| (event, Ok(()))).chain(failed) {
        if let Some(own) = Transaction::by_service(service.audit.clone()) {
            // Why it failed is in the log already.
            let _ = own.begin(Action::ExpireEvent).at(&event).record(ready(outcome)).await;
        }
    }
}

async fn erase_audit(service: &Service, before: OffsetDateTime) {
    let erased = match service.audit.erase_before(before).await {
        // Nothing is recorded then: it would be an entry a minute.
        Ok(0) => return,
        Ok(erased) => erased,
        Err(error) => return tracing::warn!(%error, "retention: cannot erase old audit entries"),
    };
    tracing::info!(erased, %before, "retention: erased old audit entries");
    if let Some(own) = Transaction::by_service(service.audit.clone()) {
        own.begin(Action::ExpireAudit).done().await;
    }
}
