//! The OpenAPI document, made of the handlers' own descriptions.

mod examples;
mod keys;
mod problems;

use utoipa::openapi::Deprecated;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::{Modify, OpenApi};

use self::examples::Examples;
use self::keys::Keys;
use crate::error_body::{ProblemError, StatusError, VerdictError};
use crate::routes;
use crate::upload::{AddUserForm, VerifyForm};

pub(crate) use problems::*;

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

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Face recognition for events", description = ABOUT, license(name = "MIT", identifier = "MIT")),
    paths(
        routes::v1::events::list,
        routes::v1::events::put,
        routes::v1::events::get,
        routes::v1::events::patch,
        routes::v1::events::delete,
        routes::v1::archives::export,
        routes::v1::archives::import,
        routes::v1::users::list,
        routes::v1::users::get,
        routes::v1::users::patch,
        routes::v1::users::delete,
        routes::v1::enrol::enrol,
        routes::v1::samples::list,
        routes::v1::samples::get,
        routes::v1::samples::delete,
        routes::v1::identify::identify,
        routes::v1::identify::verify,
        routes::v1::check_ins::check_in,
        routes::v1::check_in_list::list,
        routes::v1::check_in_correction::get,
        routes::v1::check_in_correction::correct,
        routes::v1::pictures::detect,
        routes::v1::pictures::compare,
        routes::v1::pictures::embed,
        routes::v1::audit::list,
        routes::v1::audit::transaction,
        routes::add_user::add_user,
        routes::verify::verify,
        routes::events::list_events,
        routes::events::delete_event,
        routes::users::list_users,
        routes::users::delete_user,
        routes::transactions::details,
        routes::debug_data::show,
        routes::health::live,
        routes::health::ready,
    ),
    // Error responses refer to these without bringing them along: unlisted, references would lead nowhere.
    components(schemas(AddUserForm, VerifyForm, StatusError, VerdictError, ProblemError)),
    modifiers(&Deprecations, &Keys, &Examples),
    tags(
        (name = "Events", description = "Sets of users whose faces are searched together."),
        (name = "Users and faces", description = "Who is registered, and by which faces they are recognised."),
        (name = "Recognition", description = "Whose face does a picture show?"),
        (name = "Check-ins", description = "Who came, and when."),
        (name = "Pictures", description = "What can be said of pictures alone; nothing is kept."),
        (name = "Audit", description = "What was done, by whom, and how it ended."),
        (name = "As the replaced service had it",
            description = "The paths, fields and words of the service that this one replaces. `/v1` has better."),
        (name = "Health", description = "For load balancers and monitoring."),
    )
)]
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

/// What `/v1` has better is marked as deprecated; it goes on to answer as it always did.
struct Deprecations;

impl Modify for Deprecations {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let former =
            ["/addUser", "/verify", "/api/events", "/api/all_user", "/api/delete_user", "/get_transaction"];
        for (path, operation) in operations(document) {
            if former.iter().any(|start| path.starts_with(start)) {
                operation.deprecated = Some(Deprecated::True);
            }
        }
    }
}

/// Every operation, with its path.
fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = (&str, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        // HEAD and preflights are answered by middlewares for every path, and the document names neither.
        let PathItem { get, put, post, delete, patch, .. } = item;
        let operations = [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut);
        operations.map(move |operation| (path.as_str(), operation))
    })
}
