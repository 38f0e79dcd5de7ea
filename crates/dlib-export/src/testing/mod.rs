//! What the tests of this crate share: writers of dlib's serialisation, of layers and of a small file of each kind,
//! damage to valid files, a limit on memory, and a reader of graphs. The writers alone serve the fuzz targets too.

#[cfg(test)]
mod damage;
#[cfg(test)]
pub(crate) mod graph;
pub(crate) mod hog;
pub(crate) mod layers;
#[cfg(test)]
mod memory;
pub(crate) mod mmod;
pub(crate) mod resnet;
pub(crate) mod shape_predictor;
mod writer;

#[cfg(test)]
pub(crate) use damage::damaged;
#[cfg(test)]
pub(crate) use memory::within_memory;
pub(crate) use writer::Writer;
