//! Every vector that the official SDKs made, against the signatures of this crate.

use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../embedding-store/src/cloudinary/signature/vectors.json"))
        .unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A parameter as it is signed: arrays joined, nothing for null.
fn signed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(signed).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn algorithm(value: &Value) -> Algorithm {
    if value == "sha256" { Algorithm::Sha256 } else { Algorithm::Sha1 }
}

#[test]
fn calls_are_signed_as_the_sdks_sign_them() {
    let vectors = vectors();
    let calls = vectors["upload_signatures"].as_array().unwrap();
    assert_eq!(calls.len(), 16);
    for call in calls {
        let (name, secret) = (text(&call["name"]), text(&call["secret"]));
        for (version, label) in [(SignatureVersion::One, "v1"), (SignatureVersion::Two, "v2")] {
            let parameters = call["params"].as_object().unwrap().iter();
            let parameters = parameters.map(|(name, value)| (name.as_str(), signed(value)));
            let string = string_to_sign(parameters, version);
            assert_eq!(string, text(&call[format!("string_to_sign_{label}")]), "{name} {label}");
            for (algorithm, hash) in [(Algorithm::Sha1, "sha1"), (Algorithm::Sha256, "sha256")] {
                let signature = sign(&string, secret, algorithm);
                assert_eq!(signature, text(&call[format!("{label}_{hash}")]), "{name} {label} {hash}");
                assert_eq!(Algorithm::from_length(&signature), Some(algorithm));
            }
        }
    }
}

#[test]
fn delivery_urls_are_escaped_and_signed_as_the_sdks_do_it() {
    let vectors = vectors();
    let urls = vectors["delivery_urls"].as_array().unwrap();
    assert_eq!(urls.len(), 15);
    for url in urls {
        let (name, public_id) = (text(&url["name"]), text(&url["public_id"]));
        let escaped = escaped(public_id);
        assert_eq!(escaped, text(&url["string_to_sign"]), "{name}");
        let wanted = (algorithm(&url["algorithm"]), text(&url["signature"]).to_owned());
        assert!(delivery_signatures(&escaped, text(&url["secret"])).contains(&wanted), "{name}");
    }
}

#[test]
fn the_other_sdks_form_of_an_id_with_marks_is_signed_as_it_is_written() {
    let vectors = vectors();
    let urls = vectors["delivery_urls"].as_array().unwrap();
    let divergent: Vec<_> = urls.iter().filter(|url| url["node_agrees"] == false).collect();
    assert_eq!(divergent.len(), 1);
    let node = text(&divergent[0]["node_url"]);
    let (_, rest) = node.split_once("s--").unwrap();
    let (signature, rest) = rest.split_once("--/").unwrap();
    let (_, written) = rest.split_once('/').unwrap();
    let wanted = (Algorithm::Sha1, signature.to_owned());
    assert!(delivery_signatures(written, text(&divergent[0]["secret"])).contains(&wanted), "{node}");
}

#[test]
fn responses_are_signed_as_the_sdks_expect_it() {
    let vectors = vectors();
    let responses = vectors["response_signatures"].as_array().unwrap();
    assert_eq!(responses.len(), 4);
    for response in responses {
        let version = response["version"].as_i64().unwrap();
        let (public_id, secret) = (text(&response["public_id"]), text(&response["secret"]));
        let signature = sign_response(public_id, version, secret, algorithm(&response["algorithm"]));
        assert_eq!(signature, text(&response["signature"]), "{public_id}");
    }
}

#[test]
fn urls_of_downloads_carry_the_signature_of_their_other_parameters() {
    let vectors = vectors();
    let urls = vectors["api_download_urls"].as_array().unwrap();
    assert_eq!(urls.len(), 4);
    for url in urls {
        let (_, query) = text(&url["url"]).split_once('?').unwrap();
        let mut parameters = crate::parameters::Parameters::default();
        parameters.take_form(query.as_bytes());
        let string = string_to_sign(parameters.to_sign(), SignatureVersion::Two);
        let secret = crate::API_SECRET;
        let wanted = parameters.text("signature").unwrap();
        assert_eq!(sign(&string, secret, Algorithm::Sha1), wanted, "{}", url["name"]);
    }
}

#[test]
fn the_fields_that_the_sdk_sends_verify_against_their_signature() {
    let vectors = vectors();
    let calls = vectors["wire_fields"].as_array().unwrap();
    assert_eq!(calls.len(), 7);
    for call in calls {
        let fields = call["fields"].as_array().unwrap().iter();
        let fields = fields.filter(|field| field[1].is_string());
        let mut parameters = crate::parameters::Parameters::default();
        fields.for_each(|field| parameters.add(text(&field[0]), text(&field[1]).to_owned()));
        let wanted = parameters.text("signature").unwrap();
        let string = string_to_sign(parameters.to_sign(), SignatureVersion::Two);
        let algorithm = Algorithm::from_length(wanted).unwrap();
        assert_eq!(sign(&string, crate::API_SECRET, algorithm), wanted, "{}", call["call"]);
    }
}
