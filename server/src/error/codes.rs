//! Every error that a client can be told, in one table: docs/API.md has what to do about each.

use actix_web::http::StatusCode;
use embedding::EmbeddingError;
use embedding_store::NameError;
use events::{AuditError, CheckInError, EventError, ImportError, RuleError};
use face_core::FaceError;
use uuid::Uuid;

pub(crate) use super::code::Code;
use super::code::errors;
use super::reason::{Reason, WhichPicture};
use crate::auth::Role;

// A new error is a row, or a variant in one. A row is a code: its constant, status, stable name and, where its first
// variant does not always read the same, an example. In braces are the variants of `ApiError` that are answered so,
// each with its words. A row without variants is for errors of other crates: describe.rs chooses it.
errors! {
    /// Why a request was not done.
    #[derive(Debug, thiserror::Error)]
    pub(crate) enum ApiError {
        // These have no row, since their code depends on what they hold: `ApiError::describe` chooses it.

        /// The picture cannot be used, or a model failed.
        #[error(transparent)]
        Face(#[from] FaceError),
        /// One of two pictures cannot be used, or a model failed on it.
        #[error("the {picture} picture: {error}")]
        OneOfTwo {
            /// Which.
            picture: WhichPicture,
            /// Why.
            #[source]
            error: FaceError,
        },
        /// The face is not shown well enough to be enrolled; the reasons are not empty.
        #[error("the face is not shown well enough")]
        LowQuality(Vec<Reason>),
        /// None of several pictures can be used; the reasons of all.
        #[error("none of the pictures can be used")]
        NoPictureUsable(Vec<Reason>),
        /// The domain refused, or the store failed.
        #[error(transparent)]
        Event(#[from] EventError),
        /// Something about a check-in was not done.
        #[error(transparent)]
        CheckIn(#[from] CheckInError),
        /// The audit cannot be read.
        #[error(transparent)]
        Audit(#[from] AuditError),
        /// An archive that was not taken in.
        #[error(transparent)]
        Import(#[from] ImportError),
        /// A status that a layer below answered without words; its code is `refused`, which describe.rs has.
        #[error("{}", .0.canonical_reason().unwrap_or("the request was refused"))]
        Other(StatusCode),
    }

    NO_FACE: BAD_REQUEST "no_face", example "No face detected in image" {}
    MULTIPLE_FACES: BAD_REQUEST "multiple_faces", example "Multiple faces detected in image" {}
    UNUSABLE_PICTURE: BAD_REQUEST "unusable_picture",
        example "The file is not a picture: send a JPEG, PNG, WebP, BMP, GIF or TIFF file" {}
    LOW_QUALITY: BAD_REQUEST "low_quality", example "Hold still, and let the camera focus on the face" {}
    INVALID_NAME: BAD_REQUEST "invalid_name",
        example "Field 'event': the name is empty: give it 1 to 128 characters" {
        /// A name that breaks a rule, in a field.
        Name { field: &'static str, #[source] source: NameError } => "Field '{field}': {source}";
        /// A path with bytes that are no text.
        PathNotText => "The path is not UTF-8: percent-encode the UTF-8 bytes of names";
    }
    INVALID_ID: BAD_REQUEST "invalid_id", example "Field 'id' is no id: send the UUID that the server gave" {
        /// An id in a path or a field that is no UUID.
        Id(&'static str) => "Field '{0}' is no id: send the UUID that the server gave";
    }
    INVALID_FIELD: BAD_REQUEST "invalid_field", example "The field 'file' is missing" {
        /// A form field that is missing, doubled, not known or no text.
        Field(String) => "{0}";
    }
    INVALID_JSON: BAD_REQUEST "invalid_json",
        example "The body is not the JSON expected: missing field `user` at line 1 column 2" {
        /// A body that is not the JSON expected.
        Json(String) => "The body is not the JSON expected: {0}";
    }
    INVALID_QUERY: BAD_REQUEST "invalid_query",
        example "The query cannot be read: invalid digit found in string" {
        /// A query that cannot be read, such as one with a parameter given twice.
        Query => "The query cannot be read: give each parameter once, percent-encoded UTF-8";
        /// A query with a value that cannot be used.
        QueryValue(String) => "The query cannot be read: {0}";
    }
    INVALID_CURSOR: BAD_REQUEST "invalid_cursor" {
        /// A cursor that this server did not give.
        Cursor => "The cursor is none that this server gave: start again without one";
    }
    INVALID_KEY: BAD_REQUEST "invalid_idempotency_key" {
        /// An idempotency key that is none.
        IdempotencyKey => "The header idempotency-key is 1 to 255 printable ASCII characters, given once";
    }
    INVALID_EMBEDDING: BAD_REQUEST "invalid_embedding", example "An embedding has 128 numbers, got 127" {
        /// An embedding of the client's that is none.
        Embedding(#[from] EmbeddingError) => "{0}";
    }
    INVALID_RULE: BAD_REQUEST "invalid_match_rule",
        example "A threshold of 0.9 decides nothing: up to 0.5 was measured, where half the strangers match" {
        /// A rule for a match that cannot be kept here.
        Rule(#[from] RuleError) => "{0}";
    }
    BROKEN_FORM: BAD_REQUEST "broken_form",
        example "The body is not a complete multipart form: multipart stream is incomplete" {
        /// A body that is no complete multipart form.
        BrokenForm(String) => "The body is not a complete multipart form: {0}";
    }
    UNSTORABLE: BAD_REQUEST "unstorable",
        example "The record cannot be stored: its metadata is nested too deep" {}
    METADATA_TOO_LARGE: BAD_REQUEST "metadata_too_large" {
        /// Metadata of a request that is longer than what is taken.
        MetadataTooLarge => "The metadata is larger than the 16 KiB allowed, as JSON";
    }
    INVALID_ARCHIVE: BAD_REQUEST "invalid_archive", example "This is no archive: it does not begin as one" {}
    KEY_MISSING: UNAUTHORIZED "key_missing" {
        /// No key, where one is needed.
        KeyMissing => "Send a key of this server as `Authorization: Bearer face_...`";
    }
    KEY_UNKNOWN: UNAUTHORIZED "key_unknown" {
        /// A key that is none of this server's.
        KeyUnknown => "The key does not hold: it was revoked, or is none of this server's";
    }
    ROLE_TOO_LOW: FORBIDDEN "role_too_low",
        example "This takes a key of the role 'admin', and this one has 'verify'" {
        /// A key of a role that is for less than the one needed.
        RoleTooLow { needed: Role, role: Role } => "This takes a key of the role '{needed}', and this one has '{role}'";
    }
    EVENT_NOT_ALLOWED: FORBIDDEN "event_not_allowed" {
        /// A key that is for other events.
        EventNotAllowed => "The key is not for this event";
        /// All that is stored, by a key that is for some events.
        WholeStore => "The key is for some events alone, and snapshots hold all of them";
        /// A list of all events, by a key that is for some of them.
        EventNotNamed => "The key is for some events alone: name one with event=";
    }
    PLAIN_EXPORT: FORBIDDEN "plain_export" {
        /// An export in the clear that was not asked for as such.
        PlainExport =>
            "Without FACE_ARCHIVE_KEY the file would hold faces in the clear: set the key, or ask with plain=true";
    }
    SNAPSHOTS_OFF: FORBIDDEN "snapshots_off" {
        /// There is no folder for snapshots.
        SnapshotsOff => "This server makes no snapshots: start it with --snapshots FOLDER";
    }
    FOREIGN_HOST: FORBIDDEN "foreign_host" {
        /// The request names a host that is not this server.
        ForeignHost => "This server does not answer to that host name: use localhost, or list its origin with --cors";
    }
    FOREIGN_ORIGIN: FORBIDDEN "foreign_origin" {
        /// The request comes from a page of another site.
        ForeignOrigin => "Pages of that origin may not use this server: list it with --cors to allow it";
    }
    KEYS_OFF: FORBIDDEN "keys_off" {
        /// A server without keys has none to change.
        KeysOff => "This server has no keys: start it with --keys FILE";
    }
    WIDER_KEY: FORBIDDEN "wider_key" {
        /// A key that would be for more events than the one that asks.
        WiderKey => "The key is for some events alone: keys that it makes and changes name some of these";
    }
    DEBUG_DATA_OFF: FORBIDDEN "debug_data_off" {
        /// What is stored may not be looked at.
        DebugDataOff => "What is stored is not shown: start the server with --debug-data on to allow it";
    }
    NO_SUCH_EVENT: NOT_FOUND "no_such_event", example "Event 'conference_2024' not found" {}
    NO_SUCH_USER: NOT_FOUND "no_such_user", example "User 'john_doe' not found in event 'conference_2024'" {}
    NO_SUCH_FACE: NOT_FOUND "no_such_face",
        example "User 'john_doe' of event 'conference_2024' has no face with the id \
                 01a20fb1-0247-75c3-8a5d-21b9a30a7b91" {}
    NO_SUCH_CHECK_IN: NOT_FOUND "no_such_check_in",
        example "Check-in 01a20fb1-0247-75c3-8a5d-21b9a30a7b91 does not exist in event 'conference_2024'" {}
    NO_SUCH_TRANSACTION: NOT_FOUND "no_such_transaction",
        example "Transaction '01a20fb1-0247-75c3-8a5d-21b9a30a7b91' not found" {
        /// The audit has nothing of a transaction.
        NoSuchTransaction(Uuid) => "Transaction '{0}' not found";
    }
    NO_SUCH_KEY: NOT_FOUND "no_such_key", example "Key 'door 1' not found" {
        /// A key that is not there, or is wider than the one that asks.
        NoSuchKey(String) => "Key '{0}' not found";
    }
    NO_SUCH_SNAPSHOT: NOT_FOUND "no_such_snapshot" {
        /// No snapshot has that name.
        NoSuchSnapshot => "There is no snapshot of that name: GET /v1/snapshots lists them";
    }
    NO_SUCH_PATH: NOT_FOUND "no_such_path" {
        /// Nothing answers on this path.
        NoSuchPath => "Nothing is here: see /docs for what there is";
    }
    METHOD: METHOD_NOT_ALLOWED "method_not_allowed", example "This method is not allowed here; allowed: GET" {
        /// The path is right and the method is not.
        Method(String) => "This method is not allowed here; allowed: {0}";
    }
    TOO_SLOW: REQUEST_TIMEOUT "too_slow" {
        /// The request, or the work on it, took too long.
        TooSlow => "The request took too long";
    }
    OTHER_MODEL: CONFLICT "other_model",
        example "Event 'conference_2024' holds faces of model 'sface-2021dec', which those of model \
                 'dlib-resnet-v1' cannot join or meet" {}
    DUPLICATE_PERSON: CONFLICT "duplicate_person",
        example "The face is that of user 'john_doe' of event 'conference_2024', at a distance of 0.2127" {}
    OTHER_PERSON: CONFLICT "other_person",
        example "Face 1 of the request (counted from 0) is not that of user 'john_doe': it is unlike the \
                 others, at a distance of 0.5126" {}
    NO_TEMPLATE: CONFLICT "no_template",
        example "The faces of user 'john_doe' of event 'conference_2024' would cancel out, and nobody could be \
                 found by them" {}
    LAST_FACE: CONFLICT "last_face",
        example "It is the only face of user 'john_doe' of event 'conference_2024': delete the user instead" {}
    KEY_REUSED: CONFLICT "idempotency_key_reused",
        example "The idempotency key was used before, for another request: use a new key for each request" {}
    KEY_EXISTS: CONFLICT "key_exists",
        example "There is a key of the name 'door 1': rotate it, or choose another name" {
        /// A name that a key has.
        KeyExists(String) => "There is a key of the name '{0}': rotate it, or choose another name";
    }
    LAST_ADMIN_KEY: CONFLICT "last_admin_key" {
        /// Nobody could make a key over HTTP any more.
        LastAdminKey =>
            "It is the last key of the role 'admin' for every event: make another one first, or use `face-server keys`";
    }
    UNUSABLE_RULE: CONFLICT "unusable_match_rule",
        example "The rule for a match of event 'conference_2024' cannot be kept" {}
    SNAPSHOT_RUNNING: CONFLICT "snapshot_running" {
        /// Another one is being made.
        SnapshotRunning => "A snapshot is being made: it is in the list when it is done";
    }
    USER_EXISTS: CONFLICT "user_exists",
        example "User 'jane_doe' of event 'conference_2024' already exists: merge the two if they are one person, or \
                 choose another name" {}
    SAME_USER: CONFLICT "same_user",
        example "User 'jane_doe' of event 'conference_2024' cannot be merged into themselves" {}
    SIMILAR_NAME: CONFLICT "similar_name",
        example "The name of user 'john_doe' differs from another's in event 'conference_2024' by invisible characters \
                 alone: use the name that is there" {}
    CONFLICT: CONFLICT "conflict", example "Event 'conference_2024' already exists" {}
    PICTURE_TOO_LARGE: PAYLOAD_TOO_LARGE "picture_too_large",
        example "The picture is larger than the 20 MiB allowed" {
        /// A picture larger than the limit, in bytes.
        TooLarge { limit: usize } => "The picture is larger than the {} MiB allowed", limit >> 20;
        /// The same of a picture that was read, with the name of its field.
        PictureTooLarge { field: String, limit: usize } =>
            "The picture in the field '{field}' is larger than the {} MiB allowed", limit >> 20;
        /// Pictures of one request that are larger than the limit together, though none is alone.
        TooLargeTogether { limit: usize } =>
            "The pictures together are larger than the {} MiB allowed: send smaller ones, or fewer in one request",
            limit >> 20;
    }
    BODY_TOO_LARGE: PAYLOAD_TOO_LARGE "body_too_large", example "The body is larger than the 1 MiB allowed" {
        /// A body longer than the limit, in bytes.
        BodyTooLarge { limit: usize } => "The body is larger than the {} MiB allowed", limit >> 20;
        /// A text of a form that is longer than its limit, in bytes.
        FieldTooLarge { field: String, limit: usize } =>
            "The field '{field}' is larger than the {} KiB allowed", limit >> 10;
        /// What stands before a part of a form, its headers included, is longer than what is read of it at once.
        FormHeadTooLarge => "The headers of a part of the form are larger than the 64 KiB allowed";
    }
    NOT_A_FORM: UNSUPPORTED_MEDIA_TYPE "not_a_form" {
        /// A body of another media type.
        NotAForm => "Send the fields as multipart/form-data";
    }
    NOT_JSON: UNSUPPORTED_MEDIA_TYPE "not_json" {
        /// A body that should be JSON and says that it is something else.
        NotJson => "Send the fields as application/json";
    }
    PICTURE_UNUSABLE: UNPROCESSABLE_ENTITY "picture_unusable",
        example "Look into the camera, and come nearer to it" {}
    RATE_LIMITED: TOO_MANY_REQUESTS "rate_limited",
        example "Too many requests of this kind with this key: try again in 1 s", retry after 1 seconds {
        /// More requests of a key than it may send, in seconds until there is room for one.
        KeyLimited { seconds: u32 } => "Too many requests of this kind with this key: try again in {seconds} s";
        /// More requests from an address than may come from it, in seconds until there is room for one.
        AddressLimited { seconds: u32 } =>
            "Too many requests of this kind from this address: try again in {seconds} s";
    }
    TOO_MANY_FAILED_KEYS: TOO_MANY_REQUESTS "too_many_failed_keys",
        example "Too many keys from this address do not hold, and this one does not either: try again in 8 s",
        retry after 8 seconds
    {
        /// A key that does not hold, of an address that sent several, in seconds until it is told so again.
        TooManyFailedKeys { seconds: u32 } =>
            "Too many keys from this address do not hold, and this one does not either: try again in {seconds} s";
    }
    INTERNAL: INTERNAL_SERVER_ERROR "internal",
        example "Internal server error: the server's log has the details under this answer's x-request-id" {
        /// A fault of this program.
        Internal => "internal error";
    }
    // Pictures take milliseconds.
    BUSY: SERVICE_UNAVAILABLE "busy", retry after 1 seconds {
        /// As many pictures as allowed are being received or worked on.
        Busy => "The server is busy: try again in a moment";
    }
    KEYS_UNAVAILABLE: SERVICE_UNAVAILABLE "keys_unavailable", retry after 5 seconds {
        /// The key file cannot be read or written.
        KeysUnavailable => "The keys cannot be read or changed: the server's log says why";
    }
    SNAPSHOTS_UNAVAILABLE: SERVICE_UNAVAILABLE "snapshots_unavailable", retry after 5 seconds {
        /// The folder cannot be read or written.
        SnapshotsUnavailable => "The snapshot cannot be made, read or removed: the server's log says why";
    }
    STORE_UNAVAILABLE: SERVICE_UNAVAILABLE "store_unavailable",
        example "The store is not available: try again in a moment", retry after 5 seconds {}
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
    fn no_example_is_a_pattern_of_words() {
        assert!(ALL.iter().all(|code| !code.example.contains('{')), "give the row an example of its own");
    }

    #[test]
    fn no_two_errors_have_one_name() {
        for (index, code) in ALL.iter().enumerate() {
            assert!(ALL.iter().skip(index + 1).all(|other| other.name != code.name), "{code:?}");
        }
    }
}
