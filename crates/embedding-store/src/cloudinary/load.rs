//! Reading what is there: the list of all documents, then each one that counts. What is there and damaged keeps
//! out one user or event; anything else that fails is an error of the whole.

use std::collections::BTreeMap;

use futures_util::{TryStreamExt, stream};
use tokio::time::Instant;
use uuid::Uuid;

use super::calls::Row;
use super::document::{Body, Bytes, Document, KeyBody, UserBody};
use super::mirror::Listed;
use super::path::Place;
use super::store::Inner;
use crate::StoreError;
use crate::opening::{Opening, absent};

/// How often a place is listed anew that changes while it is read.
const LISTINGS: u32 = 5;

/// What reading a place comes to.
enum Reading {
    Whole(Vec<Document>),
    /// It has a revision that is there and makes no sense.
    Damaged(Uuid, Row, StoreError),
}

impl Inner {
    /// Fills the empty mirror. Whoever uses the store afterwards sees all of it, but for users and events with a
    /// damaged document, which they get errors of.
    ///
    /// # Errors
    /// Any failure to list or read; damage to the key record, or to everything; and what [`Keyring::admit`](crate::Keyring::admit) refuses.
    pub(super) async fn load(&self, opening: Opening) -> Result<(), StoreError> {
        let mut listed = self.list().await?;
        if listed.is_empty() && !opening.makes() {
            let prefix = self.prefix.as_str();
            return Err(absent(format_args!("the account has no documents of a store below '{prefix}'")));
        }
        // The key first: with another one no sample can be opened, and that is what to say then.
        if let Some(rows) = listed.remove(&Place::Key) {
            self.read_and_adopt(&Place::Key, rows).await?;
        }
        // Any document of a user counts, a tombstone too: to tell them apart they would have to be read, and
        // reading opens the samples with the very key that is being admitted.
        let is_empty = !listed.keys().any(|place| matches!(place, Place::User(..)));
        self.admit_keyring(is_empty, opening).await?;
        self.read_places(listed.clone()).await?;
        let kept_out = self.mirror().unreadable().places();
        if kept_out > 0 && kept_out == listed.len() {
            // Not the damage of one document: to start empty would look as if nobody had ever been enrolled.
            return Err(StoreError::corrupt("none of the documents at Cloudinary can be read"));
        }
        self.mirror_mut().set_aside(&listed, Instant::now());
        Ok(())
    }

    /// All documents below the prefix, by place.
    pub(super) async fn list(&self) -> Result<Listed, StoreError> {
        let rows = self.client.list(&self.prefix.everything()).await?;
        self.note_size(rows.len());
        Ok(self.by_place(rows))
    }

    fn by_place(&self, rows: Vec<Row>) -> Listed {
        let mut listed = Listed::new();
        let mut others = 0_usize;
        for row in rows {
            match self.prefix.read(&row.public_id) {
                Some((place, revision)) => {
                    listed.entry(place).or_default().insert(revision, row);
                }
                None => others += 1,
            }
        }
        if others > 0 {
            tracing::warn!(
                others,
                "the store's folder at Cloudinary holds documents that are not the store's"
            );
        }
        listed
    }

    /// Reads the revisions of many places that are not known, and adopts them.
    pub(super) async fn read_places(&self, unread: Listed) -> Result<(), StoreError> {
        stream::iter(unread.into_iter().map(Ok))
            .try_for_each_concurrent(self.parallel.get(), |(place, rows)| async move {
                self.read_and_adopt(&place, rows).await
            })
            .await
    }

    async fn read_and_adopt(&self, place: &Place, rows: BTreeMap<Uuid, Row>) -> Result<(), StoreError> {
        match self.read_place(place, rows).await? {
            Reading::Whole(documents) => {
                for document in documents {
                    self.adopt(place, document);
                }
            }
            // Without it nobody can tell whose samples the given key opens.
            Reading::Damaged(_, _, error) if *place == Place::Key => return Err(error),
            Reading::Damaged(revision, row, error) => {
                let id = row.public_id.clone();
                let (subject, is_new) = {
                    let mut mirror = self.mirror_mut();
                    (mirror.subject(place), mirror.keep_out(place, revision, row))
                };
                if is_new {
                    tracing::error!(
                        document = %id,
                        %error,
                        "a document at Cloudinary cannot be read: its user or event is kept out until it is \
                         restored or removed"
                    );
                    self.feed.changed(subject);
                }
            }
        }
        Ok(())
    }

