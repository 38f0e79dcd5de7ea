//! Every error that a client can be told, by its stable name: docs/API.md has what to do about each.

use actix_web::http::StatusCode;

/// An error's stable name, the status that it is answered with, and how it may read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) status: StatusCode,
    /// Stable name.
    pub(crate) name: &'static str,
    /// The words of one such error, for the document.
    pub(crate) example: &'static str,
}

// One list makes the constants and `ALL`, so that none can be missing from the test of docs/API.md.
macro_rules! codes {
    ($($constant:ident: $status:ident $name:literal, $example:literal;)*) => {
        $(pub(crate) const $constant: &Code =
            &Code { status: StatusCode::$status, name: $name, example: $example };)*

        /// All of them, by status.
        #[cfg(test)]
        pub(crate) const ALL: &[&Code] = &[$($constant),*];
    };
}

codes! {
    NO_FACE: BAD_REQUEST "no_face", "No face detected in image";
    MULTIPLE_FACES: BAD_REQUEST "multiple_faces", "Multiple faces detected in image";
    UNUSABLE_PICTURE: BAD_REQUEST "unusable_picture",
        "The file is not a picture: send a JPEG, PNG, WebP, BMP, GIF or TIFF file";
    LOW_QUALITY: BAD_REQUEST "low_quality", "Hold still, and let the camera focus on the face";
    INVALID_NAME: BAD_REQUEST "invalid_name",
        "Field 'event': the name is empty: give it 1 to 128 characters";
    INVALID_ID: BAD_REQUEST "invalid_id", "Field 'id' is no id: send the UUID that the server gave";
    INVALID_FIELD: BAD_REQUEST "invalid_field", "The field 'file' is missing";
    INVALID_JSON: BAD_REQUEST "invalid_json",
        "The body is not the JSON expected: missing field `user` at line 1 column 2";
    INVALID_QUERY: BAD_REQUEST "invalid_query", "The query cannot be read: invalid digit found in string";
    INVALID_CURSOR: BAD_REQUEST "invalid_cursor",
        "The cursor is none that this server gave: start again without one";
    INVALID_KEY: BAD_REQUEST "invalid_idempotency_key",
        "The header idempotency-key is 1 to 255 printable ASCII characters, given once";
    INVALID_EMBEDDING: BAD_REQUEST "invalid_embedding", "An embedding has 128 numbers, got 127";
    INVALID_RULE: BAD_REQUEST "invalid_match_rule",
        "A threshold of 0.9 decides nothing: up to 0.5 was measured, where half the strangers match";
    BROKEN_FORM: BAD_REQUEST "broken_form",
        "The body is not a complete multipart form: multipart stream is incomplete";
    UNSTORABLE: BAD_REQUEST "unstorable", "The record cannot be stored: its metadata is nested too deep";
    INVALID_ARCHIVE: BAD_REQUEST "invalid_archive", "This is no archive: it does not begin as one";
    KEY_MISSING: UNAUTHORIZED "key_missing", "Send a key of this server as `Authorization: Bearer face_...`";
    KEY_UNKNOWN: UNAUTHORIZED "key_unknown",
        "The key does not hold: it was revoked, or is none of this server's";
    ROLE_TOO_LOW: FORBIDDEN "role_too_low", "This takes a key of the role 'admin', and this one has 'verify'";
    EVENT_NOT_ALLOWED: FORBIDDEN "event_not_allowed", "The key is not for this event";
    PLAIN_EXPORT: FORBIDDEN "plain_export",
        "Without FACE_ARCHIVE_KEY the file would hold faces in the clear: set the key, or ask with plain=true";
    FOREIGN_HOST: FORBIDDEN "foreign_host",
        "This server does not answer to that host name: use localhost, or list its origin with --cors";
    FOREIGN_ORIGIN: FORBIDDEN "foreign_origin",
        "Pages of that origin may not use this server: list it with --cors to allow it";
    DEBUG_DATA_OFF: FORBIDDEN "debug_data_off",
        "What is stored is not shown: start the server with --debug-data on to allow it";
    NO_SUCH_EVENT: NOT_FOUND "no_such_event", "Event 'conference_2024' not found";
    NO_SUCH_USER: NOT_FOUND "no_such_user", "User 'john_doe' not found in event 'conference_2024'";
    NO_SUCH_FACE: NOT_FOUND "no_such_face",
        "User 'john_doe' of event 'conference_2024' has no face with the id \
         01a20fb1-0247-75c3-8a5d-21b9a30a7b91";
    NO_SUCH_CHECK_IN: NOT_FOUND "no_such_check_in",
        "Check-in 01a20fb1-0247-75c3-8a5d-21b9a30a7b91 does not exist in event 'conference_2024'";
    NO_SUCH_TRANSACTION: NOT_FOUND "no_such_transaction",
        "Transaction '01a20fb1-0247-75c3-8a5d-21b9a30a7b91' not found";
    NO_SUCH_PATH: NOT_FOUND "no_such_path", "Nothing is here: see /docs for what there is";
    METHOD: METHOD_NOT_ALLOWED "method_not_allowed", "This method is not allowed here; allowed: GET";
    TOO_SLOW: REQUEST_TIMEOUT "too_slow", "The request took too long";
    OTHER_MODEL: CONFLICT "other_model",
        "Event 'conference_2024' holds faces of model 'sface-2021dec', which those of model 'dlib-resnet-v1' cannot \
         join or meet";
    DUPLICATE_PERSON: CONFLICT "duplicate_person",
        "The face is that of user 'john_doe' of event 'conference_2024', at a distance of 0.2127";
    OTHER_PERSON: CONFLICT "other_person",
        "Face 1 of the request (counted from 0) is not that of user 'john_doe': it is unlike the others, at a distance of \
         0.5126";
    NO_TEMPLATE: CONFLICT "no_template",
        "The faces of user 'john_doe' of event 'conference_2024' would cancel out, and nobody could be found by them";
    LAST_FACE: CONFLICT "last_face",
        "It is the only face of user 'john_doe' of event 'conference_2024': delete the user instead";
    KEY_REUSED: CONFLICT "idempotency_key_reused",
        "The idempotency key was used before, for another request: use a new key for each request";
    UNUSABLE_RULE: CONFLICT "unusable_match_rule",
        "The rule for a match of event 'conference_2024' cannot be kept";
    CONFLICT: CONFLICT "conflict", "Event 'conference_2024' already exists";
    PICTURE_TOO_LARGE: PAYLOAD_TOO_LARGE "picture_too_large", "The picture is larger than the 20 MiB allowed";
    BODY_TOO_LARGE: PAYLOAD_TOO_LARGE "body_too_large", "The body is larger than the 1 MiB allowed";
    NOT_A_FORM: UNSUPPORTED_MEDIA_TYPE "not_a_form", "Send the fields as multipart/form-data";
    NOT_JSON: UNSUPPORTED_MEDIA_TYPE "not_json", "Send the fields as application/json";
    PICTURE_UNUSABLE: UNPROCESSABLE_ENTITY "picture_unusable",
        "Look into the camera, and come nearer to it";
    INTERNAL: INTERNAL_SERVER_ERROR "internal",
        "Internal server error: the server's log has the details under this answer's x-request-id";
    BUSY: SERVICE_UNAVAILABLE "busy", "The server is busy: try again in a moment";
    STORE_UNAVAILABLE: SERVICE_UNAVAILABLE "store_unavailable",
        "The store is not available: try again in a moment";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented_with_its_status() {
        let documented = include_str!("../../../docs/API.md");
        for Code { status, name, .. } in ALL {
            let row = format!("| {} | `{name}` |", status.as_u16());
            assert!(documented.contains(&row), "docs/API.md has no row '{row}'");
        }
    }

    #[test]
    fn no_two_errors_have_one_name() {
        for (index, code) in ALL.iter().enumerate() {
            assert!(ALL.iter().skip(index + 1).all(|other| other.name != code.name), "{code:?}");
        }
    }
}
