//! Commands as they are called, in this process: what they say when they fail, and what they leave behind.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::import_legacy::Source;
use super::{export, file_store, import_legacy, rekey};
use crate::config::Config;
use crate::config::tests::given;
use crate::error::with_causes;

/// A key of encryption.
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A folder with what commands are given.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self, store: &str, environment: &[(&str, &str)]) -> Config {
        let store = format!("redb:{}", self.path(store).display());
        given(&[("store", &store), ("state", "")], environment)
    }

    /// A document of the old service in which there is one user.
    fn legacy(&self) -> Source {
        let document = json!({ "conference": { "ada": [vec![0.1; 128]] } });
        fs::write(self.path("old.json"), document.to_string()).unwrap();
        self.source("old.json")
    }

    fn source(&self, name: &str) -> Source {
        Source { file: Some(self.path(name)), account: false, retire: false }
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The words of a failure.
fn words(outcome: anyhow::Result<()>) -> String {
    with_causes(outcome.unwrap_err().as_ref())
}

#[test]
fn what_changes_or_copies_a_store_makes_none_where_there_is_none() {
    let place = Place::new();
    let config = place.config("fcaes.redb", &[("FACE_ENCRYPTION_KEY", KEY)]);
    for said in [
        words(rekey::run(&config)),
        words(export::export(&config, &place.path("faces.export"))),
        words(file_store::backup(&config, &place.path("copy.redb"))),
        words(file_store::compact(&config)),
    ] {
        assert!(said.contains("fcaes.redb") && said.contains("there is no store there"), "{said}");
        assert_eq!(said.matches("there is no store there").count(), 1, "{said}");
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn an_import_makes_a_store_only_for_what_can_be_taken_in() {
    let place = Place::new();
    let config = place.config("faces.redb", &[]);
    import_legacy::import(&config, &place.legacy()).unwrap();
    export::export(&config, &place.path("whole.export")).unwrap();
    let whole = fs::read(place.path("whole.export")).unwrap();
    fs::write(place.path("short.export"), &whole[..whole.len() - 9]).unwrap();
    fs::write(place.path("empty"), "").unwrap();
    fs::write(place.path("list.json"), "{\"a\": 1}").unwrap();
    let before = place.names();

    let new = place.config("new.redb", &[]);
    for name in ["short.export", "empty", "old.json", "absent"] {
        let said = words(export::import(&new, &place.path(name)));
        assert!(said.contains(name), "{said}");
    }
    for name in ["list.json", "empty", "whole.export", "absent"] {
        let said = words(import_legacy::import(&new, &place.source(name)));
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(place.names(), before);
    export::import(&new, &place.path("whole.export")).unwrap();
    assert!(is_store_of(&place.path("new.redb"), "ada"));
}

#[test]
fn a_refusal_names_the_file_at_fault_and_says_why_once() {
    let place = Place::new();
    import_legacy::import(&place.config("faces.redb", &[]), &place.legacy()).unwrap();
    let config = place.config("faces.redb", &[]);
    export::export(&config, &place.path("whole.export")).unwrap();
    fs::write(place.path("no.redb"), "hello").unwrap();
    let before = place.names();

    let foreign = place.config("no.redb", &[]);
    let said = words(export::import(&foreign, &place.path("whole.export")));
    assert!(said.starts_with("the store 'redb:") && !said.contains("whole.export"), "{said}");
    let said = words(import_legacy::import(&config, &place.source("whole.export")));
    assert!(said.contains("whole.export': the document is no JSON") && said.matches("line 1").count() == 1);
    let said = words(export::export(&config, &place.path("whole.export")));
    assert!(said.contains("give a name that is free"), "{said}");
    let said = words(export::export(&config, &place.path("nowhere/x")));
    assert!(said.contains("its folder must be there"), "{said}");
    let said = words(export::import(&config, place.0.path()));
    assert!(said.contains("is a folder"), "{said}");
    let absent = given(&[("store", "postgres://ana:SECRET@127.0.0.1:1/faces")], &[]);
    let said = words(export::export(&absent, &place.path("x.export")));
    assert!(said.contains("cannot be reached (") && !said.contains("SECRET"), "{said}");
    assert!(!said.contains("error connecting"), "{said}");
    assert_eq!(place.names(), before);
}

#[test]
fn a_key_that_is_not_the_stores_is_named_and_nothing_is_exported() {
    let place = Place::new();
    import_legacy::import(&place.config("faces.redb", &[]), &place.legacy()).unwrap();
    let other = place.config("faces.redb", &[("FACE_ENCRYPTION_KEY", KEY)]);
    let said = words(export::export(&other, &place.path("x.export")));
    assert!(said.contains("encrypt them first") && !said.contains(KEY), "{said}");
    assert!(!place.path("x.export").exists());
}

#[test]
fn what_is_only_in_memory_is_neither_exported_nor_encrypted() {
    let place = Place::new();
    let memory = given(&[("store", "memory:")], &[("FACE_ENCRYPTION_KEY", KEY)]);
    for said in [words(export::export(&memory, &place.path("x.export"))), words(rekey::run(&memory))] {
        assert!(said.contains("there is no store there"), "{said}");
    }
    assert_eq!(place.names(), [""; 0]);
}

/// Whether an export of it names somebody.
fn is_store_of(store: &Path, name: &str) -> bool {
    fs::read(store).unwrap().windows(name.len()).any(|bytes| bytes == name.as_bytes())
}
