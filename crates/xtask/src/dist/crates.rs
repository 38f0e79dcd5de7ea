//! The crates that the server's program is made of, as cargo resolves them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{cargo, workspace};

/// The package of the program.
const PROGRAM: &str = "face-server";

/// A crate of the program.
#[derive(Debug, Deserialize)]
pub(super) struct Crate {
    id: String,
    pub(super) name: String,
    pub(super) version: String,
    /// As an SPDX expression.
    pub(super) license: Option<String>,
    license_file: Option<PathBuf>,
    manifest_path: PathBuf,
    /// The registry; `None` for a crate of this workspace.
    pub(super) source: Option<String>,
    /// SHA-256 of the registry's archive, in hexadecimal.
    #[serde(skip)]
    pub(super) checksum: Option<String>,
    /// Crates that it uses, each as `name@version`.
    #[serde(skip)]
    pub(super) uses: Vec<String>,
}

impl Crate {
    /// Name and version, which no two crates of a program share.
    pub(super) fn key(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Its folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.manifest_path.with_file_name("")
    }

    /// The file that its manifest names in place of an expression.
    pub(super) fn license_file(&self) -> Option<PathBuf> {
        self.license_file.as_ref().map(|file| self.folder().join(file))
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    /// `None` for what is linked; else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// Every crate that the program for a target uses, itself included, in the order of names.
pub(super) fn crates(target: &str) -> Result<Vec<Crate>> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", target];
    let output = cargo::cargo(arguments).output().context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "`cargo metadata` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata = serde_json::from_slice(&output.stdout).context("cargo's metadata cannot be read")?;
    let lock =
        std::fs::read_to_string(workspace::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    select(metadata, &toml::from_str(&lock).context("Cargo.lock cannot be read")?)
}

fn select(metadata: Metadata, lock: &Lock) -> Result<Vec<Crate>> {
    let program = metadata.packages.iter().find(|package| package.name == PROGRAM);
    let program = program.with_context(|| format!("the workspace has no {PROGRAM}"))?.id.clone();
    let linked: BTreeMap<String, Vec<String>> =
        metadata.resolve.nodes.into_iter().map(|node| (node.id, linked(node.deps))).collect();
    let (mut wanted, mut next) = (BTreeSet::from([program.clone()]), vec![program]);
    while let Some(id) = next.pop() {
        for used in linked.get(&id).into_iter().flatten() {
            if wanted.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    let keys: BTreeMap<String, String> =
        metadata.packages.iter().map(|package| (package.id.clone(), package.key())).collect();
    let mut crates: Vec<Crate> =
        metadata.packages.into_iter().filter(|package| wanted.contains(&package.id)).collect();
    for package in &mut crates {
        let used = linked.get(&package.id).into_iter().flatten();
        package.uses = used.filter_map(|id| keys.get(id).cloned()).collect();
        let locked = lock.package.iter().find(|l| l.name == package.name && l.version == package.version);
        package.checksum = locked.and_then(|locked| locked.checksum.clone());
    }
    crates.sort_by_key(Crate::key);
    Ok(crates)
}

/// What is linked, without what only tests or build scripts use.
fn linked(edges: Vec<Edge>) -> Vec<String> {
    let is_linked = |edge: &Edge| edge.dep_kinds.iter().any(|EdgeKind { kind }| kind.is_none());
    edges.into_iter().filter(is_linked).map(|edge| edge.pkg).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_tests_and_build_scripts_use_is_no_part_of_the_program() {
        let package = |name: &str| {
            json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT", "license_file": null,
                   "manifest_path": format!("{name}/Cargo.toml"), "source": "registry"})
        };
        let edge = |name: &str, kind: Option<&str>| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [package(PROGRAM), package("linked"), package("deep"), package("dev"), package("build"),
                         package("stranger")],
            "resolve": {"nodes": [
                {"id": PROGRAM, "deps": [edge("linked", None), edge("dev", Some("dev")), edge("build", Some("build"))]},
                {"id": "linked", "deps": [edge("deep", None)]},
                {"id": "dev", "deps": [edge("stranger", None)]},
            ]},
        });
        let lock = "[[package]]\nname = 'deep'\nversion = '1.0.0'\nchecksum = 'ab'\n";
        let crates =
            select(serde_json::from_value(metadata).unwrap(), &toml::from_str(lock).unwrap()).unwrap();
        let names: Vec<_> = crates.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["deep", PROGRAM, "linked"]);
        assert_eq!(crates[0].checksum.as_deref(), Some("ab"));
        assert_eq!(crates[2].uses, ["deep@1.0.0"]);
    }
}
