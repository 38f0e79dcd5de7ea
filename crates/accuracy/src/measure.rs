//! From arguments to numbers: read the labels, embed every picture once, compare, count.

use events::CalibrationSetting;

use crate::AccuracyError;
use crate::arguments::Arguments;
use crate::comparisons::{compare_all, compare_pairs, distances_of_pairs, labelled};
use crate::embedding_run::{EmbeddingRun, embed_all};
use crate::enrolment::EnrolmentReport;
use crate::groups::GroupReport;
use crate::identification::identify;
use crate::labels::Labels;
use crate::other_person::OtherPerson;
use crate::pairs::Pair;
use crate::picture_embedder::PictureEmbedder;
use crate::quality_rates::{AmongSpoilt, Shown, SpoiltRates, by_pose, shown};
use crate::report::{PicturesReport, Report, Setting, WrongPair};
use crate::several::Several;
use crate::sides::Sides;
use crate::statistics::{OperatingPoint, Scores, TargetRate, blocks};
use crate::value_name::name_of;
use crate::verification::Verification;

/// A report, and what a calibration is made of.
#[derive(Debug)]
pub struct Measured {
    /// All numbers.
    pub report: Report,
    /// What the distances are of.
    pub calibrated: CalibrationSetting,
    /// The distances of every pair where that was asked for, else of the labelled pairs.
    pub scores: Option<Scores>,
}

/// Measures what the arguments ask for, and writes nothing.
///
/// # Errors
/// [`AccuracyError`] says what to change.
pub fn measure(arguments: &Arguments) -> Result<Measured, AccuracyError> {
    let labels = Labels::read(arguments)?;
    let embedder = PictureEmbedder::open(arguments)?;
    let run = embed_all(&embedder, labels.pictures.all(), None, arguments.threads())?;
    let kept = |picture| !arguments.gate || run.passes_gate(picture);
    // Refused pictures get no vector, so every later step leaves them out without knowing of the gate.
    let sides = Sides::from_run(&run, embedder.scale(), kept)?;
    let people = labels.pictures.people();

    let mut report = Report {
        setting: setting(arguments, &embedder),
        pictures: PicturesReport::from_run(&run, &labels.pictures),
        enrolment: Some(EnrolmentReport::from_run(&run, arguments.gate)),
        ..Report::default()
    };
    let mut scores = None;
    if !labels.pairs.is_empty() {
        let distances = distances_of_pairs(&labels.pairs, &sides);
        let compared = compare_pairs(&labels.pairs, &distances)?;
        let mut pairs = labelled(&labels.pairs, &distances);
        if let Some(folds) = arguments.folds {
            blocks(&mut pairs, folds as usize);
        }
        report.pairs = Some(Verification::from_comparisons(&compared, &pairs));
        report.wrong_pairs = wrong_pairs(&labels, &distances, &compared.scores);
        scores = Some(compared.scores);
    }
    if arguments.every_pair() {
        // In place of the labelled pairs': a calibration needs the many impostors of every pair.
        scores = Some(every_pair(arguments, &mut report, &labels, &run, &sides)?);
    }
    if !labels.people.is_empty() {
        report.identification = Some(identify(&labels.people, usize::from(arguments.enrol), &sides)?);
    }
    if !arguments.spoil.is_empty() {
        spoilt(arguments, &mut report, &embedder, &labels, &shown(&run, &sides, &people))?;
    }
    Ok(Measured { report, calibrated: calibrated(&embedder), scores })
}

/// Everything that is told by every pair of the pictures.
fn every_pair(
    arguments: &Arguments,
    report: &mut Report,
    labels: &Labels,
    run: &EmbeddingRun,
    sides: &Sides<'_>,
) -> Result<Scores, AccuracyError> {
    let (people, threads) = (labels.pictures.people(), arguments.threads());
    let compared = compare_all(&people, threads, |enrolled, probe| sides.distance(enrolled, probe))?;
    // As enrolled on either side, since the service compares a new sample with samples, not with a probe.
    let both = compare_all(&people, threads, |one, other| sides.distance_enrolled(one, other))?;
    report.poses = by_pose(&shown(run, sides, &people));
    let several = Several::measure(&people, sides)?;
    report.other_person = OtherPerson::at_limits(&compared.scores, &both.scores);
    if let Some((limit, factor)) = OtherPerson::limit_of_service(&report.other_person).zip(several.factor) {
        report.other_person.extend(OtherPerson::against_several(limit, factor, &people, sides)?);
    }
    report.several = Some(several);
    report.groups = labels.groups.as_ref().map(|groups| {
        let names: Vec<&str> = labels.pictures.all().iter().map(|p| p.person.as_str()).collect();
        GroupReport::measure(groups, &names, &people, &compared.scores, |a, b| sides.distance(a, b))
    });
    report.all_pairs = Some(Verification::from_comparisons(&compared, &[]));
    Ok(compared.scores)
}

