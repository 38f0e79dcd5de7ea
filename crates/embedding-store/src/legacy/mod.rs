//! The gallery of the old service, taken over: one JSON document for everybody.
//!
//! ```json
//! {"conference_2024": {"Zoë": [[0.1, -0.02, "... 128 numbers"], ["..."]]}}
//! ```
//! The document says who is registered where with which embeddings, and nothing else. What stores keep
//! beside that is filled in as follows: the caller gives the model and the time; the detection score is 0,
//! since none was measured; the source is [`SOURCE`].
//!
//! The numbers are f64 in the document and f32 in a store: each becomes the nearest f32, ties to even. Those
//! that began as f32, as dlib's do, come through to the last bit.

mod encoding;
mod import;
mod report;
mod shape;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use embedding::{DIMENSIONS, DistanceScale, Embedding, EmbeddingError, ModelId, Template};

use encoding::to_utf8;
pub use report::{LegacyError, Merged, RejectReason, Rejected, RejectedUser, Summary};
use shape::{Entries, Items, Numbers, Shape};

use crate::{EventName, Username};

/// The longest document that is read, in bytes.
// Some 180,000 embeddings as Python writes them, each of about 2.8 kB.
pub const MAX_DOCUMENT_BYTES: usize = 512 * 1024 * 1024;

/// The source of a face sample that came from the old service.
pub const SOURCE: &str = "import of the old service";

type Users = Entries<Shape<Vectors>>;
type Vectors = Items<Shape<Numbers>>;

/// The document of the old service, read. `Debug` shows no number of an embedding.
#[non_exhaustive]
pub struct LegacyDocument {
    model: ModelId,
    events: BTreeMap<EventName, BTreeMap<Username, Vec<Embedding>>>,
    /// What could not be taken, in the order of the document.
    pub rejected: Vec<Rejected>,
    /// What was taken together, in the order of the document.
    pub merged: Vec<Merged>,
}

impl LegacyDocument {
    /// Reads the document. `model` made its embeddings: the old service ran dlib's. Names are trimmed and normalised as [`EventName`] and [`Username`] say; entries
    /// that are then of one name are taken together.
    ///
    /// What has not the right form is left out, and listed in [`LegacyDocument::rejected`].
    ///
    /// # Errors
    /// [`LegacyError`] when it is no JSON object, or of more than [`MAX_DOCUMENT_BYTES`].
    pub fn parse(bytes: &[u8], model: ModelId) -> Result<Self, LegacyError> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(LegacyError::TooLong { bytes: bytes.len(), limit: MAX_DOCUMENT_BYTES });
        }
        let text = to_utf8(bytes)?;
        // Python writes `NaN` and `Infinity`, which are no
        // JSON: a document with them is refused at that place.
        let document: Shape<Entries<Shape<Users>>> = serde_json::from_slice(&text)
            .map_err(|e| LegacyError::NotJson { line: e.line(), column: e.column(), source: e })?;
        let Entries(events) = match document {
            Shape::Right(events) => events,
            Shape::Wrong(found) => return Err(LegacyError::NotAnObject { found }),
        };
        let mut read = Self { model, events: BTreeMap::new(), rejected: vec![], merged: vec![] };
        for (spelling, users) in events {
            read.take_event(spelling, users);
        }
        Ok(read)
    }

    /// How much can be taken over.
    #[must_use]
    pub fn total(&self) -> Summary {
        let users = self.events.values().flat_map(BTreeMap::values);
        Summary {
            events: self.events.len(),
            users: users.clone().count(),
            samples: users.map(Vec::len).sum(),
            already_there: 0,
        }
    }

    /// What could not be taken, one entry for each user and for each event that was left out whole, in the order of
    /// the document.
    pub fn rejected_users(&self) -> impl Iterator<Item = RejectedUser<'_>> {
        let same = |a: &Rejected, b: &Rejected| a.event == b.event && a.user == b.user;
        self.rejected.chunk_by(same).map(RejectedUser)
    }

    fn take_event(&mut self, spelling: String, users: Shape<Users>) {
        let reject = |reason| Rejected { event: spelling.clone(), user: None, index: None, reason };
        let name = match EventName::new(&spelling) {
            Ok(name) => name,
            Err(error) => return self.rejected.push(reject(error.into())),
        };
        let Entries(users) = match users {
            Shape::Right(users) => users,
            Shape::Wrong(found) => {
                let expected = "an object of users";
                return self.rejected.push(reject(RejectReason::WrongShape { found, expected }));
            }
        };
        match self.events.entry(name.clone()) {
            Entry::Vacant(place) => drop(place.insert(BTreeMap::new())),
            Entry::Occupied(_) => {
                let spelling = spelling.clone();
                self.merged.push(Merged { event: name.clone(), user: None, spelling });
            }
        }
        for (user, vectors) in users {
            self.take_user(&name, &spelling, user, vectors);
        }
    }

    fn take_user(&mut self, event: &EventName, event_spelling: &str, spelling: String, list: Shape<Vectors>) {
        let reject = |index, reason| {
            let (event, user) = (event_spelling.to_owned(), Some(spelling.clone()));
            Rejected { event, user, index, reason }
        };
        let name = match Username::new(&spelling) {
            Ok(name) => name,
            Err(error) => return self.rejected.push(reject(None, error.into())),
        };
        let Items(list) = match list {
            Shape::Right(list) => list,
            Shape::Wrong(found) => {
                let expected = "a list of embeddings";
                return self.rejected.push(reject(None, RejectReason::WrongShape { found, expected }));
            }
        };
        let mut embeddings = Vec::new();
        for (index, item) in list.into_iter().enumerate() {
            match embedding(item, &self.model) {
                Ok(embedding) => embeddings.push(embedding),
                Err(reason) => self.rejected.push(reject(Some(index), reason)),
            }
        }
        if embeddings.is_empty() {
            return self.rejected.push(reject(None, RejectReason::NoEmbedding));
        }
        match self.events.entry(event.clone()).or_default().entry(name.clone()) {
            Entry::Vacant(place) => drop(place.insert(embeddings)),
            Entry::Occupied(mut present) => {
                present.get_mut().append(&mut embeddings);
                self.merged.push(Merged { event: event.clone(), user: Some(name), spelling });
            }
        }
    }
}

fn embedding(item: Shape<Numbers>, model: &ModelId) -> Result<Embedding, RejectReason> {
    let numbers = match item {
        Shape::Right(numbers) => numbers,
        Shape::Wrong(found) => {
            return Err(RejectReason::WrongShape { found, expected: "a list of 128 numbers" });
        }
    };
    if numbers.length != DIMENSIONS {
        return Err(EmbeddingError::WrongDimension { got: numbers.length }.into());
    }
    if let Some(position) = numbers.not_a_number {
        return Err(RejectReason::NotANumber { position });
    }
    let embedding = Embedding::from_slice(model.clone(), &numbers.values)?;
    // One without a direction would spoil every search among its event.
    Template::from_embeddings(DistanceScale::UNIT, [&embedding])?;
    Ok(embedding)
}

impl fmt::Debug for LegacyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyDocument")
            .field("total", &self.total())
            .field("rejected", &self.rejected)
            .field("merged", &self.merged)
            .finish()
    }
}
