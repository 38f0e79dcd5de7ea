//! What the tests of this crate share: a writer of dlib's serialisation and of layers, damage to valid
//! files, a limit on memory, and a reader of graphs. The writers alone serve the fuzz targets too.

#[cfg(test)]
mod damage;
#[cfg(test)]
pub(crate) mod graph;
pub(crate) mod layers;
#[cfg(test)]
mod memory;
mod writer;

#[cfg(test)]
pub(crate) use damage::damaged;
#[cfg(test)]
pub(crate) use memory::within_memory;
pub(crate) use writer::Writer;
