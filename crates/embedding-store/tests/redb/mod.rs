//! The file store: its file, keys and journal, damage, and processes that are killed.

mod crash;
mod damage;
mod file;
mod journal;
mod keys;
mod outage;
mod reading;
