//! Archives: a whole store, or some of its events, as one file, to keep or to take into another store.
//!
//! An archive is written and read from front to back, so a pipe will do, and neither needs more memory than a
//! few users take. Every byte is checked before it is used. It does not depend on the store's own encryption
//! or on its kind: what one store exported, every other one imports.
//!
//! ```text
//! header, 40 bytes
//!   offset  0   8 bytes  89 46 41 43 45 0D 0A 1A ("\x89FACE\r\n\x1A")
//!   offset  8  u16       version of this layout: 1 of an export, 2 of a snapshot
//!   offset 10  u8        0: not encrypted; 1: XChaCha20-Poly1305
//!   offset 11  u8        0
//!   offset 12   8 bytes  id of the key; zeros without one
//!   offset 20  16 bytes  random, different in every archive
//!   offset 36  u32       CRC-32 (IEEE 802.3) of the bytes before
//!
//! then frames, numbered from 1
//!   offset  0  u32       length of the body, its check included
//!   offset  4  u8        kind: 'E' event, 'U' user, 'S' face sample,
//!                        'J' entry of the journal, in a snapshot; 'Z' end
//!   offset  5  u32       CRC-32 of the context
//!   offset  9  body      not encrypted: the payload, then the CRC-32 of the context and the payload
//!                        encrypted: 24 bytes nonce, the encrypted payload, 16 bytes tag;
//!                        the context is authenticated with it
//!
//! context of a frame
//!   the header without its CRC, u64 number of the frame, u32 length of the body, u8 kind
//! ```
//! All numbers are little-endian. The payload of an event, user or sample is the record as its `to_bytes`
//! makes it, fields that this version does not know included. An event comes before its users, a user
//! before their samples, of which there is at least one.
//!
//! In a snapshot the entries of the journal follow all of these.
//!
//! The end's payload is the number of events, of users, of samples and, in a snapshot, of entries (three or four u64),
//! and the SHA-256 over every byte before the end's frame. Nothing follows it.
//!
//! The context ties a frame to its archive and its place in it: one that was moved, left out or taken from
//! another archive is found, as is a file that was cut off. In an archive that is encrypted nobody without
//! the key can alter anything unnoticed; how many events, users and samples there are, and how long each
//! record is, stays visible. One that is not encrypted holds biometric data in the clear, and its checksums
//! find damage, not malice.

mod error;
mod export;
mod frame;
mod header;
mod import;
mod progress;
mod reader;
mod restore;
mod snapshot;
mod verify;
mod writer;

pub use error::{ArchiveError, Place};
pub use export::{ExportOptions, export};
pub use import::{ImportOptions, import};
pub use progress::{Progress, Summary};
pub use restore::restore;
pub use snapshot::{Snapshot, snapshot};
pub use verify::verify;
