//! Who may use whom: the table of docs/ARCHITECTURE.md, over what cargo resolves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

use crate::root;

/// One crate of the workspace and its edges. Dependencies of tests and benchmarks are not counted.
struct Row {
    name: &'static str,
    /// Crates of the workspace that it may use.
    may_use: &'static [&'static str],
    /// Names of crates that it must not reach, through whatever; a `*` at the end stands for any end.
    never: &'static [&'static str],
}

const TABLE: &[Row] = &[
    Row { name: "embedding", may_use: &[], never: &["actix*", "image", "ort", "tokio"] },
    Row {
        name: "face-core",
        may_use: &["embedding"],
        never: &["actix*", "tokio", "embedding-store", "events", "redb", "reqwest"],
    },
    Row {
        name: "embedding-store",
        may_use: &["embedding"],
        never: &["actix*", "image", "ort", "face-core", "events"],
    },
    Row {
        name: "events",
        may_use: &["embedding", "embedding-store"],
        never: &["actix*", "image", "ort", "face-core"],
    },
    Row {
        name: "dlib-export",
        may_use: &[],
        never: &["actix*", "tokio", "ort", "face-core", "face-server", "embedding-store", "events"],
    },
    Row {
        name: "accuracy",
        may_use: &["face-core", "events"],
        never: &["actix*", "dlib-export", "face-server"],
    },
    // Others use it in their tests alone.
    Row {
        name: "cloudinary-standin",
        may_use: &[],
        never: &["actix*", "ort", "reqwest", "face-core", "embedding-store", "events", "face-server"],
    },
    Row {
        name: "face-server",
        may_use: &["embedding", "embedding-store", "events", "face-core"],
        never: &["dlib-export", "accuracy", "xtask"],
    },
    Row {
        name: "xtask",
        may_use: &["dlib-export", "postgres-server"],
        never: &["actix*", "tokio", "ort", "face-core", "events", "accuracy", "face-server"],
    },
    Row { name: "postgres-server", may_use: &[], never: &["actix*", "tokio", "ort"] },
    Row { name: "e2e", may_use: &[], never: &["face-server", "face-core", "events", "embedding-store"] },
];

/// Everything that the leaf of the workspace may use.
const OF_EMBEDDING: &[&str] = &["thiserror", "zeroize", "serde"];

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml"));
    // A rule that holds with every feature holds with each of them.
    command.features(CargoOpt::AllFeatures);
    command.exec().expect("cargo resolves the workspace")
}

fn used(package: &Package) -> impl Iterator<Item = &cargo_metadata::Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
}

/// Every crate that one of the workspace reaches through dependencies of the normal kind, with the way.
fn reached<'a>(metadata: &'a Metadata, from: &'a PackageId) -> BTreeMap<&'a str, String> {
    let resolve = metadata.resolve.as_ref().expect("the metadata has the resolved dependencies");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut seen = BTreeSet::from([from]);
    let mut queue = VecDeque::from([(from, String::new())]);
    let mut reached = BTreeMap::new();
    while let Some((id, way)) = queue.pop_front() {
        for dependency in &nodes[id].deps {
            let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if normal && seen.insert(&dependency.pkg) {
                let name = metadata[&dependency.pkg].name.as_str();
                let way = format!("{way} -> {name}");
                reached.insert(name, way.clone());
                queue.push_back((&dependency.pkg, way));
            }
        }
    }
    reached
}

fn matches(name: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start))
}

#[test]
fn the_table_has_a_row_for_every_crate_of_the_workspace() {
    let metadata = metadata();
    let crates: BTreeSet<_> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(crates, rows);
}

#[test]
fn crates_of_the_workspace_use_only_those_that_the_table_allows() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    for row in TABLE {
        let package = packages.iter().find(|package| package.name == row.name).expect("a row names a crate");
        for dependency in used(package) {
            let inside = packages.iter().any(|package| package.name == dependency.name);
            let allowed = row.may_use.contains(&dependency.name.as_str());
            assert!(
                !inside || allowed,
                "{} uses {}, which the table does not allow",
                row.name,
                dependency.name
            );
        }
    }
}

#[test]
fn no_crate_reaches_what_the_table_says_it_never_does() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let mut found = Vec::new();
    for row in TABLE {
        let package = packages.iter().find(|package| package.name == row.name).expect("a row names a crate");
        for (name, way) in reached(&metadata, &package.id) {
            if row.never.iter().any(|pattern| matches(name, pattern)) {
                found.push(format!("{}{way}", row.name));
            }
        }
    }
    assert!(found.is_empty(), "these must not be reached:\n  {}", found.join("\n  "));
}

#[test]
fn the_server_reaches_what_others_must_not() {
    // Were the walk over the resolved dependencies empty, the rules above would hold of nothing.
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let server =
        packages.iter().find(|package| package.name == "face-server").expect("the server is a crate");
    let reached = reached(&metadata, &server.id);
    for name in ["actix-web", "actix-http", "tokio", "ort", "image", "redb", "embedding"] {
        assert!(reached.contains_key(name), "the server does not reach {name}");
    }
}

#[test]
fn the_embedding_crate_uses_nothing_but_what_it_lists() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let embedding =
        packages.iter().find(|package| package.name == "embedding").expect("embedding is a crate");
    for dependency in used(embedding) {
        assert!(OF_EMBEDDING.contains(&dependency.name.as_str()), "embedding uses {}", dependency.name);
    }
}

#[test]
fn events_uses_the_store_without_its_backends() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let events = packages.iter().find(|package| package.name == "events").expect("events is a crate");
    let store =
        used(events).find(|dependency| dependency.name == "embedding-store").expect("events uses a store");
    assert!(!store.uses_default_features && store.features.is_empty(), "{:?}", store.features);
}
