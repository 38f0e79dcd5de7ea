//! The rules of the house that no compiler checks, over every file that belongs to the repository.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file of product code, in lines.
const LONGEST: usize = 350;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

/// Hosts of package registries: which one is used is the business of each machine's configuration. Put
/// together here, so that this file holds none of them.
const HOSTS: &[&str] = &[
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
];

/// Folders of one machine.
const FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tm", "p/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers\\"),
];

/// Parts of names that were replaced by the field's terms (docs/ARCHITECTURE.md, glossary). Put together here, so that this
/// file holds none of them.
const PRIVATE_WORDS: &[&str] = &[
    concat!("up", "keep"),
    concat!("keep", "_up("),
    concat!("trial", "_"),
    concat!("Tri", "alStore"),
    concat!("Tri", "alJournal"),
    concat!("Piece", "Writer"),
    concat!("Follow", "ed"),
    concat!("access", "::gate"),
    concat!("enum ", "Held"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file that is tracked by git, or would be if all were added, from the root of the workspace.
fn files() -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
        .current_dir(root());
    let output = git.output().expect("git lists the files of the repository");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let files: Vec<_> =
        names.split_terminator('\0').filter(|f| root().join(f).is_file()).map(str::to_owned).collect();
    assert!(files.len() > 50, "git lists only {} files", files.len());
    files
}

fn read(file: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(file)).expect("a listed file can be read")).into_owned()
}

fn rust_files() -> impl Iterator<Item = String> {
    files().into_iter().filter(|file| file.ends_with(".rs"))
}

/// Reports all that was found at once.
fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

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
fn no_file_of_product_code_is_long() {
    let product = |file: &String| {
        let path = Path::new(file);
        let of_tests =
            path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
        path.components().any(|part| part.as_os_str() == "src") && !of_tests
    };
    let found: Vec<_> = rust_files()
        .filter(product)
        .map(|file| (read(&file).lines().count(), file))
        .filter(|&(lines, _)| lines > LONGEST)
        .map(|(lines, file)| format!("{file}: {lines} lines"))
        .collect();
    assert_none(&format!("a file of product code has at most {LONGEST} lines"), &found);
}

#[test]
fn no_module_is_a_bucket() {
    let mut found = Vec::new();
    for file in rust_files() {
        let path = Path::new(&file).with_extension("");
        let names = path.components().filter_map(|part| part.as_os_str().to_str());
        found.extend(names.filter(|name| EMPTY_NAMES.contains(name)).map(|name| format!("{file}: {name}")));
        let text = read(&file);
        let inline =
            text.lines().filter_map(|line| line.trim_start().trim_start_matches("pub ").strip_prefix("mod "));
        let names = inline.filter_map(|rest| rest.split([' ', ';']).next());
        found.extend(
            names.filter(|name| EMPTY_NAMES.contains(name)).map(|name| format!("{file}: mod {name}")),
        );
    }
    assert_none("a module is named after what it holds", &found);
}

#[test]
fn words_that_were_replaced_do_not_come_back() {
    let found: Vec<_> = rust_files()
        .flat_map(|file| {
            let text = read(&file);
            let words = PRIVATE_WORDS.iter().filter(|word| text.contains(*word) || file.contains(*word));
            words.map(|word| format!("{file}: {word}")).collect::<Vec<_>>()
        })
        .collect();
    assert_none("the field's own words (docs/ARCHITECTURE.md, glossary)", &found);
}

#[test]
fn no_file_names_a_registry_host_or_a_folder_of_one_machine() {
    let mut found = Vec::new();
    for file in files() {
        for (number, line) in read(&file).lines().enumerate() {
            let host = HOSTS.iter().find(|host| line.contains(**host));
            let folder = FOLDERS.iter().find(|folder| names_folder(line, folder));
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
    let folder = FOLDERS[0];
    assert!(names_folder(&format!("cd {folder}main"), folder));
    assert!(names_folder(&format!("\"{folder}main\""), folder));
    assert!(!names_folder(&format!("src{folder}queue.rs"), folder));
    assert!(!names_folder(&format!("https://example.org{folder}"), folder));
}
