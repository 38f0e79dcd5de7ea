//! Harness of the end-to-end tests: the real binary on a port of its own.
