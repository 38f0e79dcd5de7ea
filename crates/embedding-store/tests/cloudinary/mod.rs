//! The store at Cloudinary against the stand-in for Cloudinary, over HTTP.
// Each module is one of tests alone, and says so: then a test's helper may panic as the test may.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod lives;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod overlapping;
#[cfg(test)]
mod removals;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod specimens;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod unreadable;
#[cfg(test)]
mod writers;
