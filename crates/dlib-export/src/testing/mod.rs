//! What the tests of this crate share: a writer of dlib's serialisation, damage to valid files, and a
//! limit on memory.

mod damage;
mod memory;
mod writer;

pub(crate) use damage::damaged;
pub(crate) use memory::within_memory;
pub(crate) use writer::Writer;
