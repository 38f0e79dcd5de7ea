//! The crates that others may depend on can be published: what they say of themselves is complete.

use std::collections::BTreeSet;
use std::fs;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::root;

/// Those that are published, as .ci/run packages them.
const PUBLISHED: [&str; 5] = ["dlib-export", "embedding", "embedding-store", "events", "face-core"];

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps().exec().expect("cargo reads the workspace")
}

/// In cargo's metadata `publish = false` is an empty list of registries.
fn published(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.packages.iter().filter(|package| package.publish.as_deref() != Some(&[]))
}

#[test]
fn the_published_crates_are_those_that_are_packaged() {
    let metadata = metadata();
    let found: BTreeSet<_> = published(&metadata).map(|package| package.name.as_str()).collect();
    assert_eq!(found, BTreeSet::from(PUBLISHED));
    let ci = fs::read_to_string(root().join(".ci/run")).expect("the script of CI is there");
    for name in PUBLISHED {
        assert!(ci.contains(&format!("-p {name}")), ".ci/run does not package {name}");
    }
}

#[test]
fn a_published_crate_says_all_that_a_registry_shows() {
    let metadata = metadata();
    for package in published(&metadata) {
        let name = &package.name;
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
        assert!(package.description.as_ref().is_some_and(|text| text.len() > 40), "{name}: description");
        assert_eq!(package.license.as_deref(), Some("MIT"), "{name}: license");
        assert!((3..=5).contains(&package.keywords.len()), "{name}: keywords");
        assert!(package.keywords.iter().all(|keyword| keyword.len() <= 20), "{name}: keywords");
        assert!((1..=5).contains(&package.categories.len()), "{name}: categories");
        assert!(package.rust_version.is_some(), "{name}: rust-version");
        assert!(folder.join("README.md").is_file() && package.readme.is_some(), "{name}: readme");
        let license = fs::read(folder.join("LICENSE")).expect("a published crate carries its licence");
        assert_eq!(license, fs::read(root().join("LICENSE")).expect("LICENSE"), "{name}: LICENSE");
    }
}

#[test]
fn a_published_crate_needs_only_published_ones() {
    let metadata = metadata();
    let names: BTreeSet<_> = published(&metadata).map(|package| package.name.as_str()).collect();
    for package in published(&metadata) {
        let inside = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
        for dependency in inside.filter(|dependency| dependency.kind != DependencyKind::Development) {
            assert!(names.contains(dependency.name.as_str()), "{} needs {}", package.name, dependency.name);
            assert_ne!(dependency.req.to_string(), "*", "{}: a version of {}", package.name, dependency.name);
        }
    }
}
