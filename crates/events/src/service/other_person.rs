//! A face that is unlike the user's others: another person's picture under this name.

use embedding::{Distance, Embedding, EmbeddingError, Template};
use embedding_store::FaceSample;

use crate::limit::{Limits, scaled};
use crate::policy::largest_of_target;

/// The share of other people's pictures within the limit: 19 of 20 are noticed. On SFace's scale 0.2 % of the
/// genuine pictures are farther away, on that of dlib's ResNet 0.4 % (docs/ACCURACY.md).
const OTHERS_WITHIN: f64 = 0.05;

/// Where nothing was measured, the limits as parts of the fixed threshold: about those of dlib's ResNet.
// 0.460, where 5 % of strangers are, and 0.562, the largest distance measured, each divided by 0.40.
const UNMEASURED: [f64; 2] = [1.15, 1.4];

/// A face of a request that is unlike the user's other faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherPerson {
    /// Its place among the faces of the request, from 0.
    pub face: usize,
    /// How far it is from the others.
    pub distance: Distance,
}

/// How unlike faces of one person may be.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// Farther from the template of the others than this, it is another person; of a template of one sample.
    others: Distance,
    /// Farther from any single face of the same request than this: a distance that no two pictures of one person
    /// were seen to have, and half of all strangers.
    any: Distance,
}

impl Limit {
    fn new(limits: &Limits) -> Self {
        let fixed = largest_of_target(limits.scale().metric());
        let [others, any] = UNMEASURED.map(|part| scaled(fixed, part));
        let measured = limits.calibration().and_then(|calibration| {
            let last = calibration.points().last()?;
            Some(Self {
                others: calibration.threshold_for(OTHERS_WITHIN).ok()?,
                any: Distance::new(last.distance).ok()?,
            })
        });
        measured.unwrap_or(Self { others, any })
    }
}

/// The faces that are unlike the user's stored samples or, of a user without any, unlike each other; by their
/// place among `faces`. Those for which `is_new` is false are stored already and not compared.
pub(super) fn others(
    limits: &Limits,
    stored: &[FaceSample],
    faces: &[&Embedding],
    is_new: impl Fn(usize) -> bool,
) -> Result<Vec<OtherPerson>, EmbeddingError> {
    let limit = Limit::new(limits);
    let template = |face: &Embedding| Template::from_embeddings(limits.scale(), [face]);
    let new = faces.iter().enumerate().filter(|(place, _)| is_new(*place));
    let new = new.map(|(place, face)| Ok((place, *face, template(face)?)));
    let new = new.collect::<Result<Vec<_>, EmbeddingError>>()?;
    let stored: Vec<&Embedding> = stored.iter().map(FaceSample::embedding).collect();
    let mut unlike = Vec::new();
    for (face, _, probe) in &new {
        let rest = || new.iter().filter(move |(other, ..)| other != face);
        // Where there are stored ones they alone judge: new faces of one wrong person would vouch for each other.
        let others =
            if stored.is_empty() { rest().map(|&(_, other, _)| other).collect() } else { stored.clone() };
        // What cancels out makes no template; that is refused elsewhere. A user's only face is unlike nothing.
        let Ok(template) = Template::from_embeddings(limits.scale(), others) else { continue };
        // A mean of several samples is nearer to strangers too, so less is allowed.
        let allowed = scaled(limit.others, limits.nearer(template.samples()));
        let mut far = beyond(probe.distance(&template)?, allowed);
        if stored.is_empty() {
            // The mean of faces of two people is near to both.
            for (.., other) in rest() {
                far = far.or(beyond(probe.distance(other)?, limit.any));
            }
        }
        unlike.extend(far.map(|distance| OtherPerson { face: *face, distance }));
    }
    Ok(unlike)
}

fn beyond(distance: Distance, allowed: Distance) -> Option<Distance> {
    (distance > allowed).then_some(distance)
}
