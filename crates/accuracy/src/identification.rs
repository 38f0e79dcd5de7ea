//! Search among many (1:N): a gallery of some pictures a person, and the rest as probes.

use serde::{Deserialize, Serialize};

use crate::AccuracyError;
use crate::comparisons::scores;
use crate::people::Person;
use crate::sides::Sides;
use crate::statistics::{OperatingPoint, Proportion, RocPoint, Scores, TargetRate, roc};
use crate::vector::FaceVector;
use crate::verification::{RatesAt, TARGETS, rates};

/// False positive identification rates at which false negatives are reported.
pub const SEARCH_TARGETS: [TargetRate; 4] = [
    TargetRate::one_in(10),
    TargetRate::one_in(100),
    TargetRate { accepted: 3, of: 1000 },
    TargetRate::one_in(1000),
];

/// What searching a gallery gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identification {
    /// Pictures enrolled a person.
    pub enrolled_pictures: usize,
    /// People in the gallery.
    pub gallery: usize,
    /// Probes of people in the gallery whose nearest template was their own.
    pub rank_1: Proportion,
    /// Every probe against every template, one comparison each, at wanted rates of false accepts.
    pub operating_points: Vec<OperatingPoint>,
    /// Likewise at fixed thresholds.
    pub thresholds: Vec<RatesAt>,
    /// Whole searches with strangers among the probes, where there are strangers.
    pub open_set: Option<OpenSet>,
    /// Pictures left out because they gave no embedding.
    pub lost_pictures: usize,
}

/// Whole searches. Here `far` is FPIR, the false positive identification rate: the share of searches for
/// strangers in which anybody is within the threshold; and `frr` is FNIR, the false negative identification
/// rate: the share of searches for enrolled people in which their own template is not the nearest one, or not
/// within the threshold (ISO/IEC 19795-1, with one candidate).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenSet {
    /// Probes of people who are not enrolled.
    pub strangers: usize,
    /// At wanted shares of strangers named.
    pub operating_points: Vec<OperatingPoint>,
    /// At fixed thresholds.
    pub thresholds: Vec<RatesAt>,
    /// The curve.
    #[serde(default)]
    pub curve: Vec<RocPoint>,
}

/// Enrols the first `enrol` pictures of everyone who has more, and searches for all other pictures. People
/// with fewer are strangers.
///
/// # Errors
/// [`AccuracyError::NoComparisons`] when nobody has enough pictures, or only one person has.
pub fn identify(people: &[Person], enrol: usize, sides: &Sides<'_>) -> Result<Identification, AccuracyError> {
    let (mut gallery, mut probes, mut strangers) = (Vec::new(), Vec::new(), Vec::new());
    let mut lost_pictures = 0;
    for person in people {
        let found: Vec<usize> =
            person.pictures.iter().map(|p| p.0).filter(|&p| sides.enrolled(p).is_some()).collect();
        lost_pictures += person.pictures.len() - found.len();
        // Counted in pictures with an embedding: somebody whose others gave none has no probe left.
        if found.len() > enrol {
            let (own, rest) = found.split_at(enrol);
            probes.extend(rest.iter().filter_map(|&picture| Some((gallery.len(), sides.probe(picture)?))));
            // After the probes, which name their template by the place that it gets here.
            gallery.push(sides.template(own)?);
        } else {
            strangers.extend(found.iter().filter_map(|&picture| sides.probe(picture)));
        }
    }
    let (mut genuine, mut impostor, mut named) = (Vec::new(), Vec::new(), Vec::new());
    let mut rank_1 = Proportion { count: 0, of: probes.len() };
    for (own, probe) in &probes {
        let distances: Vec<f32> = gallery.iter().map(|template| template.distance(probe)).collect();
        let mut own_distance = f32::INFINITY;
        for (template, &distance) in distances.iter().enumerate() {
            if template == *own {
                own_distance = distance;
                genuine.push(distance);
            } else {
                impostor.push(distance);
            }
        }
        let nearest = distances.iter().copied().fold(f32::INFINITY, f32::min);
        let right = own_distance <= nearest;
        rank_1.count += usize::from(right);
        // No threshold makes a search right whose nearest template is somebody else's.
        named.push(if right { own_distance } else { f32::INFINITY });
    }
    let of_strangers: Vec<f32> = strangers.iter().map(|probe| nearest(&gallery, probe)).collect();
    let scores = scores("the search", genuine, impostor)?;
    Ok(Identification {
        enrolled_pictures: enrol,
        gallery: gallery.len(),
        rank_1,
        operating_points: OperatingPoint::find_all(&scores, &TARGETS),
        thresholds: rates(&scores),
        // Without strangers there are no whole searches to count; the other rates stand.
        open_set: Scores::new(named, of_strangers).ok().map(|searches| OpenSet {
            strangers: strangers.len(),
            operating_points: OperatingPoint::find_all(&searches, &SEARCH_TARGETS),
            thresholds: rates(&searches),
            curve: roc(&searches),
        }),
        lost_pictures,
    })
}

