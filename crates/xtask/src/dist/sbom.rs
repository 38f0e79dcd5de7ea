//! The bill of materials: a CycloneDX 1.5 document of the crates in the program and the files of the models.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::dependencies::{Crate, Dependencies};
use super::files;

/// The document; the files are those of the models folder as it is shipped.
pub(super) fn text(dependencies: &Dependencies, models: &Path) -> Result<String> {
    let mut components: Vec<Value> = dependencies.crates.iter().map(library).collect();
    let mut entries = fs::read_dir(models).with_context(|| format!("cannot read {}", models.display()))?;
    let mut paths: Vec<_> = entries.try_fold(Vec::new(), |mut paths, entry| {
        paths.push(entry?.path());
        anyhow::Ok(paths)
    })?;
    paths.push(models.join("runtime/libonnxruntime.so"));
    paths.sort();
    for path in paths {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let kind = match extension {
            "onnx" | "safetensors" => "machine-learning-model",
            "so" | "dylib" | "dll" => "library",
            _ => continue,
        };
        if path.is_file() {
            components.push(component(kind, &path)?);
        }
    }
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": "face-server", "name": "face-server",
            "version": dependencies.version, "licenses": [{ "license": { "id": "MIT" } }],
        }},
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn library(one: &Crate) -> Value {
    let purl = format!("pkg:cargo/{}@{}", one.name, one.version);
    json!({
        "type": "library", "bom-ref": purl, "name": one.name, "version": one.version, "purl": purl,
        "licenses": one.license.as_ref().map(|expression| [json!({ "expression": expression })]),
    })
}

fn component(kind: &str, path: &Path) -> Result<Value> {
    let name = path.file_name().context("a file without a name")?.to_string_lossy();
    let sum = files::sum(path)?;
    Ok(json!({
        "type": kind, "bom-ref": format!("file:{name}"), "name": name,
        "hashes": [{ "alg": "SHA-256", "content": sum }],
    }))
}
