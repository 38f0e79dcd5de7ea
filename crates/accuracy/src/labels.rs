//! Everything that the labels say: the pictures, the pairs, the people and their groups.

use std::path::{Path, PathBuf};

use crate::AccuracyError;
use crate::arguments::Arguments;
use crate::groups::{Groups, read_groups};
use crate::pairs::{Pair, read_pairs};
use crate::people::{Person, read_people};
use crate::pictures::Pictures;

/// What was read.
#[derive(Debug)]
pub struct Labels {
    /// Every picture that occurs, once.
    pub pictures: Pictures,
    /// The labelled pairs.
    pub pairs: Vec<Pair>,
    /// The people to search among.
    pub people: Vec<Person>,
    /// Who is of which group, where that was asked for.
    pub groups: Option<Groups>,
}

impl Labels {
    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// [`AccuracyError`] says which file is wrong, or that there is none.
    pub fn read(arguments: &Arguments) -> Result<Self, AccuracyError> {
        let mut pictures = Pictures::default();
        let at_most = arguments.samples.map(|samples| samples as usize);
        let (mut pairs, mut people) = (Vec::new(), Vec::new());
        if let Some(file) = &arguments.pairs {
            // Both lists name their pictures in one table, so that a picture in both is embedded once.
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
        // By what was read, so that an empty file is an error as well.
        if pairs.is_empty() && people.is_empty() {
            return Err(AccuracyError::NothingAsked);
        }
        let groups = arguments.groups.as_deref().map(read_groups).transpose()?;
        let labels = Self { pictures, pairs, people, groups };
        if arguments.every_pair() {
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
