//! What an answer tells, and whether that is about somebody who was not recognised.

use e2e::Answer;
use serde_json::{Value, json};

/// What is new in each answer, and so differs whoever is registered.
const NEW: [&str; 6] = ["id", "request_id", "transaction_id", "time", "timings_ms", "note"];
/// What says how near somebody is.
const NUMBERS: [&str; 3] = ["distance", "confidence", "margin"];

/// An answer without what is new in each: ids, times and how long it took.
pub(crate) fn told(answer: &Answer) -> Value {
    let mut body = answer.json.clone();
    strip(&mut body);
    json!([answer.code(), body])
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for key in NEW {
                fields.remove(key);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether an answer names somebody, anywhere.
pub(crate) fn is_match(value: &Value) -> bool {
    match value {
        Value::Object(fields) => says_match(value) || fields.values().any(is_match),
        Value::Array(items) => items.iter().any(is_match),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn says_match(value: &Value) -> bool {
    let is = |key: &str, word: &str| value.get(key).and_then(Value::as_str) == Some(word);
    // Of a check-in the audit says that it was done, or had been.
    let is_check_in = is("action", "check_in") && (is("outcome", "done") || is("outcome", "already"));
    let is_verified = value.get("verified") == Some(&json!(true));
    is("decision", "match") || is("outcome", "match") || is_check_in || is_verified
}

/// The fields of objects that name nobody and say how near somebody is all the same.
pub(crate) fn numbers_of_the_unmatched(value: &Value) -> Vec<String> {
    match value {
        Value::Object(_) if is_match(value) => Vec::new(),
        Value::Object(fields) => {
            let own = fields.iter().filter(|(name, value)| {
                // The older routes say 0 where there is nothing to say.
                NUMBERS.contains(&name.as_str()) && value.as_f64().is_some_and(|number| number != 0.0)
            });
            let named = fields.get("candidates").and_then(Value::as_array).filter(|named| !named.is_empty());
            let mut found: Vec<_> = own.map(|(name, value)| format!("{name}: {value}")).collect();
            found.extend(named.map(|named| format!("candidates: {named:?}")));
            found.extend(fields.values().flat_map(numbers_of_the_unmatched));
            found
        }
        Value::Array(items) => items.iter().flat_map(numbers_of_the_unmatched).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
