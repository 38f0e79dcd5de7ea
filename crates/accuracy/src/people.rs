//! People with their pictures, read from a folder of folders or from a CSV file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::AccuracyError;
use crate::pairs::{Table, spread};
use crate::pictures::{PictureIndex, Pictures};

/// Ends of file names that are taken for pictures, in lower case.
const PICTURE_EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"];

/// One person's pictures, by name of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The pictures, at least one.
    pub pictures: Vec<PictureIndex>,
}

/// Reads who is on which picture and adds the pictures; people by name. With `at_most`, only so many
/// people, evenly spread.
///
/// A folder has one folder for each person. A file has the columns `path` (relative to `root`) and
/// `person`.
///
/// # Errors
/// [`AccuracyError::Read`] or [`AccuracyError::Labels`].
pub fn read_people(
    source: &Path,
    root: &Path,
    at_most: Option<usize>,
    pictures: &mut Pictures,
) -> Result<Vec<Person>, AccuracyError> {
    let (root, labels) =
        if source.is_dir() { (source, of_folder(source)?) } else { (root, of_file(source)?) };
    let labels: Vec<_> = labels.into_iter().collect();
    let person = |(name, paths): &(String, Vec<String>)| {
        let add = |path: &String| {
            let wrong = |detail| AccuracyError::Labels {
                path: source.to_path_buf(),
                place: format!("person '{name}'"),
                detail,
            };
            pictures.add(root, path, Some(name)).map_err(wrong)
        };
        Ok(Person { name: name.clone(), pictures: paths.iter().map(add).collect::<Result<_, _>>()? })
    };
    spread(&labels, at_most).map(person).collect()
}

type PathsByPerson = BTreeMap<String, Vec<String>>;

fn of_folder(folder: &Path) -> Result<PathsByPerson, AccuracyError> {
    let mut people = PathsByPerson::new();
    for person in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = file_name(&person);
        let is_picture = |path: &PathBuf| {
            let extension = path.extension().map(|end| end.to_string_lossy().to_lowercase());
            extension.is_some_and(|end| PICTURE_EXTENSIONS.contains(&end.as_str()))
        };
        let pictures = entries(&person)?.into_iter().filter(is_picture);
        let paths: Vec<_> = pictures.map(|path| format!("{name}/{}", file_name(&path))).collect();
        if !paths.is_empty() {
            people.insert(name, paths);
        }
    }
    Ok(people)
}

fn of_file(file: &Path) -> Result<PathsByPerson, AccuracyError> {
    let table = Table::read(file)?;
    let (path, person) = (table.column("path")?, table.column("person")?);
    let mut people = PathsByPerson::new();
    for (line, record) in &table.records {
        match (record.get(path), record.get(person)) {
            (Some(path), Some(person)) if !path.is_empty() && !person.is_empty() => {
                people.entry(person.to_owned()).or_default().push(path.to_owned());
            }
            _ => return Err(table.wrong(format!("line {line}"), "a path or a person is empty".to_owned())),
        }
    }
    // As a folder would list them. A picture named twice would be enrolled and then be its own probe.
    for paths in people.values_mut() {
        paths.sort();
        paths.dedup();
    }
    Ok(people)
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, AccuracyError> {
    let unreadable = |source| AccuracyError::Read { path: folder.to_path_buf(), source };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    // Folders list their files in any order, and the first pictures are the ones that are enrolled.
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_folders_and_a_file_that_says_the_same_give_the_same_people() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("people");
        for path in ["Bo/2.jpg", "Bo/1.JPG", "Bo/notes.txt", "Al/1.png", "Nobody/readme.md"] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let file = folder.path().join("people.csv");
        std::fs::write(&file, "person,path\nBo,Bo/2.jpg\nAl,Al/1.png\nBo,Bo/1.JPG\n").unwrap();
        let read = |source: &Path| {
            let mut pictures = Pictures::default();
            let people = read_people(source, &root, None, &mut pictures).unwrap();
            (people, pictures.all().to_vec())
        };
        let (people, pictures) = read(&root);
        assert_eq!((people.clone(), pictures.clone()), read(&file));
        assert_eq!(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Al", "Bo"]);
        let labels: Vec<_> = pictures.iter().map(|picture| picture.label.as_str()).collect();
        assert_eq!(labels, ["Al/1.png", "Bo/1.JPG", "Bo/2.jpg"]);
    }
}
