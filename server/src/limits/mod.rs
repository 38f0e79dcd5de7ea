//! Limits by key, by address and by class of route, and of keys that do not hold; all in memory of a fixed size.
//!
//! Each server counts for itself. A table that is full forgets whoever is limited least, so that many addresses make
//! nobody wait but themselves.

mod class;
mod failures;
mod rate;
mod table;

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use tokio::time::Instant;

use self::failures::Failures;
use self::rate::{Bucket, Quota, Rate};
use self::table::Table;

pub(crate) use class::RouteClass;
pub(crate) use rate::Rates;

/// Entries of keys in their classes, and as many of addresses: 1 MiB each.
const ENTRIES: usize = 1 << 15;

/// The header that says which limits there are: requests (`q`) in seconds (`w`).
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The header that says what is left: requests (`r`), and in how many seconds all of them (`t`).
pub(crate) const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// The limits of this server, and what it counted. Clones share both.
#[derive(Debug, Clone)]
pub(crate) struct Limits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    by_key: Rates,
    by_address: Rates,
    keys: Mutex<Table<Bucket>>,
    addresses: Mutex<Table<Bucket>>,
    failures: Mutex<Table<Failures>>,
    /// By the number of the class.
    counts: [ClassCount; RouteClass::ALL.len()],
    failed_keys: AtomicU64,
}

#[derive(Debug, Default)]
struct ClassCount {
    passed: AtomicU64,
    refused: AtomicU64,
}

/// What was counted of a class since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) class: RouteClass,
    /// Requests within their limits.
    pub(crate) passed: u64,
    /// Requests beyond them, which were 429.
    pub(crate) refused: u64,
}

/// What a limit is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitedBy {
    /// The key.
    Key,
    /// The address.
    Address,
}

/// The limits that hold for a request, after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    class: RouteClass,
    quotas: Vec<(LimitedBy, Quota)>,
}

impl Limits {
    pub(crate) fn new(by_key: Rates, by_address: Rates) -> Self {
        Self(Arc::new(Shared {
            by_key,
            by_address,
            keys: Mutex::new(Table::new(ENTRIES)),
            addresses: Mutex::new(Table::new(ENTRIES)),
            failures: Mutex::new(Table::new(ENTRIES)),
            counts: Default::default(),
            failed_keys: AtomicU64::new(0),
        }))
    }

    /// Counts a request of the key of this name, `None` where there are no keys, from an address. Beyond the one limit
    /// it does not count towards the other. Programs of this machine are not counted by address: whoever comes through
    /// a proxy on it that is not listed would be one of them.
    pub(crate) fn take(&self, class: RouteClass, key: Option<&str>, address: IpAddr, now: Instant) -> Left {
        let shared = &self.0;
        let mut left = Left { class, quotas: Vec::new() };
        if let Some((key, rate)) = key.zip(shared.by_key.of_class(class)) {
            let quota = take(&shared.keys, (key, class), rate, now);
            left.quotas.push((LimitedBy::Key, quota));
        }
        let rate = shared.by_address.of_class(class).filter(|_| !address.is_loopback());
        // The key first: what is beyond its limit does not use up what others at the same address have.
        if let Some(rate) = rate.filter(|_| left.exceeded().is_none()) {
            let quota = take(&shared.addresses, (counted_as(address), class), rate, now);
            left.quotas.push((LimitedBy::Address, quota));
        }
        if let Some(count) = shared.counts.get(class as usize) {
            let count = if left.exceeded().is_some() { &count.refused } else { &count.passed };
            count.fetch_add(1, Ordering::Relaxed);
        }
        left
    }

    /// Counts a key that does not hold, from an address. How long that has to wait, where it sent several; this machine's own
    /// never has to, as by the limits of addresses.
    pub(crate) fn failed_key(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        self.0.failed_keys.fetch_add(1, Ordering::Relaxed);
        if address.is_loopback() {
            return None;
        }
        let mut failures = self.0.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.entry(counted_as(address), Failures::none(now))?.add(now)
    }

    /// What was counted of each class.
    pub(crate) fn counted(&self) -> [Counted; RouteClass::ALL.len()] {
        RouteClass::ALL.map(|class| {
            let count = self.0.counts.get(class as usize);
            let read = |of: fn(&ClassCount) -> &AtomicU64| {
                count.map_or(0, |count| of(count).load(Ordering::Relaxed))
            };
            Counted { class, passed: read(|count| &count.passed), refused: read(|count| &count.refused) }
        })
    }

    /// How many keys that do not hold came since the start.
    pub(crate) fn failed_keys(&self) -> u64 {
        self.0.failed_keys.load(Ordering::Relaxed)
    }
}

impl Left {
    /// The limit that a request is beyond, and in how long there is room for one more.
    pub(crate) fn exceeded(&self) -> Option<(LimitedBy, Duration)> {
        self.quotas.iter().find_map(|(by, quota)| Some((*by, quota.wait?)))
    }

