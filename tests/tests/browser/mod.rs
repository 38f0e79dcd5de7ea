//! The pages as people see them, in a real browser.

mod desk;
mod documentation;
mod door;
mod door_by_hand;
mod door_rules;
mod privacy;
mod shell;
