//! Templates of several pictures of one person, as the service makes them of several samples.

use std::collections::BTreeMap;

use crate::AccuracyError;
use crate::sides::Sides;
use crate::vector::FaceVector;

/// A template, whose it is, and which pictures it was made of.
#[derive(Debug)]
pub struct OfSeveral {
    /// The person's number.
    pub person: usize,
    /// The pictures.
    pub pictures: Vec<usize>,
    /// Their template.
    pub template: FaceVector,
}

/// Templates of so many pictures each, of everyone who has as many, in the order of the pictures. No picture is
/// in two. `people` has the person's number for each picture, `enrolled` the embedding.
///
/// # Errors
/// [`AccuracyError::Embedding`] for samples whose mean has no direction.
pub fn of_several(
    samples: usize,
    people: &[usize],
    sides: &Sides<'_>,
) -> Result<Vec<OfSeveral>, AccuracyError> {
    let mut of_person: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (picture, &person) in people.iter().enumerate() {
        if sides.enrolled(picture).is_some() {
            of_person.entry(person).or_default().push(picture);
        }
    }
    let mut templates = Vec::new();
    for (person, pictures) in of_person {
        // A rest that is too short is left out: a template of fewer would not be of this size.
        for chunk in pictures.chunks_exact(samples.max(1)) {
            templates.push(OfSeveral { person, pictures: chunk.to_vec(), template: sides.template(chunk)? });
        }
    }
    Ok(templates)
}
