//! The errors of an operation, described in the document from the same table that they are made of.

use std::collections::BTreeMap;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::error::codes::{self, Code};

/// What every operation of `/v1` can answer.
pub(crate) const ALWAYS: &[&Code] = &[
    codes::KEY_MISSING,
    codes::KEY_UNKNOWN,
    codes::ROLE_TOO_LOW,
    codes::FOREIGN_HOST,
    codes::FOREIGN_ORIGIN,
    codes::INVALID_QUERY,
    codes::TOO_SLOW,
    codes::RATE_LIMITED,
    codes::TOO_MANY_FAILED_KEYS,
    codes::INTERNAL,
];

/// What an operation that needs the store can answer.
pub(crate) const STORE: &[&Code] = &[codes::STORE_UNAVAILABLE];

/// What an operation on an event can answer.
pub(crate) const EVENT: &[&Code] = &[codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED, codes::NO_SUCH_EVENT];

/// What an operation on a user can answer.
pub(crate) const USER: &[&Code] =
    &[codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED, codes::NO_SUCH_EVENT, codes::NO_SUCH_USER];

/// What a list by pages can answer.
pub(crate) const PAGED: &[&Code] = &[codes::INVALID_QUERY, codes::INVALID_CURSOR, codes::BUSY];

/// What an operation that takes JSON can answer.
pub(crate) const JSON: &[&Code] = &[codes::INVALID_JSON, codes::BODY_TOO_LARGE, codes::NOT_JSON, codes::BUSY];

/// What an operation that takes a picture can answer.
pub(crate) const PICTURE: &[&Code] = &[
    codes::INVALID_FIELD,
    codes::BROKEN_FORM,
    codes::PICTURE_TOO_LARGE,
    codes::NOT_A_FORM,
    codes::PICTURE_UNUSABLE,
    codes::BUSY,
];

/// The responses for these errors, by status, with an example of each.
pub(crate) fn responses(groups: &[&[&Code]]) -> BTreeMap<String, RefOr<Response>> {
    // Sorted, so that the document comes out the same each time: it is compared with the committed file.
    let mut by_status: BTreeMap<u16, BTreeMap<&str, &Code>> = BTreeMap::new();
    for code in groups.iter().copied().flatten() {
        by_status.entry(code.status.as_u16()).or_default().insert(code.name, code);
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), response(&codes).into())).collect()
}

fn response(codes: &BTreeMap<&str, &Code>) -> Response {
    let names: Vec<String> = codes.keys().map(|name| format!("`{name}`")).collect();
    ResponseBuilder::new()
        .description(names.join(" or "))
        .content("application/problem+json", content(codes))
        .build()
}

fn content(codes: &BTreeMap<&str, &Code>) -> Content {
    let example = |code: &Code| ExampleBuilder::new().value(Some(example(code))).build();
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ProblemError")))
        .examples_from_iter(codes.iter().map(|(name, code)| (*name, example(code))))
        .build()
}

pub(super) fn example(code: &Code) -> serde_json::Value {
    let mut example = serde_json::json!({
        "type": "about:blank",
        "title": code.status.canonical_reason().unwrap_or_default(),
        "status": code.status.as_u16(),
        "detail": code.example,
        "code": code.name,
        "request_id": "01a20fb1-0247-75c3-8a5d-21b9a30a7b91",
    });
    if code == codes::PICTURE_UNUSABLE {
        let hint = "look into the camera, and come nearer to it";
        let reason = serde_json::json!({"code": "no_face", "hint": hint});
        example.as_object_mut().map(|fields| fields.insert("reasons".to_owned(), [reason].into()));
    }
    example
}
