//! What a client is answered whose request does not arrive: 408, as for any request that takes too long.

use actix_web::HttpResponse;
use actix_web::body::MessageBody;

use crate::http::too_slow;

/// The answer as it goes over the connection.
pub(super) fn late_head() -> Vec<u8> {
    to_bytes(too_slow())
}

fn to_bytes(answer: HttpResponse) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    // Made of JSON a moment ago: it is there whole.
    let body = answer.into_body().try_into_bytes().unwrap_or_default();
    bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}
