//! The OpenAPI document, made of the operations' own descriptions.

pub(crate) mod errors;
mod examples;
pub(crate) mod keys;

use utoipa::OpenApi;

use self::keys::{SCHEME, scheme};
use crate::error_body::{ProblemError, StatusError, VerdictError};
use crate::routes;

/// What an integrator reads first.
const ABOUT: &str = "\
Registers people for events by a photo, and says who a camera picture shows.

**In two steps**: `POST /v1/events/{event}/users/{user}/faces` with one picture or more; then \
`POST /v1/events/{event}/identify` with a picture, or `POST /v1/events/{event}/check-ins` to keep a list of who came. \
Events come into being with their first user.

**Confidence** is `(1 - distance) * 100`. It is *not* a probability. A match needs a distance of at most the `threshold` \
in the answer, which follows the number of users of the event so that 1 % of strangers are named at most. It is never \
above 0.4, that is a confidence of 60.00: on press photographs, one comparison with a stranger in 1,000 is within that. \
In a large event a confidence above 60 may be refused: look at the decision.

**Pictures** are JPEG, PNG, WebP, BMP, GIF or TIFF, recognised by content; the camera's orientation is applied. \
They are never stored or logged.

**Keys**: where the server has keys, each request but those under Health brings one as `Authorization: Bearer face_...`; \
each operation says which role it needs.

**Errors** are RFC 9457 problems with a stable `code`; `detail` says what to do. Every answer carries \
`x-transaction-id`, under which the audit has what was done; the server's log has the details under the same id.";

/// The document without its operations.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Face recognition for events", description = ABOUT, license(name = "MIT", identifier = "MIT")),
    // Error responses refer to these without bringing them along: unlisted, references would lead nowhere.
    components(schemas(StatusError, VerdictError, ProblemError)),
    tags(
        (name = "Events", description = "Sets of users whose faces are searched together."),
        (name = "Users and faces", description = "Who is registered, and by which faces they are recognised."),
        (name = "Recognition", description = "Whose face does a picture show?"),
        (name = "Check-ins", description = "Who came, and when."),
        (name = "Pictures", description = "What can be said of pictures alone; nothing is kept."),
        (name = "Audit", description = "What was done, by whom, and how it ended."),
        (name = "Keys", description = "Who may ask, for what and how long."),
        (name = "Snapshots", description = "All that is stored, as it is at one moment, in files of the server."),
        (name = "As the replaced service had it",
            description = "The paths, fields and words of the service that this one replaces. `/v1` has better."),
        (name = "Health", description = "For load balancers and monitoring."),
    )
)]
struct Frame;

/// The document.
#[derive(Debug)]
pub(crate) struct Document;

impl Document {
    /// The document as indented JSON with a line end, as it is committed.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub(crate) fn json() -> Result<String, serde_json::Error> {
        Ok(Self::openapi().to_pretty_json()? + "\n")
    }
}

impl OpenApi for Document {
    fn openapi() -> utoipa::openapi::OpenApi {
        let mut document = Frame::openapi();
        document.components.get_or_insert_default().add_security_scheme(SCHEME, scheme());
        for operation in routes::operations() {
            operation.describe(&mut document);
        }
        // Last, as they are made of the schemas of all operations.
        examples::add_examples(&mut document);
        document
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn operation_ids_are_unique_and_those_of_the_older_paths_say_so() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let is_legacy = !path.starts_with("/v1/") && !path.starts_with("/health/");
            for operation in item.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                assert_eq!(id.starts_with("legacy_"), is_legacy, "{id}");
                assert!(ids.insert(id), "{path}");
            }
        }
    }
}
