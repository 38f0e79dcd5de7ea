//! A user whose lock a transaction holds, with the samples it finds: how a change of these begins.

use futures_util::future::try_join4;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::connection::Lease;
use super::failure::Failure;
use super::{locks, rows};
use crate::{EventName, Username};

/// Whether an event is there, and a user of it.
const IS_THERE: &str = "SELECT EXISTS (SELECT 1 FROM events WHERE name = $1), \
                        EXISTS (SELECT 1 FROM users WHERE event = $1 AND name = $2)";
/// The samples of a user. In the order of their ids, as a gallery takes them: another order rounds otherwise.
pub(super) const SAMPLES: &str =
    "SELECT id, record FROM samples WHERE event = $1 AND username = $2 ORDER BY id";

/// Begins a transaction, locks a user and decides by the rows of their samples (id, record) what is to be
/// written. Returns that, with the statement that is to write it; after an error the transaction is rolled back.
pub(super) async fn begin<T>(
    lease: &Lease,
    event: &EventName,
    user: &Username,
    write: &str,
    decide: impl FnOnce(&[Row]) -> Result<T, Failure>,
) -> Result<(Statement, T), Failure> {
    let (event_text, user_text) = (event.as_str(), user.as_str());
    let names: [&(dyn ToSql + Sync); 2] = [&event_text, &user_text];
    // Prepared before BEGIN: the first time on a connection this costs a round trip, during which no lock
    // should be held, and an error here leaves no transaction to roll back.
    let (lock, is_there, samples, write) = lease
        .within(try_join4(
            lease.prepare_cached(locks::USER),
            lease.prepare_cached(IS_THERE),
            lease.prepare_cached(SAMPLES),
            lease.prepare_cached(write),
        ))
        .await?;
    // Sent together, so the locks are held for two round trips only, this and the write's. Under READ
    // COMMITTED, the server's default, each has its own snapshot, so a read behind the lock sees the last
    // holder's commit.
    let (_, _, is_there, found) = lease
        .within(try_join4(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &names),
            lease.query_one(&is_there, &names),
            lease.query(&samples, &names),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    let decided = || -> Result<T, Failure> {
        if !is_there.try_get::<_, bool>(1)? {
            return Err(rows::missing_user(is_there.try_get(0)?, event, user));
        }
        decide(&found)
    }();
    Ok((write, lease.or_roll_back(decided).await?))
}
