//! The OpenAPI document, made of the handlers' own descriptions.

mod problems;

use utoipa::OpenApi;

use crate::error_body::{ProblemError, StatusError, VerdictError};
use crate::routes;
use crate::upload::{AddUserForm, VerifyForm};

pub(crate) use problems::*;

/// What an integrator reads first.
const ABOUT: &str = "\
Registers people for events by a photo, and says who a camera picture shows.

**In two steps**: `POST /addUser/` with an event, a name and a picture; then `POST /verify/` with the event and a \
picture. Events come into being with their first user.

**Confidence** is `(1 - distance) * 100`, where the distance is the Euclidean distance between unit vectors. It is \
*not* a probability. A match needs a distance of at most the `threshold` in the answer (0.4 by default, that is a \
confidence of at least 60.00). On press photographs of one picture a person, about one comparison with a stranger in 250 \
is within it.

**Pictures** are JPEG, PNG, WebP, BMP, GIF or TIFF, recognised by content; the camera's orientation is applied. \
They are never stored or logged.

**Errors** say in `message` (or `detail`) what to do. Every answer carries `x-request-id`, under which the server's \
log has the details.";

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Face recognition for events", description = ABOUT, license(name = "MIT", identifier = "MIT")),
    paths(
        routes::add_user::add_user,
        routes::verify::verify,
        routes::events::list_events,
        routes::events::delete_event,
        routes::users::list_users,
        routes::users::delete_user,
        routes::health::live,
        routes::health::ready,
        routes::v1::pictures::detect,
        routes::v1::pictures::embed,
        routes::v1::pictures::compare,
    ),
    components(schemas(AddUserForm, VerifyForm, StatusError, VerdictError, ProblemError)),
    tags(
        (name = "Verification", description = "Who does a picture show?"),
        (name = "Events and users", description = "Who is registered where."),
        (name = "Pictures", description = "What can be said of pictures alone; nothing is kept."),
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
