//! The metrics on an address of their own, for a scraper that has no key.

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_web::dev::Server;
use actix_web::{App, HttpServer};

use crate::http::Admission;
use crate::limits::Limits;
use crate::routes::metrics_alone;
use crate::service::Service;

/// Connections at once: one or two programs ask now and then.
const CONNECTIONS: usize = 32;

/// Takes the address.
///
/// # Errors
/// When it cannot be served on.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let advice = "choose another --metrics-address, or none";
        anyhow::Error::from(error).context(format!("cannot serve metrics on {address}: {advice}"))
    })
}

/// What serves `/metrics` and nothing else, to whoever reaches the address, for as long as it is polled.
///
/// # Errors
/// When the system gives no thread or the listener fails.
pub(crate) fn server(
    listener: TcpListener,
    service: Service,
    admission: Admission,
    limits: Limits,
) -> io::Result<Server> {
    let app = move || App::new().configure(metrics_alone(service.clone(), admission.clone(), limits.clone()));
    // The end of the process is the other server's business.
    let server = HttpServer::new(app).workers(1).max_connections(CONNECTIONS).disable_signals();
    Ok(server.listen(listener)?.run())
}
