//! How the account behaves, which a test can change while it runs.

use std::time::Duration;

use crate::{Algorithm, Faults};

/// The account's settings and the troubles of the way to it.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How long a call waits before it is carried out.
    pub delay: Duration,
    /// Which calls fail by chance. For single ones see [`StandIn::fail`](crate::StandIn::fail).
    pub faults: Faults,
    /// Calls of the Admin API in an hour of the clock; more are answered with 420.
    pub admin_limit: u32,
    /// The most resources on a page of a list, whatever the caller asks for.
    pub longest_page: usize,
    /// The one algorithm that signatures may be made with; none: both.
    pub only_algorithm: Option<Algorithm>,
    /// How long lists lag behind what was written. Set at the time of the write.
    pub listing_lag: Duration,
    /// Whether the answer to an upload has the etag, which says what was stored.
    pub upload_etag: bool,
}

impl Default for Behaviour {
    /// A free account on a good day.
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            faults: Faults::default(),
            // The limit of free accounts; paid ones have 2,000.
            admin_limit: 500,
            longest_page: 500,
            only_algorithm: None,
            listing_lag: Duration::ZERO,
            upload_etag: true,
        }
    }
}

/// How the stand-in starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where it listens on loopback; 0 takes a free port.
    pub port: u16,
    /// Of the dice that decide which calls fail.
    pub seed: u64,
    /// How the account behaves at first.
    pub behaviour: Behaviour,
}
