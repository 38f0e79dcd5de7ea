//! The messages of onnx.proto (version 2 syntax, so every scalar field has a presence of its own).
//!
//! The structs name the fields that the published models have and the exporter writes. A field that
//! is not named here would be dropped by decoding; [`decode`] refuses a model in which there is one.
//! Field numbers: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::error::ExportError;

/// `TensorProto.DataType` and `AttributeProto.AttributeType` values.
pub(crate) const TENSOR_FLOAT: i32 = 1;
pub(crate) const TENSOR_INT64: i32 = 7;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ModelProto {
    #[prost(int64, optional, tag = "1")]
    pub(crate) ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(crate) producer_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) producer_version: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub(crate) graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) opset_import: Vec<OperatorSetIdProto>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) metadata_props: Vec<StringStringEntryProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StringStringEntryProto {
    #[prost(string, optional, tag = "1")]
    pub(crate) key: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OperatorSetIdProto {
    #[prost(string, optional, tag = "1")]
    pub(crate) domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) version: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<NodeProto>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) value_info: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(float, optional, tag = "2")]
    pub(crate) f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub(crate) i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) s: Option<Vec<u8>>,
    // Not packed, as proto2 has it unless the schema says otherwise: encoding must give the bytes that were
    // decoded.
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(crate) ints: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    pub(crate) r#type: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) data_type: Option<i32>,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(string, optional, tag = "8")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub(crate) raw_data: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ValueInfoProto {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(crate) r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub(crate) tensor_type: Option<TensorTypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorTypeProto {
    #[prost(int32, optional, tag = "1")]
    pub(crate) elem_type: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) dim: Vec<Dimension>,
}

/// One of the two is set: a fixed size, or the name of a size that is known when the model runs.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub(crate) dim_value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(crate) dim_param: Option<String>,
}

impl Dimension {
    pub(crate) fn fixed(size: i64) -> Self {
        Self { dim_value: Some(size), dim_param: None }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self { dim_value: None, dim_param: Some(name.to_owned()) }
    }
}

/// How many bytes of a model are anything but the packed floats of its constants; `None` if it is cut off.
///
/// Protobuf has no counts to check, and two bytes can stand for a message that takes a hundred in
/// memory; packed floats take as much there as in the file.
pub(crate) fn structure_size(onnx: &[u8]) -> Option<usize> {
    // By hand, before decoding: that is what must not be tried with a hostile file. The way is that of
    // onnx.proto: the graph (7), its initializers (5), their float_data (4).
    let mut floats = 0;
    for graph in parts(onnx, 7) {
        for tensor in parts(graph?, 5) {
            for values in parts(tensor?, 4) {
                floats += values?.len();
            }
        }
    }
    onnx.len().checked_sub(floats)
}

/// The contents of every part of a message that has the given tag and a length; `None`, once, where the
/// message is cut off.
fn parts(message: &[u8], tag: u32) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            match next_part(&mut rest) {
                Some((found, Some(content))) if found == tag => return Some(Some(content)),
                Some(_) => {}
                None => {
                    // Nothing after a damaged field can be trusted; the next call then ends.
                    rest = &[];
                    return Some(None);
                }
            }
        }
        None
    })
}

/// The tag of the next field, and its content if it has a length.
fn next_part<'a>(rest: &mut &'a [u8]) -> Option<(u32, Option<&'a [u8]>)> {
    let (tag, wire_type) = decode_key(rest).ok()?;
    if wire_type == WireType::LengthDelimited {
        // The length is only compared with what is left, never allocated.
        let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
        let (content, after) = rest.split_at_checked(length)?;
        *rest = after;
        return Some((tag, Some(content)));
    }
    skip_field(wire_type, tag, rest, DecodeContext::default()).ok()?;
    Some((tag, None))
}

/// Decodes a model, and refuses one of which decoding loses something: encoding it again must give
/// the same bytes.
pub(crate) fn decode(onnx: &[u8]) -> Result<ModelProto, ExportError> {
    let model = ModelProto::decode(onnx).map_err(ExportError::NotOnnx)?;
    // The length first: it is counted without making the copy that a comparison needs.
    if model.encoded_len() == onnx.len() && model.encode_to_vec() == onnx {
        Ok(model)
    } else {
        let found = format!("{} bytes, which would become {}", onnx.len(), model.encoded_len());
        Err(ExportError::Model { expected: "only fields that this exporter can carry over".into(), found })
    }
}
