//! Connections under limits: how many there are, what each holds in memory, and how long its client may take.
//!
//! The framework bounds neither the bytes that wait for a client nor the requests that are read ahead, and times the
//! first head of a connection alone. So each connection's stream is wrapped: see [`stream`](self::stream).

mod answer;
mod late_head;
mod listen;
mod number;
mod stall;
mod stream;
mod turn;

pub(crate) use answer::pace_answers;
pub(crate) use listen::{ConnectionLimits, Listening};
#[cfg(test)]
mod tests;
