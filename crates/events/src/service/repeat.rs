//! A request to enrol that is made again: recognised by its mark, and done once.

use embedding::{Distance, DistanceScale, Embedding, EmbeddingError, Template};
use embedding_store::{EventName, FaceSample, Username};
use uuid::Uuid;

use super::enrolment::EnrolmentFace;

/// Embeddings of one picture are this near, as unit vectors, when two machines made them. Two pictures of one person are some
/// hundred times as far apart, and so is one picture that was written anew with a loss.
const SAME_PICTURE: f32 = 0.001;

/// Which faces of a request are stored already, from a time it was made before.
pub(super) struct Earlier {
    /// For each face of the request its sample, where there is one.
    pub(super) samples: Vec<Option<Uuid>>,
    /// How many samples the user had when the last of them was stored; `None` when none is stored.
    pub(super) count: Option<usize>,
}

impl Earlier {
    /// What `enrolled`, a user's samples, hold of a request with this mark; `None` when the mark is that of another
    /// request.
    pub(super) fn find(
        event: &EventName,
        user: &Username,
        request: Option<&str>,
        faces: &[EnrolmentFace],
        enrolled: &[FaceSample],
    ) -> Result<Option<Self>, EmbeddingError> {
        let mut earlier = Self { samples: vec![None; faces.len()], count: None };
        let Some(request) = request else { return Ok(Some(earlier)) };
        // In order of time, since ids that are made of marks are in none.
        let mut enrolled: Vec<_> = enrolled.iter().collect();
        enrolled.sort_by_key(|sample| (sample.created(), sample.id()));
        let is_marked = |sample: &&FaceSample| sample.request() == Some(request);
        earlier.count = enrolled.iter().rposition(is_marked).map(|last| last + 1);
        let mut marked: Vec<_> = enrolled.into_iter().filter(is_marked).collect();
        // Of one picture that was sent twice each sample is then that of the same face again.
        let numbered: Vec<_> = ids(event, user, request).take(faces.len()).map(|(_, id)| id).collect();
        marked.sort_by_key(|sample| numbered.iter().position(|id| *id == sample.id()).unwrap_or(faces.len()));
        for sample in marked {
            if !earlier.take(faces, sample)? {
                return Ok(None);
            }
        }
        Ok(Some(earlier))
    }

    /// Whether all faces are stored, so that nothing is left to be done.
    pub(super) fn is_all(&self) -> bool {
        self.samples.iter().all(Option::is_some)
    }

    /// Finds the face that a sample is of, which is then that of no other.
    fn take(&mut self, faces: &[EnrolmentFace], sample: &FaceSample) -> Result<bool, EmbeddingError> {
        for (face, place) in faces.iter().zip(&mut self.samples) {
            // Each sample for one face: a request with the same picture twice has two samples of it.
            if place.is_none() && same_picture(&face.embedding, sample.embedding())? {
                *place = Some(sample.id());
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The numbers of a request's samples that are not taken yet, in order: at every service the same for the same samples,
/// so that of two who store one face of one request one is refused.
pub(super) fn free_numbers(
    event: &EventName,
    user: &Username,
    request: &str,
    enrolled: &[FaceSample],
) -> impl Iterator<Item = u64> {
    ids(event, user, request)
        .filter(|(_, id)| enrolled.iter().all(|sample| sample.id() != *id))
        .map(|(number, _)| number)
}

fn ids(event: &EventName, user: &Username, request: &str) -> impl Iterator<Item = (u64, Uuid)> {
    (0..).map(|number| (number, FaceSample::id_of_request(event, user, request, number)))
}

fn same_picture(left: &Embedding, right: &Embedding) -> Result<bool, EmbeddingError> {
    // Whatever the scale of the event: `SAME_PICTURE` is a distance between unit vectors.
    let template = |face| Template::from_embeddings(DistanceScale::UNIT, [face]);
    let distance = template(left)?.distance(&template(right)?)?;
    Ok(distance <= Distance::new(SAME_PICTURE)?)
}
