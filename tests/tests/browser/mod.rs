//! The pages as people see them, in a real browser.

mod documentation;
mod page;
mod privacy;
