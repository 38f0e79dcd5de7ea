//! No two files of a crate's product code import each other, directly or through others.
//!
//! Paths are read as words, without a parser: `crate::`, `self::` and `super::` anywhere, and the names of the
//! file's own modules. A path leads to the file that defines the name, through the `use` declarations on its way.
//! What a file takes from the modules that it lies in is no import: it is a part of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{assert_none, product};

/// A module's path from the root of its crate, which is empty.
type Module = Vec<String>;
/// For each file the files that it takes names from, with the names.
type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

/// One file of a crate, and the paths in it.
struct File<'a> {
    path: &'a str,
    words: Vec<&'a str>,
    /// Each path as its segments.
    paths: Vec<Vec<&'a str>>,
}

impl<'a> File<'a> {
    fn read(path: &'a str, text: &'a str) -> Self {
        let words = words(text);
        let (mut paths, mut end_of_use) = (Vec::new(), 0);
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| words[before]);
            match *word {
                _ if at < end_of_use => {}
                "use" => {
                    end_of_use = at + 1;
                    tree(&words, &mut end_of_use, &[], &mut paths);
                }
                // What follows goes on the path, or says in `pub(in crate::a)` who may look in.
                word if !is_name(word) || matches!(before, Some("::" | "in")) => {}
                _ => {
                    let pairs = words[at..].chunks(2).take_while(|pair| is_name(pair[0]));
                    let long = pairs.clone().take_while(|pair| pair.get(1) == Some(&"::")).count() + 1;
                    paths.push(pairs.take(long).map(|pair| pair[0]).collect());
                }
            }
        }
        paths.retain(|path: &Vec<_>| path.len() > 1);
        Self { path, words, paths }
    }

    fn defines(&self, name: &str) -> bool {
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];
        self.words.windows(2).any(|pair| pair[1] == name && kinds.contains(&pair[0]))
    }
}

/// Names, `::` and punctuation, outside of comments and strings.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (length, is_word) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '\'' if rest.starts_with("'\"'") => (3, false),
            '"' => (string(rest), false),
            ':' if rest.starts_with("::") => (2, true),
            _ => (name.max(first.len_utf8()), !first.is_whitespace()),
        };
        words.extend(is_word.then_some(&rest[..length]));
        rest = &rest[length..];
    }
    words
}

/// The length of the string literal that a text starts with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The paths of a tree such as `a::{b, c::{self, d as e}};`, without the new names.
fn tree<'a>(words: &[&'a str], at: &mut usize, start: &[&'a str], paths: &mut Vec<Vec<&'a str>>) {
    let mut path = start.to_vec();
    while let Some(word) = words.get(*at) {
        match *word {
            "{" => {
                while words.get(*at).is_some_and(|word| *word != "}") {
                    *at += 1;
                    tree(words, at, &path, paths);
                }
                *at += 1;
                return;
            }
            "," | "}" | ";" => break,
            // The new name.
            "as" => *at += 1,
            "self" if !path.is_empty() => {}
            "::" => {}
            word => path.push(word),
        }
        *at += 1;
    }
    paths.push(path);
}

/// The modules of a crate that are files of their own.
struct Crate<'a>(BTreeMap<Module, File<'a>>);

impl<'a> Crate<'a> {
    fn read(package: &str, files: &'a BTreeMap<String, String>) -> Self {
        let source = format!("{package}/src");
        // In reverse, so that `lib.rs` is the root where there is `main.rs` too, which says the crate's name.
        let modules = files.iter().rev().map(|(path, text)| {
            let inside = product::folder(path).strip_prefix(&source).unwrap_or_default();
            let module = inside.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            (module, File::read(path, text))
        });
        Self(modules.collect())
    }

