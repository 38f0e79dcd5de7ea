//! Time, as the retries and the budget see it: the system's, or a test's.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use time::OffsetDateTime;

/// A clock that can be waited on.
#[async_trait]
pub(super) trait Clock: Debug + Send + Sync {
    /// Time since some moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// The date and time, for signatures and for dates that Cloudinary names.
    fn wall(&self) -> OffsetDateTime;

    async fn sleep(&self, duration: Duration);
}

/// The system's clock, on a tokio runtime.
#[derive(Debug)]
pub(super) struct SystemClock(Instant);

impl SystemClock {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
pub(super) mod standing {
    use super::*;

    /// A clock that stands until somebody sleeps, for tests.
    #[derive(Debug)]
    pub(in super::super) struct TestClock {
        pub(in super::super) start: OffsetDateTime,
        pub(in super::super) slept: std::sync::Mutex<Vec<Duration>>,
    }

    impl TestClock {
        pub(in super::super) fn new() -> Self {
            let start = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
            Self { start, slept: std::sync::Mutex::default() }
        }
    }

    #[async_trait]
    impl Clock for TestClock {
        fn elapsed(&self) -> Duration {
            self.slept.lock().unwrap().iter().sum()
        }

        fn wall(&self) -> OffsetDateTime {
            self.start + self.elapsed()
        }

        async fn sleep(&self, duration: Duration) {
            self.slept.lock().unwrap().push(duration);
        }
    }
}
