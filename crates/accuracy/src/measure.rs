//! From arguments to numbers: read the labels, embed every picture once, compare, count.

use std::path::{Path, PathBuf};

use face_core::{EngineOptions, FaceEngine, ModelId};

use crate::AccuracyError;
use crate::arguments::{Arguments, Metric, name_of};
use crate::comparisons::{compare_all, compare_pairs, distances_of_pairs, labelled};
use crate::embedding_run::{EmbeddingRun, embed_all};
use crate::identification::identify;
use crate::pairs::{Pair, read_pairs};
use crate::people::{Person, read_people};
use crate::pictures::Pictures;
use crate::quality_rates::{Probe, SpoiltRates, by_pose};
use crate::report::{PicturesReport, Report, Setting, WrongPair};
use crate::statistics::{OperatingPoint, Scores, TargetRate, blocks};
use crate::vector::FaceVector;
use crate::verification::Verification;

/// A report, and the distances that a calibration is made of.
#[derive(Debug)]
pub struct Measured {
    /// All numbers.
    pub report: Report,
    /// The distances of every pair where that was asked for, else of the labelled pairs.
    pub scores: Option<Scores>,
}

/// Measures what the arguments ask for, and writes nothing.
///
/// # Errors
/// [`AccuracyError`] says what to change.
pub fn measure(arguments: &Arguments) -> Result<Measured, AccuracyError> {
    let labels = Labels::read(arguments)?;
    let threads = threads(arguments);
    let engine = open(arguments, threads)?;
    let run = embed_all(&engine, labels.pictures.all(), None, arguments.choose, threads)?;
    let vectors = vectors(&run, arguments.metric)?;
    let people = labels.pictures.people();

    let mut report = Report {
        setting: setting(arguments, &engine),
        pictures: PicturesReport::of(&run, &labels.pictures),
        pairs: None,
        all_pairs: None,
        identification: None,
        spoilt: Vec::new(),
        poses: Vec::new(),
        wrong_pairs: Vec::new(),
    };
    let mut scores = None;
    if !labels.pairs.is_empty() {
        let distances = distances_of_pairs(&labels.pairs, &vectors);
        let compared = compare_pairs(&labels.pairs, &distances)?;
        let mut pairs = labelled(&labels.pairs, &distances);
        if let Some(folds) = arguments.folds {
            blocks(&mut pairs, folds as usize);
        }
        report.pairs = Some(Verification::of(&compared, &pairs));
        report.wrong_pairs = wrong_pairs(&labels, &distances, &compared.scores);
        scores = Some(compared.scores);
    }
    if arguments.all_pairs {
        let compared = compare_all(&vectors, &people, threads)?;
        report.poses = by_pose(&probes(&run, &vectors, &people));
        report.all_pairs = Some(Verification::of(&compared, &[]));
        scores = Some(compared.scores);
    }
    if !labels.people.is_empty() {
        let enrol = usize::from(arguments.enrol);
        let embedding = |picture| run.embedding(picture);
        report.identification = Some(identify(&labels.people, enrol, arguments.metric, embedding)?);
    }
    if !arguments.spoil.is_empty() {
        report.spoilt = spoilt(arguments, &engine, &labels.pictures, &probes(&run, &vectors, &people))?;
    }
    Ok(Measured { report, scores })
}

