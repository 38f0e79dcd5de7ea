//! The nearest templates: candidates by the database where it has pgvector, all templates otherwise; the
//! distances, and so the answer, are this side's either way.

use std::collections::BinaryHeap;
use std::num::NonZeroUsize;

use embedding::{Distance, ModelId, Template, squared_distance};
use tokio_postgres::Row;

use super::connection::Lease;
use super::failure::Failure;
use super::snapshot::{at_one_moment, each};
use super::vectors::{INDEX_SETTINGS, Vectors};
use crate::{EventName, NearestTemplates, StoreError, Username};

const MODEL: &str = "SELECT model FROM events WHERE name = $1";
const COUNT: &str = "SELECT count(*) FROM users WHERE event = $1 AND template IS NOT NULL";
const ALL: &str = "SELECT name, template FROM users WHERE event = $1 AND template IS NOT NULL";

/// So many more than asked for come along, which mostly shows at once that no other is as near.
const MORE: i64 = 8;

/// How far the distances of the database and of this side may be apart, as a part of them: each sums 128
/// squares in single precision, which is off by at most 130 roundings of 2^-24, half of that after the
/// root. The second number is for distances so small that their squares are lost altogether.
const MARGIN: (f64, f64) = (2e-5, 1e-15);

pub(super) async fn nearest(
    lease: &Lease,
    vectors: Option<&Vectors>,
    event: &EventName,
    probe: &Template,
    limit: NonZeroUsize,
) -> Result<NearestTemplates, Failure> {
    at_one_moment(lease, read(lease, vectors, event, probe, limit)).await
}

async fn read(
    lease: &Lease,
    vectors: Option<&Vectors>,
    event: &EventName,
    probe: &Template,
    limit: NonZeroUsize,
) -> Result<NearestTemplates, Failure> {
    let name = event.as_str();
    let found = lease.rows(MODEL, &[&name]).await?;
    let Some(row) = found.first() else { return Err(StoreError::event_not_found(event).into()) };
    let model: &str = row.try_get(0)?;
    if model != probe.model().as_str() {
        return Err(StoreError::event_conflict(event, format!("is of model '{model}'")).into());
    }
    let model = ModelId::new(model).map_err(|e| StoreError::Corrupt {
        what: format!("the model of event '{event}' is none"),
        source: Some(e.into()),
    })?;
    let mut best = Best { probe, limit, nearest: BinaryHeap::new() };
    let mut user_count = 0_i64;
    each(lease, COUNT, &[&name], |row| {
        user_count = row.try_get(0)?;
        Ok(())
    })
    .await?;
    match vectors {
        Some(vectors) if vectors.is_approximate => {
            lease.within(lease.batch_execute(INDEX_SETTINGS)).await?;
            let values = probe.values().to_vec();
            each(lease, &vectors.indexed, &[&name, &values, &rows_wanted(limit)], |row| best.take(&row))
                .await?;
        }
        Some(vectors) => by_the_database(lease, vectors, name, &mut best).await?,
        None => each(lease, ALL, &[&name], |row| best.take(&row)).await?,
    }
    let exact = vectors.is_none_or(|vectors| !vectors.is_approximate);
    let users = best.nearest.into_sorted_vec().into_iter().map(|(distance, user)| (user, distance)).collect();
    Ok(NearestTemplates::new(model, users, user_count.unsigned_abs(), exact))
}

/// All that may be among the nearest once the distances are taken here.
async fn by_the_database(
    lease: &Lease,
    vectors: &Vectors,
    event: &str,
    best: &mut Best<'_>,
) -> Result<(), Failure> {
    let probe = best.probe.values().to_vec();
    let wanted = rows_wanted(best.limit).saturating_add(MORE);
    let mut distances: Vec<f64> = Vec::new();
    each(lease, &vectors.first, &[&event, &probe, &wanted], |row| {
        distances.push(row.try_get(2)?);
        best.take(&row)
    })
    .await?;
    let kth = distances.get(best.limit.get() - 1).copied();
    let (Some(kth), Some(last)) = (kth, distances.last()) else { return Ok(()) };
    // Each distance is off by up to 3.9e-6 of itself (see MARGIN). Two such errors lie between the k-th here
    // and the database's, two more between here and the database for another row as near: 1.6e-5, below the
    // margin.
    let bound = kth * (1.0 + MARGIN.0) + MARGIN.1;
    let is_all = i64::try_from(distances.len()).is_ok_and(|found| found < wanted);
    if is_all || *last > bound {
        return Ok(());
    }
    // The second query returns the same rows again.
    best.nearest.clear();
    each(lease, &vectors.within, &[&event, &probe, &bound], |row| best.take(&row)).await
}

fn rows_wanted(limit: NonZeroUsize) -> i64 {
    i64::try_from(limit.get()).unwrap_or(i64::MAX)
}

/// The nearest of those that were looked at.
struct Best<'a> {
    probe: &'a Template,
    limit: NonZeroUsize,
    /// The farthest is on top.
    nearest: BinaryHeap<(Distance, Username)>,
}

impl Best<'_> {
    fn take(&mut self, row: &Row) -> Result<(), Failure> {
        let damaged = |what: &str| StoreError::corrupt(format!("a template in the database {what}"));
        let values: Vec<f32> = row.try_get(1)?;
        let values = values.try_into().map_err(|_| damaged("has not 128 numbers"))?;
        let squared = squared_distance(&values, self.probe.values());
        let distance = self.probe.scale().distance(squared);
        let distance = distance.map_err(|_| damaged("is not of finite numbers"))?;
        let name: &str = row.try_get(0)?;
        let is_full = self.nearest.len() >= self.limit.get();
        // Among equal distances the first by name, so that the order of the rows does not matter.
        let is_nearer =
            |farthest: &(Distance, Username)| (distance, name) < (farthest.0, farthest.1.as_str());
        if is_full && !self.nearest.peek().is_some_and(is_nearer) {
            return Ok(());
        }
        // Parsed only here, because that allocates and most rows are not among the nearest.
        let user = Username::new(name).ok().filter(|user| user.as_str() == name);
        let user = user.ok_or_else(|| damaged("has a name that is none"))?;
        self.nearest.push((distance, user));
        if self.nearest.len() > self.limit.get() {
            self.nearest.pop();
        }
        Ok(())
    }
}
