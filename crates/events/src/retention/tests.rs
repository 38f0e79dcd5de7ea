//! Which clock erasures go by.

use std::sync::Arc;
use std::time::Duration;

use embedding_store::{InMemoryJournal, Journal, JournalEntry, Topic};
use time::OffsetDateTime;

use super::{ClockState, Doubt, Reading, RetentionClock, RetentionGuard};

const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const NOT_STEADY: ClockState = ClockState::Doubted(Doubt::NotSteady);

/// A server whose clock is so far ahead.
struct Server {
    clock: RetentionClock,
    ahead: time::Duration,
    /// The same of the store's clock, where it has one.
    store_is_ahead: Option<time::Duration>,
    started: u64,
}

impl Server {
    fn new(journal: &Arc<InMemoryJournal>, guard: RetentionGuard, started: u64) -> Self {
        let clock = RetentionClock::new(Arc::clone(journal) as Arc<dyn Journal>, guard);
        Self { clock, ahead: time::Duration::ZERO, store_is_ahead: None, started }
    }

    /// What the clock is worth so many minutes after the beginning.
    async fn at(&mut self, minute: u64) -> ClockState {
        let elapsed = Duration::from_secs(60 * (minute - self.started));
        let store = self.store_is_ahead.map(|ahead| START + Duration::from_secs(60 * minute) + ahead);
        let reading = Reading { wall: self.wall(minute), elapsed, store };
        self.clock.check(reading).await.unwrap()
    }

    fn wall(&self, minute: u64) -> OffsetDateTime {
        START + Duration::from_secs(60 * minute) + self.ahead
    }

    /// Whether it is confirmed at each of these minutes.
    async fn confirmed(&mut self, minutes: std::ops::Range<u64>) -> Vec<bool> {
        let mut confirmed = Vec::new();
        for minute in minutes {
            let state = self.at(minute).await;
            assert!(
                matches!(state, ClockState::Doubted(_)) || state == ClockState::Confirmed(self.wall(minute))
            );
            confirmed.push(matches!(state, ClockState::Confirmed(_)));
        }
        confirmed
    }
}

fn days(days: u64) -> u64 {
    days * 24 * 60
}

#[tokio::test]
async fn a_clock_is_confirmed_after_five_minutes_and_a_step_begins_them_anew() {
    let mut server = Server::new(&Arc::default(), RetentionGuard::Guarded, 0);
    assert_eq!(server.confirmed(0..7).await, [false, false, false, false, false, true, true]);
    server.ahead = time::Duration::days(400);
    assert_eq!(
        server.at(7).await,
        ClockState::Doubted(Doubt::Leapt { last: START + Duration::from_secs(360) })
    );
    server.ahead = time::Duration::ZERO;
    assert_eq!(server.confirmed(8..14).await, [false, false, false, false, false, true]);
    server.ahead = time::Duration::minutes(-3);
    assert_eq!(server.at(14).await, NOT_STEADY);
}

#[tokio::test]
async fn a_leap_that_stays_waits_for_an_operator() {
    let journal = Arc::default();
    let mut server = Server::new(&journal, RetentionGuard::Guarded, 0);
    server.confirmed(0..6).await;
    server.ahead = time::Duration::days(400);
    assert!(!server.confirmed(6..100).await.contains(&true));
    let mut again = Server::new(&journal, RetentionGuard::Guarded, 100);
    again.ahead = server.ahead;
    assert!(!again.confirmed(100..200).await.contains(&true));
    let mut vouched = Server::new(&journal, RetentionGuard::Confirmed, 200);
    vouched.ahead = server.ahead;
    assert_eq!(vouched.confirmed(200..201).await, [true]);
    let mut after = Server::new(&journal, RetentionGuard::Guarded, 201);
    after.ahead = server.ahead;
    assert_eq!(after.confirmed(201..207).await, [false, false, false, false, false, true]);
}

#[tokio::test]
async fn a_server_that_was_off_goes_on_within_31_days() {
    let journal = Arc::default();
    Server::new(&journal, RetentionGuard::Guarded, 0).confirmed(0..6).await;
    for (start, goes_on) in [(days(30), true), (days(70), false)] {
        let mut server = Server::new(&journal, RetentionGuard::Guarded, start);
        assert_eq!(server.confirmed(start..start + 6).await[5], goes_on, "after {start} minutes");
    }
}

#[tokio::test]
async fn a_server_whose_clock_is_ahead_of_a_running_one_is_not_confirmed() {
    let journal = Arc::default();
    let mut right = Server::new(&journal, RetentionGuard::Guarded, 0);
    right.confirmed(0..10).await;
    let mut ahead = Server::new(&journal, RetentionGuard::Guarded, 10);
    ahead.ahead = time::Duration::days(2);
    let mut near = Server::new(&journal, RetentionGuard::Guarded, 10);
    near.ahead = time::Duration::seconds(30);
    for minute in 10..60 {
        assert!(matches!(right.at(minute).await, ClockState::Confirmed(_)), "minute {minute}");
        assert!(matches!(ahead.at(minute).await, ClockState::Doubted(_)), "minute {minute}");
        assert_eq!(
            matches!(near.at(minute).await, ClockState::Confirmed(_)),
            minute >= 15,
            "minute {minute}"
        );
    }
}

#[tokio::test]
async fn a_journal_without_a_note_is_as_old_as_its_newest_audit_entry() {
    let journal = Arc::<InMemoryJournal>::default();
    let entry = JournalEntry::new(Topic::new("audit").unwrap(), "enrol", START);
    journal.append(entry, None).await.unwrap();
    let mut server = Server::new(&journal, RetentionGuard::Guarded, days(400));
    assert!(!server.confirmed(days(400)..days(400) + 10).await.contains(&true));
}

#[tokio::test]
async fn a_server_ahead_of_the_clock_of_its_store_is_not_confirmed_although_it_is_alone() {
    for (minutes, is_confirmed) in [(20 * 24 * 60, false), (6, false), (4, true), (0, true)] {
        let mut server = Server::new(&Arc::default(), RetentionGuard::Guarded, 0);
        (server.ahead, server.store_is_ahead) =
            (time::Duration::minutes(minutes), Some(time::Duration::ZERO));
        assert_eq!(server.confirmed(0..20).await.contains(&true), is_confirmed, "ahead by {minutes} minutes");
        let doubt = Doubt::Ahead { store: START + Duration::from_secs(20 * 60) };
        assert_eq!(server.at(20).await == ClockState::Doubted(doubt), !is_confirmed);
        // Once it is set right.
        server.ahead = time::Duration::ZERO;
        assert!(server.confirmed(21..30).await.contains(&true));
    }
    let mut behind = Server::new(&Arc::default(), RetentionGuard::Guarded, 0);
    behind.store_is_ahead = Some(time::Duration::days(2));
    assert!(behind.confirmed(0..6).await.contains(&true), "a clock behind erases nothing too early");
    let mut vouched = Server::new(&Arc::default(), RetentionGuard::Confirmed, 0);
    (vouched.ahead, vouched.store_is_ahead) = (time::Duration::days(2), Some(time::Duration::ZERO));
    assert_eq!(vouched.confirmed(0..1).await, [true]);
}
