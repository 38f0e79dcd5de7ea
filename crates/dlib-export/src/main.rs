//! The command line of the exporter: one weight file in, one model file out.

mod atomic_write;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use dlib_export::ExportError;

/// Converts published face-recognition weights to ONNX and safetensors.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    export: Export,
}

#[derive(Debug, Subcommand)]
enum Export {
    /// dlib's face embedder to ONNX
    Resnet(Files),
    /// dlib's face detector by convolution (MMOD) to ONNX
    Mmod(Files),
    /// dlib's face detector by histograms of gradients to safetensors
    Hog(Files),
    /// dlib's shape predictor (5 or 68 landmarks) to safetensors
    ShapePredictor(Files),
    /// YuNet with batch, height and width free
    DynamicYunet(Files),
    /// SFace with the batch free, and faster
    Sface(Files),
}

#[derive(Debug, Args)]
struct Files {
    /// The published file
    input: PathBuf,
    /// Where the model goes; an existing file is replaced
    output: PathBuf,
}

/// What a command does with its files.
struct Conversion {
    /// What the input has to be, in the words of an error message.
    source: &'static str,
    convert: fn(&[u8]) -> Result<Vec<u8>, ExportError>,
}

impl Export {
    fn parts(self) -> (Files, Conversion) {
        let (files, source, convert): (_, _, fn(&[u8]) -> _) = match self {
            Self::Resnet(files) => (files, "dlib's face embedder", dlib_export::resnet_to_onnx),
            Self::Mmod(files) => (files, "dlib's face detector MMOD", dlib_export::mmod_to_onnx),
            Self::Hog(files) => (files, "dlib's frontal face detector", dlib_export::hog_to_safetensors),
            Self::ShapePredictor(files) => {
                (files, "a shape predictor of dlib", dlib_export::shape_predictor_to_safetensors)
            }
            Self::DynamicYunet(files) => {
                (files, "the face detector YuNet", dlib_export::yunet_with_dynamic_size)
            }
            Self::Sface(files) => (files, "the face embedder SFace", dlib_export::sface_to_onnx),
        };
        (files, Conversion { source, convert })
    }
}

fn main() -> Result<()> {
    let (Files { input, output }, Conversion { source, convert }) = Cli::parse().export.parts();
    let weights = fs::read(&input).with_context(|| format!("cannot read {}", input.display()))?;
    // All in memory before a byte is written: a file that is refused leaves the output as it was.
    let model = convert(&weights).with_context(|| format!("{} is not {source}", input.display()))?;
    atomic_write::atomic_write(&output, &model)
}
