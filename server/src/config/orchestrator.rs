//! Variables that an orchestrator puts into the environment of a container, of services whose names begin with `face`.
//!
//! Kubernetes and Docker's links make `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`, `NAME_PORT` and, for each port,
//! `NAME_PORT_8000_TCP` and more, where `NAME` is a service's name in capitals: `face-server` gives `FACE_SERVER_PORT`, and
//! a service that is called `face` gives `FACE_PORT`, which is a setting's name.

/// Whether a variable is one of those. A value that a setting can have is never taken for one.
pub(super) fn is_made_by_an_orchestrator(name: &str, value: &str) -> bool {
    let is_address =
        value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
    let of_a_port = name.split_once("_PORT_").is_some_and(|(_, rest)| is_of_a_port(rest));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_address)
        || of_a_port
        // Docker's links name themselves: `/web/face`.
        || (name.ends_with("_NAME") && value.starts_with('/'))
}

/// `8000_TCP`, and with `_PROTO`, `_PORT` or `_ADDR`.
fn is_of_a_port(text: &str) -> bool {
    let mut parts = text.split('_');
    let is_port = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
    let is_protocol = parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"));
    let is_detail = parts.next().is_none_or(|detail| matches!(detail, "PROTO" | "PORT" | "ADDR"));
    is_port && is_protocol && is_detail && parts.next().is_none()
}
