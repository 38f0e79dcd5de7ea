//! ONNX: the part of its protobuf schema that is read and written here, and a builder of graphs.

mod builder;
pub(crate) mod proto;

pub(crate) use builder::{GraphBuilder, Kernel};
