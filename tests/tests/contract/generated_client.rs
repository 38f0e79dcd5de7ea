//! A client in Python that a generator makes of the committed document, put to the main job.

use std::path::Path;

use e2e::{Server, picture};

use super::{python, sources, succeeds};

#[test]
fn a_client_generated_from_the_document_does_the_main_job() {
    let scratch = tempfile::tempdir().unwrap();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let mut generator = python(&sources(), scratch.path());
    // A part of the document that it cannot make code of is an error.
    generator.args(["-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]);
    generator.args(["--output-path", "face_client", "--config"]).arg(sources().join("generator.yaml"));
    succeeds(generator.arg("--path").arg(document));

    for (name, file) in [("first", "obama.jpg"), ("second", "obama2.jpg"), ("stranger", "biden.jpg")] {
        std::fs::write(scratch.path().join(name), picture(file).unwrap()).unwrap();
    }
    let (builder, key) = Server::builder().unwrap().key("desk", "admin", &[]).unwrap();
    let server = builder.start().unwrap();
    let mut client = python(scratch.path(), scratch.path());
    let said = succeeds(client.arg(sources().join("main_job.py")).arg(server.url()).arg(key));
    assert!(said.ends_with("ALL OK\n"), "{said}");
}