    /// The headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10); `None` where nothing
    /// is limited.
    pub(crate) fn headers(&self) -> Option<[(HeaderName, HeaderValue); 2]> {
        if self.quotas.is_empty() {
            return None;
        }
        let class = self.class.as_str();
        let list = |item: fn(&Quota) -> String| {
            let items = self.quotas.iter();
            let items = items.map(|(by, quota)| format!("\"{class}-{}\";{}", by.as_str(), item(quota)));
            HeaderValue::from_str(&items.collect::<Vec<_>>().join(", ")).ok()
        };
        let policy = list(|quota| format!("q={};w={}", quota.rate.burst(), quota.rate.window()))?;
        let left = list(|quota| format!("r={};t={}", quota.remaining, whole_seconds(quota.reset)))?;
        Some([(POLICY, policy), (LEFT, left)])
    }
}

impl LimitedBy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Address => "address",
        }
    }
}

/// Seconds, rounded up: whoever waits for so long has waited long enough.
pub(crate) fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).unwrap_or(u32::MAX)
}

fn take(table: &Mutex<Table<Bucket>>, key: impl Hash, rate: Rate, now: Instant) -> Quota {
    // A panic elsewhere leaves no bucket half changed.
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    // There is an entry for every key; a bucket of its own would limit nobody.
    table.entry(key, Bucket(now)).map_or_else(|| Bucket(now).take(rate, now), |bucket| bucket.take(rate, now))
}

/// Whoever has an IPv6 network has all addresses of a /64 at least (RFC 6177), so these are counted as one.
fn counted_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str = "192.0.2.1";

    fn limits() -> Limits {
        Limits::new(Rates::per_second([1, 1, 1, 1, 1]), Rates::per_second([2, 2, 2, 2, 2]))
    }

    fn take(limits: &Limits, key: &str, address: &str, now: Instant) -> Option<(LimitedBy, Duration)> {
        limits.take(RouteClass::Recognition, Some(key), address.parse().unwrap(), now).exceeded()
    }

    #[test]
    fn keys_addresses_and_classes_are_limited_apart_and_a_refusal_costs_the_other_limit_nothing() {
        let (limits, now) = (limits(), Instant::now());
        assert!((0..2).all(|_| take(&limits, "door 1", DOOR, now).is_none()));
        for _ in 0..100 {
            assert_eq!(take(&limits, "door 1", DOOR, now), Some((LimitedBy::Key, Duration::from_secs(1))));
        }
        // Another class, and others at the same address.
        let address = DOOR.parse().unwrap();
        assert!(limits.take(RouteClass::Reading, Some("door 1"), address, now).exceeded().is_none());
        assert!((0..2).all(|_| take(&limits, "door 2", DOOR, now).is_none()));
        let by_address = Some((LimitedBy::Address, Duration::from_millis(500)));
        assert_eq!(take(&limits, "door 3", DOOR, now), by_address);
        assert_eq!(take(&limits, "door 4", "192.0.2.2", now), None);
        let counted = |class| limits.counted().into_iter().find(|counted| counted.class == class).unwrap();
        let recognition = counted(RouteClass::Recognition);
        assert_eq!((recognition.passed, recognition.refused), (5, 101));
        assert_eq!(counted(RouteClass::Reading).passed, 1);
        assert!((0..3).all(|_| limits.failed_key(address, now).is_none()));
        assert_eq!(limits.failed_keys(), 3);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_this_machine_is_not_counted() {
        let (limits, now) = (limits(), Instant::now());
        let anyone = |address: &str| {
            limits.take(RouteClass::Detection, None, address.parse().unwrap(), now).exceeded().is_none()
        };
        assert!((0..4).all(|host| anyone(&format!("2001:db8:1:2::{host}"))));
        assert!(!anyone("2001:db8:1:2:ffff::1") && anyone("2001:db8:1:3::1"));
        assert!((0..100).all(|_| anyone("127.0.0.1") && anyone("::1")));
        assert!((0..100).all(|_| limits.failed_key("127.0.0.1".parse().unwrap(), now).is_none()));
    }

    #[test]
    fn the_headers_say_each_limit_and_what_is_left_of_it() {
        let (limits, now) = (limits(), Instant::now());
        let headers = |key| {
            let left = limits.take(RouteClass::Reading, key, DOOR.parse().unwrap(), now);
            left.headers().map(|headers| headers.map(|(_, value)| value.to_str().unwrap().to_owned()))
        };
        let policy = "\"reading-key\";q=2;w=2, \"reading-address\";q=4;w=2";
        let left = "\"reading-key\";r=1;t=1, \"reading-address\";r=3;t=1";
        assert_eq!(headers(Some("door")), Some([policy.to_owned(), left.to_owned()]));
        let [policy, left] = headers(None).unwrap();
        assert_eq!(policy, "\"reading-address\";q=4;w=2");
        assert_eq!(left, "\"reading-address\";r=2;t=1");
        let off = Limits::new(Rates::OFF, Rates::OFF);
        assert!(off.take(RouteClass::Reading, Some("door"), DOOR.parse().unwrap(), now).headers().is_none());
    }
}
