//! What the tests of this crate share: a writer of dlib's serialisation and of layers, damage to valid
//! files, a limit on memory, and a reader of graphs.

mod damage;
pub(crate) mod graph;
pub(crate) mod layers;
mod memory;
mod writer;

pub(crate) use damage::damaged;
pub(crate) use memory::within_memory;
pub(crate) use writer::Writer;
