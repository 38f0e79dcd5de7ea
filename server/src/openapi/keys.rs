//! How the document says that operations take a key, and which role it needs.

use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::operations;

/// The name of the scheme, by which operations refer to it.
const SCHEME: &str = "key";

/// What the document says of keys.
const ABOUT: &str = "\
A key of this server, `face_...`, sent as `Authorization: Bearer face_...`. `face-server keys add` makes one. A key has \
a role: `verify` recognises people and checks them in, `enrol` also registers people and sees who is registered, `admin` \
does everything. It may be for some events alone. A server that was started without keys serves its own machine, \
and takes requests without one.";

/// Describes the scheme, and tells of each operation which role it needs.
pub(super) struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(ABOUT));
        let scheme = SecurityScheme::Http(scheme.build());
        document.components.get_or_insert_default().add_security_scheme(SCHEME, scheme);
        for (_, operation) in operations(document) {
            if let Some(role) = role(operation) {
                let about = operation.description.take().unwrap_or_default();
                operation.description =
                    Some(format!("{about}\n\nRole of the key: `{role}`.").trim().to_owned());
            }
        }
    }
}

/// The role that an operation asks for: in the document it is the scope of the scheme.
fn role(operation: &Operation) -> Option<String> {
    // By way of JSON: the type has no reader for its scopes.
    let security = serde_json::to_value(operation.security.as_ref()?).ok()?;
    let role = security.pointer(&format!("/0/{SCHEME}/0")).and_then(Value::as_str)?;
    Some(role.to_owned())
}
