//! The one table: which path is answered by which handler, and for whom.

pub(crate) mod add_user;
pub(crate) mod debug_data;
mod docs;
pub(crate) mod events;
pub(crate) mod health;
mod page;
pub(crate) mod transactions;
pub(crate) mod users;
pub(crate) mod v1;
pub(crate) mod verify;

use actix_web::web::{ServiceConfig, delete, get, post, resource};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::auth::{Role, needs};

pub(crate) use docs::redoc_bundle;

/// Where the document of this table is served.
pub(crate) const OPENAPI_PATH: &str = "/openapi.json";

/// Every path, and the role that it needs; a slash at the end makes no difference, and HEAD is answered as GET. `document` describes them.
pub(crate) fn table(routes: &mut ServiceConfig, document: OpenApi) {
    // A resource knows its methods: a wrong one is 405 with `allow`, where
    // `App::route` and the macros on handlers give 404.
    routes
        .service(resource("/addUser").route(needs(Role::Enrol, post().to(add_user::add_user))))
        .service(resource("/verify").route(needs(Role::Verify, post().to(verify::verify))))
        .service(resource("/api/events").route(needs(Role::Verify, get().to(events::list_events))))
        .service(
            resource("/api/events/{event_name}").route(needs(Role::Admin, delete().to(events::delete_event))),
        )
        .service(resource("/api/all_user").route(needs(Role::Enrol, get().to(users::list_users))))
        // Deletes by GET, as clients of the replaced service do. Links and images of
        // other sites are kept off it by `check_site`.
        .service(resource("/api/delete_user").route(needs(Role::Admin, get().to(users::delete_user))))
        .service(resource("/api/debug/cloudinary-data").route(needs(Role::Admin, get().to(debug_data::show))))
        .service(
            resource("/get_transaction_details").route(needs(Role::Verify, get().to(transactions::details))),
        )
        // These, down to `/`, ask for no key: what watches a server has none, and the page is where people
        // enter theirs.
        .service(resource("/health/live").route(get().to(health::live)))
        .service(resource("/health/ready").route(get().to(health::ready)))
        .service(resource("/docs").route(get().to(docs::swagger_ui)))
        .service(SwaggerUi::new("/docs/{_:.*}").url(OPENAPI_PATH, document).config(docs::swagger_config()))
        .service(resource("/redoc").route(get().to(docs::redoc)))
        .service(resource("/redoc/{file}").route(get().to(docs::redoc_file)))
        .service(resource("/").route(get().to(page::index)))
        .configure(v1::table);
    // A resource for each file and no pattern: what is not there stays a 404 of the router.
    for file in page::files() {
        routes.service(resource(format!("/{file}")).route(get().to(page::file)));
    }
}
