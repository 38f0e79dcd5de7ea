//! The bill of materials: every crate and file of the archive with its licence and hash, as CycloneDX 1.5.

use serde_json::{Value, json};

use super::crates::Crate;

/// A file that no crate brings.
#[derive(Debug)]
pub(super) struct Material {
    /// Its path in the archive.
    pub(super) path: String,
    /// SHA-256 in hexadecimal.
    pub(super) sha256: String,
}

/// The document. Equal sources give equal bytes: it has neither a time nor a random number.
pub(super) fn sbom(program: &str, version: &str, crates: &[Crate], materials: &[Material]) -> Value {
    let components = crates.iter().filter(|package| package.name != program).map(library);
    let components: Vec<Value> = components.chain(materials.iter().map(file)).collect();
    let dependencies = crates.iter().map(|package| {
        let uses: Vec<String> = package.uses.iter().map(|key| purl(key)).collect();
        json!({"ref": purl(&package.key()), "dependsOn": uses})
    });
    let dependencies: Vec<Value> = dependencies.collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application",
            "bom-ref": purl(&format!("{program}@{version}")),
            "name": program,
            "version": version,
            "licenses": [{"expression": "MIT"}],
        }},
        "components": components,
        "dependencies": dependencies,
    })
}

fn library(package: &Crate) -> Value {
    let purl = purl(&package.key());
    let mut component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
    });
    if let Some(fields) = component.as_object_mut() {
        if let Some(license) = &package.license {
            // Older manifests have `/` for `OR`.
            fields.insert("licenses".into(), json!([{"expression": license.replace('/', " OR ")}]));
        }
        if let Some(checksum) = &package.checksum {
            fields.insert("hashes".into(), json!([{"alg": "SHA-256", "content": checksum}]));
        }
    }
    component
}

/// What is read or loaded at run time: the models, ONNX Runtime and ReDoc.
fn file(material: &Material) -> Value {
    let Material { path, sha256 } = material;
    let is_model = path.ends_with(".onnx") || path.ends_with(".safetensors");
    json!({
        "type": if is_model { "machine-learning-model" } else { "file" },
        "bom-ref": format!("file:{path}"),
        "name": path,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    })
}

/// The package URL of `name@version`.
fn purl(key: &str) -> String {
    // A `+` of build metadata would be read as a space.
    format!("pkg:cargo/{}", key.replace('+', "%2B"))
}
