//! Examples of answers that their handlers do not spell out: put together from those of the fields, and from the
//! words of the errors.

use serde_json::{Map, Value, json};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Content, OpenApi, RefOr};

use super::errors;
use crate::error::codes::{self, Code};

/// What an error of a status is most likely to be, where a route names the status alone.
const LIKELY: &[&Code] = &[
    codes::INVALID_NAME,
    codes::KEY_MISSING,
    codes::ROLE_TOO_LOW,
    codes::NO_SUCH_EVENT,
    codes::TOO_SLOW,
    codes::OTHER_MODEL,
    codes::PICTURE_TOO_LARGE,
    codes::NOT_A_FORM,
    codes::RATE_LIMITED,
    codes::INTERNAL,
    codes::STORE_UNAVAILABLE,
];

/// Deeper than any answer: a schema that contains itself has no example.
const DEEPEST: usize = 16;

/// Gives every answer in JSON an example.
pub(super) fn add_examples(document: &mut OpenApi) {
    // A copy, since the operations are changed meanwhile; as JSON, whose pointers follow references.
    let schemas = serde_json::to_value(&document.components).unwrap_or_default();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for (status, response) in &mut operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            for (media_type, content) in &mut response.content {
                let RefOr::T(content) = content else { continue };
                if media_type.ends_with("json") && !has_example(content) {
                    content.example = example(&schemas, content, status);
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    // HEAD and preflights are answered by middlewares for every path, and the document names neither.
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

fn has_example(content: &Content) -> bool {
    content.example.is_some() || !content.examples.is_empty()
}

fn example(schemas: &Value, content: &Content, status: &str) -> Option<Value> {
    let schema = serde_json::to_value(content.schema.as_ref()?).ok()?;
    if status.starts_with('2') {
        return schema_example(schemas, &schema, DEEPEST);
    }
    let code = LIKELY.iter().find(|code| code.status.as_str() == status)?;
    match schema.get("$ref")?.as_str()?.rsplit('/').next()? {
        "StatusError" => Some(json!({"status": "error", "message": code.example})),
        "VerdictError" => Some(json!({"verified": false, "username": null, "message": code.example})),
        _ => Some(errors::example(code)),
    }
}

/// A value with the examples of all fields; of a choice the first that is not null.
fn schema_example(schemas: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let inner = |schema: &Value| schema_example(schemas, schema, depth);
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return inner(schemas.pointer(name.trim_start_matches("#/components"))?);
    }
    if let Some(example) = schema.get("example").or_else(|| schema.get("const")) {
        return Some(example.clone());
    }
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(value) = list("enum").and_then(|values| values.first()) {
        return Some(value.clone());
    }
    if let Some(choices) = list("oneOf").or_else(|| list("anyOf")) {
        return inner(choices.iter().find(|choice| !is_of_type(choice, "null"))?);
    }
    if let Some(parts) = list("allOf") {
        let fields =
            parts.iter().map(|part| inner(part)?.as_object().cloned()).collect::<Option<Vec<_>>>()?;
        return Some(Value::Object(fields.into_iter().flatten().collect()));
    }
    if is_of_type(schema, "object") {
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties.into_iter().flatten();
        let fields = fields.map(|(name, field)| Some((name.clone(), inner(field)?)));
        return Some(Value::Object(fields.collect::<Option<Map<_, _>>>()?));
    }
    if is_of_type(schema, "array") {
        let fewest = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).max(1);
        let item = inner(schema.get("items")?)?;
        return Some(Value::Array((0..fewest).map(|_| item.clone()).collect()));
    }
    // A field that may be null and says nothing of what else it is.
    is_of_type(schema, "null").then_some(Value::Null)
}

fn is_of_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|one| one == name),
        Some(one) => one == name,
        None => false,
    }
}
