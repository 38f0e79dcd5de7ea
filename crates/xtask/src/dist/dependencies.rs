//! The crates that the server is linked from, as cargo resolves them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{cargo, workspace};

/// The server and the crates of the registry that it is linked from.
pub(super) struct Dependencies {
    /// The server's version.
    pub(super) version: String,
    /// In the order of name and version.
    pub(super) crates: Vec<Crate>,
}

/// A crate of the registry.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Crate {
    id: String,
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression.
    pub(super) license: Option<String>,
    manifest_path: PathBuf,
    /// None for the crates of this workspace.
    source: Option<String>,
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
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for what is linked; else `dev` or `build`.
    kind: Option<String>,
}

impl Dependencies {
    /// Asks cargo, for this machine's target.
    pub(super) fn of_the_server() -> Result<Self> {
        let host = workspace::host_target()?;
        let mut command =
            cargo::cargo(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host]);
        let output = command.output().context("cannot run cargo metadata")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
        let server = metadata.packages.iter().find(|package| package.name == "face-server");
        let server = server.context("the workspace has no server")?;
        let linked = linked(&server.id, &metadata.resolve);
        let mut crates: Vec<Crate> =
            metadata.packages.iter().filter(|one| linked.contains(&*one.id)).cloned().collect();
        crates.retain(|one| one.source.is_some());
        crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(Self { version: server.version.clone(), crates })
    }
}

impl Crate {
    /// The folder of its sources.
    pub(super) fn folder(&self) -> PathBuf {
        self.manifest_path.parent().map(PathBuf::from).unwrap_or_default()
    }
}

/// The ids of everything that is linked into a package, itself included.
fn linked<'a>(package: &'a str, resolve: &'a Resolve) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (&*node.id, node)).collect();
    let (mut found, mut open) = (BTreeSet::new(), vec![package]);
    while let Some(id) = open.pop() {
        if found.insert(id)
            && let Some(node) = nodes.get(id)
        {
            let deps = node.deps.iter();
            let deps = deps.filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            open.extend(deps.map(|dep| &*dep.pkg));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_linked_from_its_web_framework_and_not_from_what_its_tests_need() {
        let dependencies = Dependencies::of_the_server().unwrap();
        let has = |name| dependencies.crates.iter().any(|one| one.name == name);
        assert!(has("actix-web") && has("redb") && !has("criterion") && !has("tempfile"));
        assert!(dependencies.crates.iter().all(|one| one.license.is_some()));
    }
}