    /// Reads the revisions of one place, the newest first, but for those that another one supersedes.
    ///
    /// One that has gone between the list and the read has been superseded or swept meanwhile: only a
    /// newer list of the place, which then has its successor, tells.
    async fn read_place(&self, place: &Place, mut rows: BTreeMap<Uuid, Row>) -> Result<Reading, StoreError> {
        'listing: for _ in 0..LISTINGS {
            let mut documents: Vec<Document> = Vec::new();
            // What a newer one supersedes is not worth a call, and may be destroyed at this moment.
            for (revision, row) in rows.iter().rev() {
                if documents.iter().any(|newer| newer.supersedes.contains(revision)) {
                    continue;
                }
                match self.read_revision(place, *revision, row).await {
                    Ok(Some(document)) => documents.push(document),
                    Ok(None) => {
                        let listed = self.client.list(&self.prefix.folder(place)).await?;
                        rows = self.by_place(listed).remove(place).unwrap_or_default();
                        // From the start, because the successor in the new list may supersede what was read so far.
                        continue 'listing;
                    }
                    // What it says is not known, so neither is what else of the place still counts.
                    Err(error @ StoreError::Corrupt { .. }) => {
                        return Ok(Reading::Damaged(*revision, row.clone(), error));
                    }
                    Err(error) => return Err(error),
                }
            }
            return Ok(Reading::Whole(documents));
        }
        Err(StoreError::unavailable(
            true,
            format!("the documents of {place} change faster than they are read"),
        ))
    }

    /// One revision; `None` when it is not there any more.
    async fn read_revision(
        &self,
        place: &Place,
        revision: Uuid,
        row: &Row,
    ) -> Result<Option<Document>, StoreError> {
        let etag = row.etag.as_deref();
        let Some(json) = self.client.read(&row.public_id, row.bytes, etag).await? else { return Ok(None) };
        let document = Document::from_json(&json, place, revision)?;
        self.check_samples(&document)?;
        Ok(Some(document))
    }

    /// Every sample opens, and is the one that the document says.
    fn check_samples(&self, document: &Document) -> Result<(), StoreError> {
        let Some(UserBody { event, user, samples, .. }) = document.body.as_user() else { return Ok(()) };
        for (id, sealed) in samples {
            let sample = self.keyring.open(sealed.as_slice())?;
            if sample.id() != *id || sample.event() != event || sample.user() != user {
                let what = format!("a sample of user '{user}' of event '{event}' belongs elsewhere");
                return Err(StoreError::corrupt(what));
            }
        }
        Ok(())
    }

    /// Has the keyring check the key record, and writes the one that it wants. Several are there when
    /// stores were opened at once: the keyring must fit all of them.
    async fn admit_keyring(&self, is_empty: bool, opening: Opening) -> Result<(), StoreError> {
        let stored: Vec<Bytes> = self.key_records();
        let mut wanted = None;
        for record in &stored {
            wanted = self.keyring.admit(Some(record.as_slice()), is_empty)?;
        }
        if stored.is_empty() {
            wanted = self.keyring.admit(None, is_empty)?;
        }
        match wanted.filter(|_| opening.changes()) {
            Some(record) => self.put_key(record).await,
            None => Ok(()),
        }
    }

    fn key_records(&self) -> Vec<Bytes> {
        let mirror = self.mirror();
        let live = mirror.revisions(&Place::Key).into_iter().flat_map(|revisions| revisions.live());
        live.filter_map(|live| match &live.document.body {
            Body::Key(KeyBody { record, .. }) => Some(record.clone()),
            Body::Event(_) | Body::DeletedEvent(_) | Body::User(_) | Body::DeletedUser(_) => None,
        })
        .collect()
    }

    /// Writes the key record.
    pub(super) async fn put_key(&self, record: Vec<u8>) -> Result<(), StoreError> {
        let body = Body::Key(KeyBody { record: record.into(), unknown: serde_json::Map::new() });
        // Without the place's lock: the body depends on nothing that is there, and of two writes at once the
        // second names the first, which is doubtful until then.
        self.put(&Place::Key, |_| Ok(Some(body))).await
    }
}
