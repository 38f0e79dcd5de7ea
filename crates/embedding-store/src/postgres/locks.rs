//! The locks that keep writers apart, on numbers made of names; each ends with its transaction.
//!
//! Who adds to an event shares its lock, who deletes it or changes its model has it alone. A user's lock is
//! always had alone. The lock of the keys is shared by all who add, and had alone by who changes them. They
//! are taken in one order: keys, event, user. An append to the journal that asks what happened a moment ago has
//! the lock of its topic and subject, and no other. Two names whose numbers meet only wait for each other.
//! Not the rows themselves are locked: those who share a row write to it, and who wants it alone may wait
//! for ever while others come and go, where these locks are given in order.

/// Without parameters.
pub(super) const KEYS: &str = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 0))";

/// Parameter 1 is the event.
pub(super) const EVENT: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text, 1))";

/// Parameters 1 and 2 are the event and the user.
pub(super) const USER: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0)), \
     pg_advisory_xact_lock_shared(hashtextextended(current_schema() || $1::text, 1)), \
     pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text || chr(10) || $2::text, 2))";

/// Parameters 1 and 2 are the topic and the subject of an entry of the journal.
pub(super) const MOMENT: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text || chr(10) || $2::text, 3))";
