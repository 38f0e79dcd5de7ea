//! Background tasks: retention, which erases expired events and old audit entries, and the check-ins of those who
//! were deleted elsewhere.

use std::future::ready;
use std::time::Duration;

use events::{
    Action, ClockState, Doubt, ErasedAudit, EventError, OrphanedCheckIns, Reading, RetentionClock,
    RetentionGuard,
};
use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::audit::Transaction;
use crate::service::Service;

/// How often events and audit entries whose time is over are looked for.
const PERIOD: Duration = Duration::from_secs(60);

/// After so many turns old audit entries that wait for an operator are counted again.
const TURNS_HELD: u32 = 60;

/// How long something is kept; `None` for ever.
pub(crate) type AuditAge = Option<time::Duration>;

/// What is erased at its time, and by which clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetentionOptions {
    /// How long entries of the audit are kept.
    pub(crate) audit_age: AuditAge,
    /// What waits for an operator.
    pub(crate) guard: RetentionGuard,
}

/// What retention remembers from turn to turn, so that it says once what begins and what is over.
#[derive(Debug, Default)]
struct Said {
    /// The kind of doubt about the clock.
    doubt: Option<&'static str>,
    held_events: usize,
    /// Turns until the audit is looked at again.
    audit_rests: u32,
}

/// How often check-ins of users and events who are not there are looked for, in a journal that is this server's alone.
const LOOK: Duration = Duration::from_secs(600);

/// Runs until the process ends.
pub(crate) async fn run_background_tasks(service: Service, options: RetentionOptions) {
    tokio::join!(retain(&service, options), erase_orphans(&service));
}

/// Erases check-ins of those who were deleted at other servers while this one was not running, or could not write.
async fn erase_orphans(service: &Service) {
    let Some(journal) = &service.own_journal else { return };
    let mut turns = interval(LOOK);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
async fn retain(service: &Service, options: RetentionOptions) {
    let mut turns = interval(PERIOD);
    // By default the turns missed during a long one, as while the store is away, would all follow at once.
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let start = Instant::now();
    let mut clock = RetentionClock::new(service.audit.journal(), options.guard);
    let mut said = Said::default();
    loop {
        // The first one comes at once: an operator who answers for the clock waits for nothing.
        turns.tick().await;
        // Before the store is asked: what it takes to answer would make this clock look ahead of the store's.
        let (wall, elapsed) = (OffsetDateTime::now_utc(), start.elapsed());
        let checked = match service.store.clock().await {
            Ok(store) => clock.check(Reading { wall, elapsed, store }).await,
            Err(error) => Err(error),
        };
        let Some(now) = said.confirmed(checked) else { continue };
        erase_events(service, now, options.guard, &mut said).await;
        if let Some(oldest) = options.audit_age.and_then(|age| now.checked_sub(age)) {
            erase_audit(service, oldest, options.guard, &mut said).await;
        }
    }
}

impl Said {
    /// The time, where the clock is confirmed.
    fn confirmed(
        &mut self,
        state: Result<ClockState, embedding_store::StoreError>,
    ) -> Option<OffsetDateTime> {
        let (now, doubt) = match state {
            Ok(ClockState::Confirmed(now)) => (Some(now), None),
            Ok(ClockState::Doubted(Doubt::NotSteady)) => return None,
            Ok(ClockState::Doubted(doubt)) => {
                let kind = match doubt {
                    Doubt::Apart { .. } => "apart",
                    Doubt::Ahead { .. } => "ahead",
                    Doubt::NotSteady | Doubt::Leapt { .. } | _ => "leapt",
                };
                (None, Some((kind, doubt.to_string())))
            }
            Err(error) => (None, Some(("store", error.to_string()))),
        };
        // By its kind: the times of a doubt move with every turn.
        let kind = doubt.as_ref().map(|(kind, _)| *kind);
        if self.doubt != kind {
            self.doubt = kind;
            match doubt {
                Some((_, why)) => tracing::warn!(
                    %why,
                    "retention: nothing is erased until the clock is right, or --retention is confirmed"
                ),
                None => tracing::info!("retention: goes on, the clock is confirmed"),
            }
        }
        now
    }
}

async fn erase_events(service: &Service, now: OffsetDateTime, guard: RetentionGuard, said: &mut Said) {
    let erasure = match service.events.erase_expired(now, guard).await {
        Ok(erasure) => erasure,
        Err(error) => return tracing::warn!(%error, "retention: cannot list expired events"),
    };
    if erasure.held != said.held_events {
        let held = erasure.held;
        if held > 0 {
            tracing::warn!(
                held,
                "retention: so many events at once are not erased until --retention is confirmed"
            );
        }
        said.held_events = held;
    }
    let failed = erasure.failed.into_iter().map(|(event, error)| (event, Err(error)));
    // Servers on one store all look, but `erased` names an event only at the one that deleted it.
    for (event, outcome) in erasure.erased.into_iter().map(|event| (event, Ok(()))).chain(failed) {
        if let Some(own) = Transaction::by_service(service.audit.clone()) {
            // Why it failed is in the log already.
            let _ = own.begin(Action::ExpireEvent).at(&event).record(ready(outcome)).await;
        }
    }
}

async fn erase_audit(service: &Service, before: OffsetDateTime, guard: RetentionGuard, said: &mut Said) {
    if said.audit_rests > 0 {
        said.audit_rests -= 1;
        return;
    }
    let erased = match service.audit.erase_before(before, guard).await {
        // Nothing is recorded then: it would be an entry a minute.
        Ok(ErasedAudit::Erased(0)) => return,
        Ok(ErasedAudit::Erased(erased)) => erased,
        Ok(ErasedAudit::Held(held)) => {
            // Counting them reads them all.
            said.audit_rests = TURNS_HELD;
            return tracing::warn!(
                held,
                "retention: so many audit entries at once are not erased until --retention is confirmed"
            );
        }
        Err(error) => return tracing::warn!(%error, "retention: cannot erase old audit entries"),
    };
    tracing::info!(erased, %before, "retention: erased old audit entries");
    if let Some(own) = Transaction::by_service(service.audit.clone()) {
        own.begin(Action::ExpireAudit).done().await;
    }
}
