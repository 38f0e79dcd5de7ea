//! The files of a release, and servers that are started on them.

use std::io::Read;
use std::path::{Path, PathBuf};

use e2e::{Server, ServerBuilder};
use flate2::read::GzDecoder;

/// The keys that encrypted fixtures were made under.
pub(super) const ENCRYPTION_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub(super) const ARCHIVE_KEY: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

/// Where a server has its store by default.
pub(super) const STORE: &str = "data/faces.redb";

/// The path of a fixture.
pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/v0.1.0").join(name)
}

pub(super) fn bytes(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(path(name)).unwrap();
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut whole = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut whole).unwrap();
    whole
}

pub(super) fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

/// A server that keeps the audit whatever its age, since fixtures grow old.
pub(super) fn builder() -> ServerBuilder {
    Server::builder().unwrap().flags(["--audit-days", "0"])
}

/// A server with the keys that the encrypted fixtures were made under.
pub(super) fn with_secrets(builder: ServerBuilder) -> ServerBuilder {
    let builder = builder.secret("FACE_ENCRYPTION_KEY", ENCRYPTION_KEY).unwrap();
    builder.secret("FACE_ARCHIVE_KEY", ARCHIVE_KEY).unwrap()
}