/// Every picture that has a partner of the same person, left alone and then spoilt in each way asked for,
/// against the untouched pictures and among themselves.
fn spoilt(
    arguments: &Arguments,
    report: &mut Report,
    embedder: &PictureEmbedder,
    labels: &Labels,
    untouched: &[Shown<'_>],
) -> Result<(), AccuracyError> {
    let of = |person| untouched.iter().filter(|other| other.person == person).count();
    let partnered = untouched.iter().enumerate().filter(|(_, shown)| of(shown.person) > 1);
    let indices: Vec<usize> = partnered.map(|(index, _)| index).collect();
    let pictures = labels.pictures.all();
    let list: Vec<_> = indices.iter().filter_map(|&index| pictures.get(index).cloned()).collect();
    let known: Vec<Shown<'_>> = indices.iter().filter_map(|&index| untouched.get(index).copied()).collect();
    let people: Vec<usize> = known.iter().map(|shown| shown.person).collect();
    // The untouched pictures are the first row, from the embeddings that are there already.
    report.spoilt.push(SpoiltRates::measure(None, &indices, &known, untouched));
    report.among_spoilt.push(AmongSpoilt::measure(None, &known));
    for &spoiling in &arguments.spoil {
        let run = embed_all(embedder, &list, Some(spoiling), arguments.threads())?;
        // All of them, also with `--gate`: how many the gate stops is among what is measured.
        let sides = Sides::from_run(&run, embedder.scale(), |_| true)?;
        let copies = shown(&run, &sides, &people);
        report.spoilt.push(SpoiltRates::measure(Some(spoiling), &indices, &copies, untouched));
        report.among_spoilt.push(AmongSpoilt::measure(Some(spoiling), &copies));
    }
    Ok(())
}

fn setting(arguments: &Arguments, embedder: &PictureEmbedder) -> Setting {
    let source = arguments.pairs.as_ref().or(arguments.identify.as_ref());
    let name = || source.and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    Setting {
        dataset: arguments.dataset.clone().or_else(name).unwrap_or_default(),
        model: embedder.model().as_str().to_owned(),
        crops: embedder.crops(),
        metric: name_of(&arguments.metric),
        scale: Some(embedder.scale().factor()),
        detector: name_of(&arguments.detector),
        choose: name_of(&arguments.choose),
    }
}

/// What a calibration of these distances must say that they are of.
fn calibrated(embedder: &PictureEmbedder) -> CalibrationSetting {
    let count = |crops: usize| u32::try_from(crops).unwrap_or(u32::MAX);
    CalibrationSetting {
        model: embedder.model().clone(),
        enrolled_crops: count(embedder.crops().enrolled),
        probe_crops: count(embedder.crops().probe),
        scale: embedder.scale(),
    }
}

/// The pairs that are decided wrongly where one impostor in a hundred is accepted, for a person to look at.
fn wrong_pairs(labels: &Labels, distances: &[Option<f32>], scores: &Scores) -> Vec<WrongPair> {
    let Some(point) = OperatingPoint::find(scores, TargetRate::one_in(100)) else { return Vec::new() };
    let label = |index| labels.pictures.get(index).map(|picture| picture.label.clone()).unwrap_or_default();
    let wrong = |(pair, distance): (&Pair, &Option<f32>)| {
        let distance = (*distance)?;
        let wrong = (distance <= point.threshold) != pair.same;
        wrong.then(|| WrongPair { a: label(pair.a), b: label(pair.b), same: pair.same, distance })
    };
    labels.pairs.iter().zip(distances).filter_map(wrong).collect()
}