    /// The module that defines what a path in a module leads to, and the name taken from it. What the root
    /// of the crate hands on is not looked for further: it is what the crate offers.
    fn find(&self, module: &Module, path: &[&str], hops: u8) -> Option<(Module, String)> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match *first {
            "crate" => Module::new(),
            "self" => module.clone(),
            "super" => module.split_last()?.1.to_vec(),
            name => self.child(module, name)?,
        };
        while let Some((name, after)) = rest.split_first() {
            match (*name, self.child(&at, name)) {
                ("super", _) => at.truncate(at.len().saturating_sub(1)),
                (_, Some(child)) => at = child,
                (_, None) => break,
            }
            rest = after;
        }
        let file = self.0.get(&at)?;
        let Some(name) = rest.first() else { return Some((at, String::from("the module"))) };
        let further = hops > 0 && !at.is_empty() && !file.defines(name);
        let mut handed_on = file.paths.iter().filter(|path| further && path.last() == Some(name));
        let followed = handed_on.find_map(|path| self.find(&at, path, hops - 1));
        followed.or_else(|| Some((at, (*name).to_owned())))
    }

    fn child(&self, module: &Module, name: &str) -> Option<Module> {
        let child = [module.as_slice(), &[name.to_owned()]].concat();
        self.0.contains_key(&child).then_some(child)
    }

    fn imports(&self) -> Imports<'a> {
        let mut imports = Imports::new();
        for (module, file) in &self.0 {
            let taken = imports.entry(file.path).or_default();
            for path in &file.paths {
                let found = self.find(module, path, 4).filter(|(from, _)| !module.starts_with(from));
                if let Some((from, name)) = found {
                    taken.entry(self.0[&from].path).or_default().insert(name);
                }
            }
        }
        imports
    }
}

/// All files that a file takes names from, directly or through others.
fn reached<'a>(imports: &Imports<'a>, file: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
    while let Some(file) = next.pop() {
        let new = imports.get(file).into_iter().flat_map(|taken| taken.keys());
        next.extend(new.filter(|file| reached.insert(**file)));
    }
    reached
}

/// Each circle as its lines `file -> file: names`.
fn circles(imports: &Imports<'_>) -> Vec<String> {
    let all: BTreeMap<_, _> = imports.keys().map(|file| (*file, reached(imports, file))).collect();
    let mut circles = BTreeMap::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(*file)) {
        let members: BTreeSet<_> = reached.iter().filter(|other| all[*other].contains(file)).collect();
        let lines: &mut String = circles.entry(members.clone()).or_default();
        for (from, names) in imports[file].iter().filter(|(from, _)| members.contains(from)) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            lines.push_str(&format!("\n    {file} -> {from}: {}", names.join(", ")));
        }
    }
    circles.into_iter().map(|(members, lines)| format!("{} files{lines}", members.len())).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let crates = product::crates();
    let found: Vec<_> =
        crates.iter().flat_map(|(package, files)| circles(&Crate::read(package, files).imports())).collect();
    assert_none("files that import each other in a circle", &found);
}

#[test]
fn a_circle_is_found_through_groups_paths_and_names_that_are_handed_on() {
    let files = |a: &str| {
        let text = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", a),
            (
                "b/mod.rs",
                "mod inner;\npub struct Shared(inner::Inner);\npub(crate) use self::inner::{Inner, Other as More};\n",
            ),
            ("b/inner.rs", "use super::Shared;\nuse crate::c::Deep;\npub struct Inner;\npub struct Other;\n"),
            ("c.rs", "pub struct Deep;\nfn f() { crate::a::g(); }\n"),
        ];
        let files = text.into_iter().map(|(name, text)| (format!("x/src/{name}"), text.to_owned()));
        let files: BTreeMap<_, _> = files.collect();
        circles(&Crate::read("x", &files).imports()).len()
    };
    assert_eq!(files("use super::{c, b::{self, Inner}};\npub fn g() {}\n"), 1);
    assert_eq!(files("pub fn g() { crate::b::Inner; }\n"), 1);
    assert_eq!(files("// crate::b::Inner\npub fn g() {}\n"), 0);
}
