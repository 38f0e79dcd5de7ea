//! Everything in the database as one transaction sees it, handed on row by row.

use std::future::ready;
use std::num::NonZeroUsize;
use std::pin::pin;

use futures_util::TryStreamExt;
use futures_util::stream::{self, StreamExt, poll_fn};
use tokio::sync::mpsc::{self, Sender};
use tokio_postgres::RowStream;
use tokio_postgres::types::ToSql;

use super::connection::{Connections, Lease};
use super::failure::Failure;
use super::identity::Identity;
use super::snapshot::at_one_moment;
use super::{events, journal, rows, users};
use crate::{Cursor, EventRecord, Listing, Page, StoreError, StoredRecord, StoredRecords, UserRecord};

/// Records that are read ahead of whoever takes them.
const AHEAD: usize = 16;

/// Users, or events, that are held at a time; their samples come row by row.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// Those of the users behind the first name, up to the second one where there is one: so all are read, those whose user
/// is missing too.
const SAMPLES: &str = "SELECT username, id, record FROM samples WHERE event = $1 AND username > $2 \
                       AND ($3::text IS NULL OR username <= $3) ORDER BY username, id";

pub(super) fn stored_records<'a>(connections: &'a Connections, identity: &'a Identity) -> StoredRecords<'a> {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let read = async move {
        let lease = connections.lend().await?;
        let outcome = at_one_moment(&lease, read_all(&lease, identity, &sender)).await;
        lease.settle(outcome)
    };
    let records = poll_fn(move |context| receiver.poll_recv(context)).map(Ok);
    let failure = stream::once(read).filter_map(|ended: Result<(), StoreError>| ready(ended.err().map(Err)));
    stream::select(records, failure).boxed()
}

async fn read_all(lease: &Lease, identity: &Identity, taker: &Sender<StoredRecord>) -> Result<(), Failure> {
    let mut next = Some(Page::first(AT_ONCE));
    while let Some(page) = next {
        let listing = events::list(lease, &page).await?;
        for event in listing.items {
            take(taker, StoredRecord::Event(event.clone())).await?;
            read_users(lease, identity, &event, taker).await?;
        }
        next = behind(listing.next);
    }
    let mut entries = pin!(rows_of(lease, journal::ALL, &[]).await?);
    while let Some(row) = lease.within(entries.try_next()).await? {
        take(taker, StoredRecord::Entry(journal::read(&row)?)).await?;
    }
    Ok(())
}

async fn read_users(
    lease: &Lease,
    identity: &Identity,
    event: &EventRecord,
    taker: &Sender<StoredRecord>,
) -> Result<(), Failure> {
    let (mut next, mut last) = (Some(Page::first(AT_ONCE)), String::new());
    while let Some(page) = next {
        let Listing { items, next: place } = users::list(lease, &event.name, &page).await?;
        let until = place.as_ref().map(Cursor::as_str);
        let of_samples: [&(dyn ToSql + Sync); 3] = [&event.name.as_str(), &last, &until];
        let mut samples = pin!(rows_of(lease, SAMPLES, &of_samples).await?);
        let mut users = items.into_iter();
        let mut user: Option<UserRecord> = None;
        // Both go by the name, so one walk over the users finds the one of every sample. COLLATE "C" sorts by bytes.
        while let Some(row) = lease.within(samples.try_next()).await? {
            let name: &str = row.try_get(0)?;
            while user.as_ref().is_none_or(|user| user.name.as_str() < name) {
                let Some(following) = users.next() else { break };
                take(taker, StoredRecord::User(following.clone())).await?;
                user = Some(following);
            }
            let Some(owner) = user.as_ref().filter(|user| user.name.as_str() == name) else {
                return Err(ownerless(event));
            };
            let sample = identity.sample(&event.name, &owner.name, row.try_get(1)?, rows::bytes(&row, 2)?)?;
            take(taker, StoredRecord::Sample(sample)).await?;
        }
        // Users without samples, which whoever takes them refuses: they are not passed over.
        for user in users {
            take(taker, StoredRecord::User(user)).await?;
        }
        last = until.unwrap_or_default().to_owned();
        next = behind(place);
    }
    Ok(())
}

fn behind(place: Option<Cursor>) -> Option<Page> {
    place.map(|place| Page { after: Some(place), limit: AT_ONCE })
}

fn ownerless(event: &EventRecord) -> Failure {
    let what = format!("a face sample of event '{}' belongs to a user who is not there", event.name);
    StoreError::corrupt(what).into()
}

async fn rows_of(lease: &Lease, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<RowStream, Failure> {
    let statement = lease.within(lease.prepare_cached(sql)).await?;
    lease.within(lease.query_raw(&statement, values.iter().copied())).await
}

async fn take(taker: &Sender<StoredRecord>, record: StoredRecord) -> Result<(), Failure> {
    // Nobody hears of this error: whoever took the records has gone. `Lost`, as the rows are not read to their end.
    let gone = |_| Failure::Lost(StoreError::unavailable(false, "the records are not taken any more"));
    taker.send(record).await.map_err(gone)
}
