//! Archives: what comes out is what went in, in every kind of store; and nothing that is wrong goes
//! unnoticed.

mod damage;
mod hostile;
mod keys;
mod layout;
mod repeat;
mod round_trip;
mod snapshots;
mod specimens;
