//! What every file is like: its opening sentence, its name, its words, and nothing of one machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::files::{files, read, rust_files};
use crate::{assert_none, product};

/// The lists that the tests look for: a file of its own, the only one that is not looked into.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    empty_names: Vec<String>,
    hosts: Vec<String>,
    folders: Vec<String>,
    replaced: Vec<String>,
    replaced_in_product: Vec<String>,
}

const WORDS_FILE: &str = "crates/xtask/tests/tidy/words.toml";

static WORDS: LazyLock<Words> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("the lists are TOML"));

#[test]
fn every_rust_file_opens_with_a_sentence_on_its_purpose() {
    let found: Vec<_> = rust_files().filter(|file| !opens_with_a_sentence(&read(file))).collect();
    assert_none("a file opens with `//!` and a sentence", &found);
}

/// Whether the first paragraph is a `//!` comment that ends like a sentence.
fn opens_with_a_sentence(text: &str) -> bool {
    let paragraph = text.lines().map_while(|line| line.strip_prefix("//! ")).last();
    paragraph.is_some_and(|last_line| last_line.ends_with(['.', ':', '?']))
}

#[test]
fn a_file_without_an_opening_sentence_is_seen() {
    assert!(opens_with_a_sentence("//! Finds faces,\n//! and more.\n//!\n//! Details\n"));
    for text in ["", "use std::fs;\n", "// Finds faces.\n", "//!\n//! Finds faces.\n", "//! Finds faces\n"] {
        assert!(!opens_with_a_sentence(text), "{text:?}");
    }
}

#[test]
fn no_module_is_a_bucket() {
    let empty = |name: &str| WORDS.empty_names.iter().any(|empty| empty == name);
    let mut found = Vec::new();
    for file in rust_files() {
        let path = Path::new(&file).with_extension("");
        let names = path.components().filter_map(|part| part.as_os_str().to_str());
        found.extend(names.filter(|name| empty(name)).map(|name| format!("{file}: {name}")));
        let text = read(&file);
        let inline =
            text.lines().filter_map(|line| line.trim_start().trim_start_matches("pub ").strip_prefix("mod "));
        let names = inline.filter_map(|rest| rest.split([' ', ';']).next());
        found.extend(names.filter(|name| empty(name)).map(|name| format!("{file}: mod {name}")));
    }
    assert_none("a module is named after what it holds", &found);
}

#[test]
fn a_module_with_others_inside_is_the_mod_file_of_their_folder() {
    let files: BTreeSet<_> = rust_files().collect();
    let folders: BTreeSet<_> = files.iter().filter_map(|file| Some(file.rsplit_once('/')?.0)).collect();
    let found: Vec<_> = files
        .iter()
        .filter(|file| file.strip_suffix(".rs").is_some_and(|module| folders.contains(module)))
        .map(|file| format!("{file} beside the folder"))
        .collect();
    assert_none("`x/mod.rs` in place of `x.rs`", &found);
}

#[test]
fn words_that_were_replaced_do_not_come_back() {
    let mut found = Vec::new();
    let mut look = |file: &str, text: &str, words: &[String]| {
        let words = words.iter().filter(|word| text.contains(*word) || file.contains(*word));
        found.extend(words.map(|word| format!("{file}: {word}")));
    };
    rust_files().for_each(|file| look(&file, &read(&file), &WORDS.replaced));
    for (file, text) in product::crates().values().flatten() {
        look(file, text, &WORDS.replaced_in_product);
    }
    assert_none("the field's own words (docs/ARCHITECTURE.md, glossary)", &found);
}

#[test]
fn no_file_names_a_registry_host_or_a_folder_of_one_machine() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| *file != WORDS_FILE) {
        for (number, line) in read(file).lines().enumerate() {
            let host = WORDS.hosts.iter().find(|host| line.contains(*host));
            let folder = WORDS.folders.iter().find(|folder| names_folder(line, folder));
            found.extend(host.or(folder).map(|name| format!("{file}:{}: {name}", number + 1)));
        }
    }
    assert_none("the repository is of no machine", &found);
}

/// Whether the line has the folder at the start of a path, not in its middle or in an address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| {
            c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}' | ')' | '*' | '/')
        })
    })
}

#[test]
fn a_folder_of_a_machine_is_told_from_the_middle_of_a_path() {
    let folder = &WORDS.folders[0];
    assert!(names_folder(&format!("cd {folder}main"), folder));
    assert!(names_folder(&format!("\"{folder}main\""), folder));
    assert!(!names_folder(&format!("src{folder}queue.rs"), folder));
    assert!(!names_folder(&format!("https://example.org{folder}"), folder));
}
