//! ONNX: the part of its protobuf schema that is read and written here, and a builder of graphs.

mod builder;
mod expect;
pub(crate) mod proto;

pub(crate) use builder::{GraphBuilder, Kernel, int, ints};
pub(crate) use expect::{SHOWN_NUMBERS, float_shape, shown, sizes, wrong};
