//! How the document says that operations take a key.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// The name of the scheme, by which operations refer to it. A role is a scope of it.
pub(crate) const SCHEME: &str = "key";

/// What the document says of keys.
const ABOUT: &str = "\
A key of this server, `face_...`, sent as `Authorization: Bearer face_...`. `face-server keys add` makes one. A key has \
a role: `verify` recognises people and checks them in, `enrol` also registers people and sees who is registered, `admin` \
does everything. It may be for some events alone. A server that was started without keys serves its own machine, \
and takes requests without one.";

/// The scheme.
pub(super) fn scheme() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(ABOUT));
    SecurityScheme::Http(scheme.build())
}