fn nearest(gallery: &[FaceVector], probe: &FaceVector) -> f32 {
    gallery.iter().map(|template| template.distance(probe)).fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use face_core::{DistanceScale, Embedding, ModelId};

    use super::*;
    use crate::pictures::PictureIndex;

    /// A face at a place on a line, by the raw metric.
    fn face(place: f32) -> Embedding {
        let mut numbers = [0.0; 128];
        (numbers[0], numbers[1]) = (place, 1.0);
        Embedding::new(ModelId::new("test").unwrap(), numbers).unwrap()
    }

    fn search(places: &[&[f32]], enrol: usize) -> Result<Identification, AccuracyError> {
        let (mut faces, mut people) = (Vec::new(), Vec::new());
        for of_person in places {
            let pictures = (0..of_person.len()).map(|i| PictureIndex(faces.len() + i)).collect();
            people.push(Person { name: String::new(), pictures });
            faces.extend(of_person.iter().map(|&place| face(place)));
        }
        let sides = Sides::alike(faces.iter().map(Some).collect(), DistanceScale::RAW)?;
        identify(&people, enrol, &sides)
    }

    #[test]
    fn probes_are_named_after_the_nearest_template_and_strangers_are_not_enrolled() {
        // Enrolled at 0.0 and 1.0; probes at 0.1 and 0.4 (theirs) and 0.3 (of the one at 1.0).
        let found = search(&[&[0.0, 0.1, 0.4], &[1.0, 0.3], &[5.0]], 1).unwrap();
        assert_eq!((found.gallery, found.rank_1), (2, Proportion { count: 2, of: 3 }));
        let at = |threshold: f32| found.thresholds.iter().find(|r| r.threshold == threshold).unwrap();
        assert_eq!(at(0.45).frr, Proportion { count: 1, of: 3 });
        assert_eq!(at(0.45).far, Proportion { count: 1, of: 3 });
        let open = found.open_set.unwrap();
        assert_eq!(open.strangers, 1);
        let at = |threshold: f32| open.thresholds.iter().find(|r| r.threshold == threshold).unwrap();
        assert_eq!(at(0.35).frr, Proportion { count: 2, of: 3 });
        assert_eq!(at(0.60).frr, Proportion { count: 1, of: 3 });
        assert_eq!(at(0.60).far, Proportion { count: 0, of: 1 });
    }

    #[test]
    fn several_enrolled_pictures_make_one_template() {
        let found = search(&[&[0.0, 0.2, 0.35], &[1.0, 1.2, 1.1]], 2).unwrap();
        // The templates are at 0.1 and 1.1, so the own ones are 0.25 and 0 away.
        assert_eq!(found.thresholds[0].frr, Proportion { count: 0, of: 2 });
        assert_eq!(found.open_set, None);
    }

    #[test]
    fn a_gallery_of_one_person_cannot_be_measured() {
        assert!(matches!(search(&[&[0.0, 0.1], &[3.0]], 1), Err(AccuracyError::NoComparisons { .. })));
    }
}
