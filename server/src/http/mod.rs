//! What holds for every request: who may ask, how long it may take, and how an error reads.

mod admission;
mod base_path;
mod client;
mod deadline;
mod envelope;
mod head;
mod headers;
mod origin;
mod overload;
mod own_page;
mod pace;
mod request_log;
mod shape;
mod utf8;

pub(crate) use admission::{Admission, Pictures, admit, admit_list, announced_length};
pub(crate) use base_path::{BasePath, strip_base_path};
pub(crate) use client::{TrustedProxies, client_address};
pub(crate) use deadline::keep_deadline;
pub(crate) use envelope::{render_errors, too_slow};
pub(crate) use head::{HeadAlone, answer_head};
pub(crate) use headers::{UNREADABLE, security_headers};
pub(crate) use origin::{IDEMPOTENCY_KEY, SitePolicy, WebOrigin, check_site, cors};
pub(crate) use own_page::OwnPage;
pub(crate) use request_log::{ACTOR, REFUSAL, RequestLog, note_request};
pub(crate) use shape::Shape;
pub(crate) use utf8::expect_utf8;
