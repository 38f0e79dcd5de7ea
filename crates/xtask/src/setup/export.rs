//! From a published file to the file that the server reads.

use anyhow::Result;
use serde::Deserialize;

/// What is done with a published file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Recipe {
    /// It is taken as it is.
    #[default]
    Copy,
    /// dlib's embedder, to ONNX.
    DlibResnet,
    /// dlib's face detector by convolution, to ONNX.
    DlibMmod,
    /// dlib's face detector by histograms of gradients, to safetensors.
    DlibHog,
    /// dlib's landmarks, to safetensors.
    DlibShapePredictor,
    /// YuNet, with batch, height and width free.
    DynamicYunet,
    /// SFace, with the batch free and everything folded that can be.
    Sface,
}

/// The bytes of the file.
pub(super) fn make(recipe: Recipe, published: Vec<u8>) -> Result<Vec<u8>> {
    Ok(match recipe {
        Recipe::Copy => published,
        Recipe::DlibResnet => dlib_export::resnet_to_onnx(&published)?,
        Recipe::DlibMmod => dlib_export::mmod_to_onnx(&published)?,
        Recipe::DlibHog => dlib_export::hog_to_safetensors(&published)?,
        Recipe::DlibShapePredictor => dlib_export::shape_predictor_to_safetensors(&published)?,
        Recipe::Sface => dlib_export::sface_to_onnx(&published)?,
        Recipe::DynamicYunet => dlib_export::yunet_with_dynamic_size(&published)?,
    })
}
