//! Labelled pairs, read from a CSV file.

use std::collections::HashMap;
use std::path::Path;

use csv::StringRecord;

use crate::AccuracyError;
use crate::pictures::{PictureIndex, Pictures};

/// Two pictures, and whether they show one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// One picture.
    pub a: PictureIndex,
    /// The other.
    pub b: PictureIndex,
    /// Whether the labels say that they show one person.
    pub same: bool,
    /// The fold that the pair belongs to, from 0, where the file says so.
    pub fold: Option<usize>,
}

/// Reads a file of pairs and adds their pictures. With `at_most`, only so many pairs, evenly spread.
///
/// The first line names the columns, in any order: `path1`, `path2`, `same` (1, 0, true or false), and if
/// wanted `fold`, `person1`, `person2`. Paths are relative to `root`.
///
/// # Errors
/// [`AccuracyError::Read`], or [`AccuracyError::Labels`] with the line that is wrong.
pub fn read_pairs(
    file: &Path,
    root: &Path,
    at_most: Option<usize>,
    pictures: &mut Pictures,
) -> Result<Vec<Pair>, AccuracyError> {
    let table = Table::read(file)?;
    let [path1, path2, same] = [table.column("path1")?, table.column("path2")?, table.column("same")?];
    let [fold, person1, person2] = ["fold", "person1", "person2"].map(|name| table.column(name).ok());
    let mut folds = HashMap::new();
    let mut pairs = Vec::new();
    // Spread and not the first so many: files often list one kind of pair after the other.
    for (line, record) in spread(&table.records, at_most) {
        let wrong = |detail: String| table.wrong(format!("line {line}"), detail);
        let text = |column: Option<usize>| column.and_then(|c| record.get(c)).filter(|text| !text.is_empty());
        let path = |column: usize| text(Some(column)).ok_or_else(|| wrong("a path is empty".to_owned()));
        let a = pictures.add(root, path(path1)?, text(person1)).map_err(wrong)?;
        let b = pictures.add(root, path(path2)?, text(person2)).map_err(wrong)?;
        let same = match record.get(same).unwrap_or_default() {
            "1" | "true" => true,
            "0" | "false" => false,
            other => return Err(wrong(format!("the column same is '{other}', and not 1 or 0"))),
        };
        let next = folds.len();
        let fold = match (fold, text(fold)) {
            (Some(_), None) => return Err(wrong("the column fold is empty".to_owned())),
            (_, label) => label.map(|label| *folds.entry(label.to_owned()).or_insert(next)),
        };
        pairs.push(Pair { a, b, same, fold });
    }
    Ok(pairs)
}

/// At most so many of the items, evenly spread over all.
pub(crate) fn spread<T>(items: &[T], at_most: Option<usize>) -> impl Iterator<Item = &T> {
    let (all, wanted) = (items.len(), at_most.unwrap_or(items.len()).min(items.len()));
    (0..wanted).filter_map(move |index| items.get(index * all / wanted.max(1)))
}

/// A CSV file with a line of column names.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    file: &'a Path,
    columns: StringRecord,
    /// Each with the number of its line.
    pub(crate) records: Vec<(u64, StringRecord)>,
}

impl<'a> Table<'a> {
    pub(crate) fn read(file: &'a Path) -> Result<Self, AccuracyError> {
        // Read whole before it is parsed, so that a file which cannot be read and one that is no table are
        // two errors.
        let text =
            std::fs::read(file).map_err(|source| AccuracyError::Read { path: file.to_path_buf(), source })?;
        // Trimmed, for tables written by hand have blanks after their commas.
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_slice());
        let wrong = |error: csv::Error| {
            let place = error.position().map_or("its start".to_owned(), |at| format!("line {}", at.line()));
            AccuracyError::Labels { path: file.to_path_buf(), place, detail: error.to_string() }
        };
        let columns = reader.headers().map_err(wrong)?.clone();
        let line = |record: &StringRecord| record.position().map_or(0, csv::Position::line);
        let records = reader.records().map(|record| record.map(|record| (line(&record), record)));
        Ok(Self { file, columns, records: records.collect::<Result<_, _>>().map_err(wrong)? })
    }

    pub(crate) fn column(&self, name: &str) -> Result<usize, AccuracyError> {
        let found = self.columns.iter().position(|column| column == name);
        found.ok_or_else(|| self.wrong("line 1".to_owned(), format!("it has no column '{name}'")))
    }

    pub(crate) fn wrong(&self, place: String, detail: String) -> AccuracyError {
        AccuracyError::Labels { path: self.file.to_path_buf(), place, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, at_most: Option<usize>) -> Result<(Vec<Pair>, Pictures), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pairs.csv");
        std::fs::write(&file, text).unwrap();
        let mut pictures = Pictures::default();
        let pairs = read_pairs(&file, Path::new("root"), at_most, &mut pictures);
        pairs.map(|pairs| (pairs, pictures)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_picture_in_several_pairs_is_one_picture_and_its_folder_names_the_person() {
        let (pairs, pictures) =
            read("path1,path2,same\nA/1.jpg,A/2.jpg,1\nA/1.jpg,B/1.jpg,0\n", None).unwrap();
        let people: Vec<_> = pictures.all().iter().map(|picture| picture.person.as_str()).collect();
        assert_eq!(people, ["A", "A", "B"]);
        assert_eq!(pictures.people(), [0, 0, 1]);
        assert_eq!(pairs[0].a, pairs[1].a);
        assert_eq!(pairs.iter().map(|pair| pair.same).collect::<Vec<_>>(), [true, false]);
        assert_eq!(pictures.all()[0].path, Path::new("root/A/1.jpg"));
    }

    #[test]
    fn columns_are_found_by_name_and_may_give_people_and_folds() {
        let text = "fold,same,person2,path2,path1,person1\nb,false,Q,q.png,p.png,P\na,true,P,r.png,p.png,P\n";
        let (pairs, pictures) = read(text, None).unwrap();
        let people: Vec<_> = pictures.all().iter().map(|picture| picture.person.as_str()).collect();
        assert_eq!(people, ["P", "Q", "P"]);
        assert_eq!(pairs.iter().map(|pair| pair.fold).collect::<Vec<_>>(), [Some(0), Some(1)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, part) in [
            ("path1,path2\na,b\n", "line 1: it has no column 'same'"),
            ("path1,path2,same\na,b,1\na,b,maybe\n", "line 3: the column same is 'maybe'"),
            ("path1,path2,same\na,,1\n", "line 2: a path is empty"),
            ("path1,path2,same,fold\na,b,1,\n", "line 2: the column fold is empty"),
            ("path1,path2,same\na,b\n", "line 2"),
            (
                "path1,path2,same,person1,person2\na,b,1,P,P\na,c,0,Q,R\n",
                "line 3: 'a' is of 'Q' here and of 'P'",
            ),
        ] {
            let error = read(text, None).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_sample_is_spread_over_the_whole_file() {
        let items: Vec<_> = (0..10).collect();
        assert_eq!(spread(&items, Some(5)).copied().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert_eq!(spread(&items, Some(99)).count(), 10);
        assert_eq!(spread(&items, None).count(), 10);
    }
}
