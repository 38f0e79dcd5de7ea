//! The document and its pages: complete, resolvable, and from this server alone.

use std::path::Path;

use serde_json::Value;

use super::server::start;

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.push(reference);
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[actix_web::test]
async fn the_served_document_is_the_committed_one_and_all_its_references_resolve() {
    let served = start().await.get("/openapi.json").await.json;
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(committed).unwrap()).unwrap();
    assert_eq!(served, committed, "run `cargo xtask openapi` and commit docs/openapi.json");
    let mut found = Vec::new();
    references(&served, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(served.pointer(pointer).is_some(), "{reference}");
    }
}

#[actix_web::test]
async fn every_operation_is_described_and_lists_the_errors_it_makes() {
    let served = start().await.get("/openapi.json").await.json;
    let paths = served["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 36);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 8), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            assert!(responses.len() > 1, "{method} {path}");
            for (status, response) in responses {
                assert!(
                    response["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{method} {path} {status}"
                );
                let has_body = response["content"].is_object();
                assert_eq!(has_body, status != "204", "{method} {path} {status}");
                for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                    let is_given = content["examples"].is_object() || content["example"].is_object();
                    assert!(
                        is_given || !media_type.ends_with("json") || media_type.ends_with("ndjson"),
                        "{method} {path} {status} has no example"
                    );
                }
            }
        }
    }
}

#[actix_web::test]
async fn the_pages_and_their_scripts_are_served_here() {
    let client = start().await;
    let pages = [
        ("/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/panels.css", "text/css"),
        ("/docs/index.html", "text/html"),
        ("/docs/swagger-ui-bundle.js", "text/javascript"),
        ("/redoc", "text/html"),
        ("/redoc/redoc.standalone.js", "text/javascript"),
        ("/redoc/start.js", "text/javascript"),
        ("/favicon.svg", "image/svg+xml"),
    ];
    for (path, media_type) in pages {
        let answer = client.get(path).await;
        assert_eq!(answer.code(), 200, "{path}");
        assert!(answer.media_type().starts_with(media_type), "{path}: {}", answer.media_type());
        assert!(!answer.text.is_empty(), "{path}");
    }
    for path in ["/", "/redoc", "/docs/index.html"] {
        let page = client.get(path).await.text;
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "{path} asks another host");
    }
    for path in ["/docs", "/docs/"] {
        assert!(client.get(path).await.text.contains("swagger"), "{path}");
    }
}
