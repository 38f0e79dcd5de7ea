//! Adds the old service's gallery to a store, so that doing it again changes nothing.

use std::collections::HashMap;

use embedding::Embedding;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use super::report::Summary;
use super::{LegacyDocument, SOURCE};
use crate::{EmbeddingStore, EmbeddingStoreExt, EventName, EventRecord, FaceSample, StoreError, Username};

/// Users on their way into the store at the same time.
// As for archives: as many as the group commit of a file store gains by.
const IN_FLIGHT: usize = 64;

/// Samples of a user that are handed to the store at a time: some 10 MB.
// Many, because a store may have to read all that the user has for each append.
const AT_ONCE: usize = 10_000;

/// The use of the hash that ids are made of.
const ID_CONTEXT: &[u8] = b"embedding-store legacy sample id v1";

impl LegacyDocument {
    /// Adds events, users and samples to a store, and tells `progress` after each event and user.
    ///
    /// `created` is the time that all of it is said to be of, such as when the document was last written.
    ///
    /// Importing again changes nothing, also with another time: an embedding that the user has already is
    /// not added. Ids are UUIDs of version 7 made of the time, the place in the user's list, and a hash of
    /// event, user, place and embedding, so that two imports at once, of one time, add nothing twice either.
    /// Events and users that are there are kept as they are.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an event of the store is of another model; else as the store says.
    /// What was taken over until then stays.
    pub async fn import(
        &self,
        store: &dyn EmbeddingStore,
        created: OffsetDateTime,
        mut progress: impl FnMut(Summary),
    ) -> Result<Summary, StoreError> {
        let mut done = Summary::default();
        for (event, users) in &self.events {
            store.create_or_keep_event(EventRecord::new(event.clone(), self.model.clone(), created)).await?;
            done.events += 1;
            progress(done);
            let mut users = stream::iter(users)
                .map(|(user, embeddings)| add(store, event, user, samples(event, user, embeddings, created)))
                .buffer_unordered(IN_FLIGHT);
            while let Some(added) = users.next().await {
                let added = added?;
                done.users += added.users;
                done.samples += added.samples;
                done.already_there += added.already_there;
                progress(done);
            }
        }
        Ok(done)
    }
}

/// Adds those samples of a user whose embeddings the user has not yet. One that the document has twice is
/// to be there twice.
async fn add(
    store: &dyn EmbeddingStore,
    event: &EventName,
    user: &Username,
    samples: Result<Vec<FaceSample>, StoreError>,
) -> Result<Summary, StoreError> {
    let samples = samples?;
    let present = match store.samples(event, user).await {
        Err(StoreError::NotFound { .. }) => vec![],
        present => present?,
    };
    // Looked up and not searched for: a user may have tens of thousands.
    let mut present_times: HashMap<Vec<u32>, usize> = HashMap::new();
    for sample in &present {
        *present_times.entry(numbers(sample.embedding())).or_default() += 1;
    }
    let mut missing = Vec::new();
    let mut added = Summary { users: 1, samples: samples.len(), ..Summary::default() };
    for sample in samples {
        // By the numbers and not by the id: with another time of the document the ids are others.
        match present_times.get_mut(&numbers(sample.embedding())) {
            Some(times @ 1..) => {
                *times -= 1;
                added.already_there += 1;
            }
            Some(0) | None => missing.push(sample),
        }
    }
    for samples in missing.chunks(AT_ONCE) {
        store.append_samples(samples.to_vec()).await?;
    }
    Ok(added)
}

/// What two embeddings of one model are equal by.
fn numbers(embedding: &Embedding) -> Vec<u32> {
    // Plus zero, which makes one of the two zeros of the other.
    embedding.values().iter().map(|value| (value + 0.0).to_bits()).collect()
}

fn samples(
    event: &EventName,
    user: &Username,
    embeddings: &[Embedding],
    created: OffsetDateTime,
) -> Result<Vec<FaceSample>, StoreError> {
    let sample = |(place, embedding): (u64, &Embedding)| {
        let id = id(event, user, place, embedding, created);
        FaceSample::new(event.clone(), user.clone(), embedding.clone(), 0.0, SOURCE, created)
            .map(|sample| sample.with_id(id))
            .map_err(|e| StoreError::unstorable(e.to_string()))
    };
    (0..).zip(embeddings).map(sample).collect()
}

/// The same for the same sample, and in the order of the places. Two differ but for an accident of 62 bits.
fn id(
    event: &EventName,
    user: &Username,
    place: u64,
    embedding: &Embedding,
    created: OffsetDateTime,
) -> Uuid {
    let mut hash = Sha256::new_with_prefix(ID_CONTEXT);
    for name in [event.as_str(), user.as_str()] {
        // No name has a zero byte.
        hash.update(name);
        hash.update([0]);
    }
    hash.update(place.to_le_bytes());
    for value in embedding.values() {
        hash.update(value.to_le_bytes());
    }
    // The 12 bits after the version hold the place, as far as they go, and the hash fills the rest.
    let [.., high, low] = place.to_be_bytes();
    let mut rest = [high, low, 0, 0, 0, 0, 0, 0, 0, 0];
    rest.iter_mut().skip(2).zip(hash.finalize()).for_each(|(to, from)| *to = from);
    // A time before 1970 has no place in a UUID of version 7.
    let milliseconds = u64::try_from(created.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
}
