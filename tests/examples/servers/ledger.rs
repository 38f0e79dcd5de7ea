//! What a client was told was done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// All that one client knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The users, whom it alone enrols and changes.
    pub(crate) users: Vec<User>,
    /// The field of an event that it alone changes, and what it was set to last.
    pub(crate) field: Option<Field>,
    /// The transactions of all that changed something.
    pub(crate) transactions: BTreeSet<String>,
    /// How many requests of each kind were acknowledged.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Requests that were given no answer, and that were repeated at another server.
    pub(crate) repeated: u64,
    /// Those that cannot be repeated.
    pub(crate) given_up: u64,
    /// Answers of a server that did not know yet what another had acknowledged.
    pub(crate) late: u64,
}

/// A field of an event.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) event: String,
    pub(crate) name: &'static str,
    pub(crate) value: Value,
}

/// A user, as it was acknowledged.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) event: String,
    pub(crate) name: String,
    /// Which embedding all faces have.
    pub(crate) number: usize,
    /// The ids of the faces.
    pub(crate) faces: BTreeSet<String>,
    /// How many more there may be, whose requests were given no answer and have no key to repeat them by.
    pub(crate) perhaps: usize,
    /// What the metadata was set to last.
    pub(crate) metadata: Option<u64>,
    /// The ids of the check-ins.
    pub(crate) check_ins: BTreeSet<String>,
}

impl User {
    /// The path of the user.
    pub(crate) fn path(&self) -> String {
        format!("/v1/events/{}/users/{}", self.event, self.name)
    }

    /// Notes that the user was deleted, with everything.
    pub(crate) fn delete(&mut self) {
        self.faces.clear();
        self.check_ins.clear();
        self.metadata = None;
    }
}

impl Ledger {
    /// The counts of both; of users and transactions nothing.
    pub(crate) fn and_counts_of(mut self, other: &Self) -> Self {
        for (kind, count) in &other.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        self.repeated += other.repeated;
        self.given_up += other.given_up;
        self.late += other.late;
        self
    }

    /// The counts in words.
    pub(crate) fn described(&self) -> String {
        let Self { counts, repeated, given_up, late, .. } = self;
        format!(
            "{counts:?}; {repeated} without an answer were repeated at another server, {given_up} without a key were not, \
             {late} came to a server that did not know yet"
        )
    }
}
