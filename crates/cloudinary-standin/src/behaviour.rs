//! How the account behaves, which a test can change while it runs.

use std::time::Duration;

use crate::{Algorithm, Fault, Faults};

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
    /// Whether the Upload API takes HTTP Basic in place of a signature.
    pub basic_auth: bool,
    /// Whether an upload over an asset clears its tags and context, where it names none.
    pub overwriting_clears: bool,
    /// How long lists lag behind what was written. Set at the time of the write.
    pub listing_lag: Duration,
    /// Whether `invalidate` counts for the Admin API too, as support can arrange.
    pub admin_invalidates: bool,
    /// Whether folders are apart from public ids, so that archives name their entries by the last part.
    pub dynamic_folders: bool,
    /// The largest raw file, in bytes.
    pub largest_file: usize,
    /// The delivery network.
    pub cdn: CdnBehaviour,
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
            basic_auth: true,
            // An account's own setting, so the worse case: a client must send its labels with every upload.
            overwriting_clears: true,
            listing_lag: Duration::ZERO,
            admin_invalidates: false,
            dynamic_folders: false,
            // What free accounts take of a raw file.
            largest_file: 10 * 1024 * 1024,
            cdn: CdnBehaviour::default(),
        }
    }
}

/// How the delivery network caches.
#[derive(Debug, Clone)]
pub struct CdnBehaviour {
    /// Whether URLs that differ in the query alone are cached apart.
    pub query_in_key: bool,
    /// How long a found asset is kept.
    pub keeps: Duration,
    /// How long the answer that an asset is missing is kept the first time; each further time twice as long,
    /// up to a day.
    pub keeps_missing: Duration,
    /// When an invalidation takes effect.
    pub invalidation: Invalidation,
}

impl Default for CdnBehaviour {
    fn default() -> Self {
        Self {
            query_in_key: true,
            // The longest that the documentation says of the delivery network.
            keeps: Duration::from_secs(30 * 24 * 3600),
            keeps_missing: Duration::from_secs(60),
            // Documented as a few seconds to a few minutes, so no client may rely on an effect at once.
            invalidation: Invalidation::After(Duration::from_secs(10)),
        }
    }
}

/// When an invalidation takes effect on a cached copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalidation {
    /// After so many more reads of the stale copy.
    AfterReads(u32),
    /// After so much time of the account's clock.
    After(Duration),
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

impl Options {
    /// An account at which a share of the calls, from 0 to 1, fails in one of the given ways.
    #[must_use]
    pub fn failing(share: f64, kinds: &[Fault], seed: u64) -> Self {
        let faults = Faults { share, kinds: kinds.to_vec(), ..Faults::default() };
        Self { seed, behaviour: Behaviour { faults, ..Behaviour::default() }, ..Self::default() }
    }
}
