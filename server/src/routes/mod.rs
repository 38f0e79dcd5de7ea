//! What is answered on which path: the operations of the API, each declared in the file of its topic, and the pages.

mod docs;
mod fields;
mod health;
mod legacy;
mod metrics;
mod no_query;
mod operation;
mod page;
mod v1;

use actix_web::web::{Bytes, ServiceConfig};

use self::operation::{Operation, resources};

pub(crate) use docs::redoc_bundle;
pub(crate) use metrics::metrics_alone;

/// Every operation of the API.
pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    v1::operations().chain(legacy::operations()).chain(health::operations())
}

/// Every path; a slash at the end makes no difference, and HEAD is answered as GET. `document` describes them.
pub(crate) fn table(routes: &mut ServiceConfig, document: Bytes) {
    for resource in v1::resources() {
        routes.service(resource);
    }
    for resource in resources(legacy::operations().chain(health::operations())) {
        routes.service(resource);
    }
    docs::table(routes, document);
    metrics::table(routes);
    page::table(routes);
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn a_path_answers_a_method_that_it_has_not_with_those_of_all_its_operations() {
        let app = App::new().configure(|routes| {
            for resource in v1::resources() {
                routes.service(resource);
            }
        });
        let app = init_service(app).await;
        for (path, allowed) in [
            ("/v1/events/summit", "PUT, GET, PATCH, DELETE"),
            ("/v1/events/summit/users/zoe/faces/1", "GET, DELETE"),
        ] {
            let response = call_service(&app, TestRequest::post().uri(path).to_request()).await;
            assert_eq!(response.status(), 405, "{path}");
            assert_eq!(response.headers().get("allow").unwrap(), allowed);
        }
    }
}