/// Every picture that has a partner of the same person, left alone and then spoilt in each way asked for,
/// against the untouched pictures.
fn spoilt(
    arguments: &Arguments,
    engine: &FaceEngine,
    pictures: &Pictures,
    untouched: &[Probe<'_>],
) -> Result<Vec<SpoiltRates>, AccuracyError> {
    let of = |person| untouched.iter().filter(|(other, _)| *other == person).count();
    let partnered = untouched.iter().enumerate().filter(|&(_, &(person, _))| of(person) > 1);
    let indices: Vec<usize> = partnered.map(|(index, _)| index).collect();
    let list: Vec<_> = indices.iter().filter_map(|&index| pictures.all().get(index).cloned()).collect();
    let known: Vec<Probe<'_>> = indices.iter().filter_map(|&index| untouched.get(index).copied()).collect();
    let people: Vec<usize> = known.iter().map(|(person, _)| *person).collect();
    let mut rates = vec![SpoiltRates::of(None, &indices, &known, untouched)?];
    for &spoiling in &arguments.spoil {
        let run = embed_all(engine, &list, Some(spoiling), arguments.choose, threads(arguments))?;
        let vectors = vectors(&run, arguments.metric)?;
        rates.push(SpoiltRates::of(Some(spoiling), &indices, &probes(&run, &vectors, &people), untouched)?);
    }
    Ok(rates)
}

/// Person, face and quality of each picture.
fn probes<'a>(run: &'a EmbeddingRun, vectors: &'a [Option<FaceVector>], people: &[usize]) -> Vec<Probe<'a>> {
    let faces = vectors.iter().enumerate().map(|(index, vector)| vector.as_ref().zip(run.quality(index)));
    people.iter().copied().zip(faces).collect()
}

/// Everything that the labels say.
struct Labels {
    pictures: Pictures,
    pairs: Vec<Pair>,
    people: Vec<Person>,
}

impl Labels {
    fn read(arguments: &Arguments) -> Result<Self, AccuracyError> {
        let mut pictures = Pictures::default();
        let at_most = arguments.samples.map(|samples| samples as usize);
        let (mut pairs, mut people) = (Vec::new(), Vec::new());
        if let Some(file) = &arguments.pairs {
            pairs = read_pairs(file, &root(arguments, file), at_most, &mut pictures)?;
            if pairs.iter().any(|pair| pair.fold.is_some()) && arguments.folds.is_some() {
                return Err(AccuracyError::Contradiction(
                    "the pairs have a column 'fold', so --folds has no place".to_owned(),
                ));
            }
        }
        if let Some(source) = &arguments.identify {
            people = read_people(source, &root(arguments, source), at_most, &mut pictures)?;
        }
        if pairs.is_empty() && people.is_empty() {
            return Err(AccuracyError::NothingAsked);
        }
        let labels = Self { pictures, pairs, people };
        if arguments.all_pairs {
            labels.check_people(arguments)?;
        }
        Ok(labels)
    }

    /// Who is who must agree with what the pairs say, else every other pair would be labelled wrongly.
    fn check_people(&self, arguments: &Arguments) -> Result<(), AccuracyError> {
        let people = self.pictures.people();
        let disagrees = |pair: &&Pair| (people.get(pair.a.0) == people.get(pair.b.0)) != pair.same;
        let Some(pair) = self.pairs.iter().find(disagrees) else { return Ok(()) };
        let label = |index| self.pictures.get(index).map_or("", |picture| picture.label.as_str());
        Err(AccuracyError::Labels {
            path: arguments.pairs.clone().unwrap_or_default(),
            place: format!("'{}' and '{}'", label(pair.a), label(pair.b)),
            detail:
                "whether they show one person is not what their folders say: --all-pairs needs the columns \
                     person1 and person2"
                    .to_owned(),
        })
    }
}

/// The folder that paths start from.
fn root(arguments: &Arguments, file: &Path) -> PathBuf {
    let own = || file.parent().map(Path::to_path_buf).unwrap_or_default();
    arguments.root.clone().unwrap_or_else(own)
}

fn threads(arguments: &Arguments) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    arguments.threads.map_or_else(cores, usize::from)
}

fn open(arguments: &Arguments, sessions: usize) -> Result<FaceEngine, AccuracyError> {
    let embedder = arguments.model.as_deref().map(ModelId::new).transpose()?;
    let options = EngineOptions {
        crops: arguments.crops.into(),
        detector: arguments.detector.into(),
        sessions,
        embedder,
        ..EngineOptions::default()
    };
    Ok(FaceEngine::open(&arguments.models, options)?)
}

fn setting(arguments: &Arguments, engine: &FaceEngine) -> Setting {
    let source = arguments.pairs.as_ref().or(arguments.identify.as_ref());
    let name = || source.and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    Setting {
        dataset: arguments.dataset.clone().or_else(name).unwrap_or_default(),
        model: engine.model().as_str().to_owned(),
        crops: face_core::Crops::from(arguments.crops).count(),
        metric: name_of(&arguments.metric),
        detector: name_of(&arguments.detector),
        choose: name_of(&arguments.choose),
    }
}

fn vectors(run: &EmbeddingRun, metric: Metric) -> Result<Vec<Option<FaceVector>>, AccuracyError> {
    let vector = |picture| run.embedding(picture).map(|embedding| FaceVector::of(&[embedding], metric));
    let vectors = (0..run.outcomes.len()).map(|picture| vector(picture).transpose());
    Ok(vectors.collect::<Result<_, _>>()?)
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
