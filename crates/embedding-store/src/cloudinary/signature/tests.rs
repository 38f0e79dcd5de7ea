//! The signatures against vectors that the official SDKs made.

use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn cases<'a>(vectors: &'a Value, list: &str) -> &'a Vec<Value> {
    vectors[list].as_array().unwrap()
}

fn secret(of: &Value) -> ApiSecret {
    ApiSecret::new(of["secret"].as_str().unwrap())
}

/// A value of a call as it is signed.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn calls_are_signed_as_the_sdks_sign_them() {
    let vectors = vectors();
    let cases = cases(&vectors, "upload_signatures");
    assert_eq!(cases.len(), 16);
    for case in cases {
        let pairs: Vec<(String, String)> =
            case["params"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), text(v))).collect();
        for (version, name) in [(Version::V1, "v1"), (Version::V2, "v2")] {
            let expected = case[format!("string_to_sign_{name}")].as_str().unwrap();
            assert_eq!(string_to_sign(&borrowed(&pairs), version), expected, "{}", case["name"]);
            for (algorithm, hash) in [(Algorithm::Sha1, "sha1"), (Algorithm::Sha256, "sha256")] {
                let signature = of_call(&borrowed(&pairs), version, algorithm, &secret(case));
                assert_eq!(signature, case[format!("{name}_{hash}")].as_str().unwrap(), "{}", case["name"]);
            }
        }
    }
}

#[test]
fn delivery_urls_are_signed_as_the_python_sdk_signs_them() {
    let vectors = vectors();
    let cases = cases(&vectors, "delivery_urls");
    assert_eq!(cases.len(), 15);
    for case in cases {
        let (options, public_id) = (&case["options"], case["public_id"].as_str().unwrap());
        let algorithm =
            if options["signature_algorithm"] == "sha256" { Algorithm::Sha256 } else { Algorithm::Sha1 };
        let length =
            if options["long_url_signature"] == true { UrlSignature::Long } else { UrlSignature::Short };
        let escaped = escape(public_id);
        assert_eq!(escaped, case["string_to_sign"].as_str().unwrap(), "{}", case["name"]);
        let signature = of_url(&escaped, length, algorithm, &secret(case));
        assert_eq!(signature, case["signature"].as_str().unwrap(), "{}", case["name"]);

        let version = match options["version"].as_i64() {
            Some(version) => format!("v{version}/"),
            None if escaped.contains('/') && options["force_version"] != false => "v1/".to_owned(),
            None => String::new(),
        };
        let url = format!(
            "https://res.cloudinary.com/testcloud/raw/{}/s--{signature}--/{version}{escaped}",
            options["type"].as_str().unwrap(),
        );
        assert_eq!(url, case["url"].as_str().unwrap());
    }
}

#[test]
fn answers_are_signed_as_the_sdks_check_them() {
    let vectors = vectors();
    let cases = cases(&vectors, "response_signatures");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let algorithm = if case["algorithm"] == "sha256" { Algorithm::Sha256 } else { Algorithm::Sha1 };
        let (id, version) = (case["public_id"].as_str().unwrap(), case["version"].as_i64().unwrap());
        assert_eq!(of_answer(id, version, algorithm, &secret(case)), case["signature"].as_str().unwrap());
    }
}

#[test]
fn whole_calls_carry_the_signatures_that_the_sdks_sent() {
    let vectors = vectors();
    let cases = cases(&vectors, "wire_fields");
    assert_eq!(cases.len(), 7);
    let secret = ApiSecret::new("s3cr3t-abcd");
    for case in cases {
        let mut sent = String::new();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for field in case["fields"].as_array().unwrap() {
            let name = field[0].as_str().unwrap().trim_end_matches("[]");
            match name {
                "signature" => sent = text(&field[1]),
                "api_key" | "file" => {}
                _ => match pairs.iter_mut().find(|(known, _)| known == name) {
                    Some((_, list)) => *list = format!("{list},{}", text(&field[1])),
                    None => pairs.push((name.to_owned(), text(&field[1]))),
                },
            }
        }
        let algorithm = if sent.len() == 64 { Algorithm::Sha256 } else { Algorithm::Sha1 };
        assert_eq!(of_call(&borrowed(&pairs), Version::V2, algorithm, &secret), sent, "{}", case["call"]);
    }
}

#[test]
fn download_urls_carry_the_signatures_that_the_sdks_sent() {
    let vectors = vectors();
    let cases = cases(&vectors, "api_download_urls");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let url = reqwest::Url::parse(case["url"].as_str().unwrap()).unwrap();
        let mut sent = String::new();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url.query_pairs() {
            match name.trim_end_matches("[]") {
                "signature" => sent = value.into_owned(),
                "api_key" => {}
                name => match pairs.iter_mut().find(|(known, _)| known == name) {
                    Some((_, list)) => *list = format!("{list},{value}"),
                    None => pairs.push((name.to_owned(), value.into_owned())),
                },
            }
        }
        let secret = ApiSecret::new("s3cr3t-abcd");
        assert_eq!(
            of_call(&borrowed(&pairs), Version::V2, Algorithm::Sha1, &secret),
            sent,
            "{}",
            case["name"]
        );
    }
}
