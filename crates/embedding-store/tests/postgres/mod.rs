//! The database store on a real PostgreSQL.

mod access;
mod conformance;
mod crash;
mod damage;
mod journal;
mod keys;
mod outage;
mod plain_scan;
mod pooler;
mod search;
mod specimens;
mod states;
mod tls;
mod two_stores;
