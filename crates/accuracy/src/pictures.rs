//! The pictures that labels speak of, each once, and whose they are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A picture, by its place among [`Pictures`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureIndex(pub usize);

/// Every picture that occurs, once, in the order in which the labels name them.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    list: Vec<Picture>,
    by_path: HashMap<PathBuf, PictureIndex>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The path to read it from.
    pub path: PathBuf,
    /// The path as the labels have it.
    pub label: String,
    /// Whose it is: a name given by the labels, or the name of the folder that it is in.
    pub person: String,
}

impl Pictures {
    /// The picture of that path below `root`, added if it is new.
    ///
    /// # Errors
    /// A sentence, when an earlier label gave the picture to somebody else.
    pub fn add(&mut self, root: &Path, label: &str, person: Option<&str>) -> Result<PictureIndex, String> {
        let path = root.join(label);
        if let Some(&known) = self.by_path.get(&path) {
            let earlier = self.list.get(known.0).map(|picture| picture.person.as_str());
            return match (person, earlier) {
                (Some(now), Some(earlier)) if now != earlier => {
                    Err(format!("'{label}' is of '{now}' here and of '{earlier}' before"))
                }
                // A label without a name contradicts nobody: folders name people only for pictures that are
                // new.
                _ => Ok(known),
            };
        }
        let folder =
            || path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let person = person.map(str::to_owned).or_else(folder).unwrap_or_default();
        let index = PictureIndex(self.list.len());
        self.list.push(Picture { path: path.clone(), label: label.to_owned(), person });
        self.by_path.insert(path, index);
        Ok(index)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Picture] {
        &self.list
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, index: PictureIndex) -> Option<&Picture> {
        self.list.get(index.0)
    }

    /// A number for each person in the order of first occurrence, for each picture.
    #[must_use]
    pub fn people(&self) -> Vec<usize> {
        let mut numbers = HashMap::new();
        let number = |picture| {
            let next = numbers.len();
            *numbers.entry(picture).or_insert(next)
        };
        self.list.iter().map(|picture| picture.person.as_str()).map(number).collect()
    }
}
