//! `/metrics`: what was counted and timed, and how things are now, as text for Prometheus.

mod process;
mod readings;

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get, resource};

use self::readings::text;
use crate::auth::{Role, needs};
use crate::error::ApiError;
use crate::http::{Admission, Pictures};
use crate::limits::{Limits, RouteClass};
use crate::service::Service;

const PATH: &str = "/metrics";

/// Of OpenMetrics 1.0, which Prometheus reads since version 2.5.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The path among those of the API: with keys for admins.
pub(super) fn table(routes: &mut ServiceConfig) {
    routes.service(resource(PATH).route(needs(
        Role::Admin,
        RouteClass::Reading,
        Pictures::One,
        get().to(metrics),
    )));
}

/// The path alone and for everybody, for an address of its own.
pub(crate) fn metrics_alone(
    service: Service,
    admission: Admission,
    limits: Limits,
) -> impl FnOnce(&mut ServiceConfig) {
    move |routes| {
        routes.app_data(Data::new(service)).app_data(Data::new(admission)).app_data(Data::new(limits));
        routes.route(PATH, get().to(metrics));
    }
}

async fn metrics(
    service: Data<Service>,
    admission: Data<Admission>,
    limits: Data<Limits>,
) -> Result<HttpResponse, ApiError> {
    let text = text(&service, &admission, &limits).map_err(|_| ApiError::Internal)?;
    Ok(HttpResponse::Ok().content_type(MEDIA_TYPE).body(text))
}
