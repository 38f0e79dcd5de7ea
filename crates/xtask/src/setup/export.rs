//! From a package's member to the file that the server reads.

use anyhow::Result;
use serde::Deserialize;

/// What is done with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Recipe {
    /// It is taken as it is.
    Copy,
    /// dlib's embedder, to ONNX.
    DlibResnet,
    /// dlib's landmarks, to safetensors.
    DlibShapePredictor,
    /// YuNet, with batch, height and width free.
    DynamicYunet,
}

/// The bytes of the file.
pub(super) fn make(recipe: Recipe, member: Vec<u8>) -> Result<Vec<u8>> {
    Ok(match recipe {
        Recipe::Copy => member,
        Recipe::DlibResnet => dlib_export::resnet_to_onnx(&member)?,
        Recipe::DlibShapePredictor => dlib_export::shape_predictor_to_safetensors(&member)?,
        Recipe::DynamicYunet => dlib_export::yunet_with_dynamic_size(&member)?,
    })
}
