//! The locks that keep writers apart, on numbers made of names; each ends with its transaction.
//!
//! Who adds to an event shares its lock, who adds under its version, deletes it or changes its record has it alone. A user's lock is
//! always had alone. The lock of the keys is shared by all who add, and had alone by who changes them. They
//! are taken in one order: keys, event, user. An append to the journal that asks what happened a moment ago has
//! the lock of its topic and subject, and no other. Two names with the same hash only wait for each other.
//! Rows are not locked instead: sharing a row's lock writes to the row, and whoever wants it alone may wait
//! for ever while others come and go. Advisory locks are given in the order of the requests.

// Advisory locks belong to the whole database, so the schema is hashed too; the seeds 0 to 4 keep the kinds
// apart. They end with the transaction (xact), so none stays on a connection that goes back to the pool.

/// Without parameters.
pub(super) const KEYS: &str = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 0))";

/// Parameter 1 is the event.
pub(super) const EVENT: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text, 1))";

/// Parameters 1 and 2 are the event and the user.
// The server evaluates the list from left to right: the order is the same for everybody, so nobody deadlocks.
// Names have no line break (10), so two pairs of names never make the same text.
pub(super) const USER: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0)), \
     pg_advisory_xact_lock_shared(hashtextextended(current_schema() || $1::text, 1)), \
     pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text || chr(10) || $2::text, 2))";

/// The same for one who changes several users of the event. Parameter 1 is the event.
pub(super) const EVENT_TO_ADD: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0)), \
     pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text, 1))";

/// The same for one who must have the event alone, to decide by its version.
pub(super) const EVENT_AND_USER: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0)), \
     pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text, 1)), \
     pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text || chr(10) || $2::text, 2))";

/// Held by every server as long as it listens, by its session.
pub(super) const SERVER: &str = "SELECT pg_advisory_lock_shared(hashtextextended(current_schema(), 4))";

/// Whether no server listens, which then stays so until the transaction ends.
pub(super) const NO_SERVER: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema(), 4))";

/// Of those who make what a database has once: tables, an extension, an index; the number is arbitrary.
pub(super) const MAKE: &str = "SELECT pg_advisory_xact_lock(7310462846208263015)";

/// Parameters 1 and 2 are the topic and the subject of an entry of the journal.
pub(super) const MOMENT: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1::text || chr(10) || $2::text, 3))";
