//! Pictures to faces to 128-d embeddings, on ONNX models run by ONNX Runtime.
//!
//! A [`FaceEngine`] is opened from the folder that the set-up makes and used by any number of threads.
//! [`FaceEngine::embed_one`] is the whole path; each step is a method of its own for those who bring
//! their own pixels.
//!
//! ```no_run
//! use face_core::{EngineOptions, FaceEngine, FacePolicy};
//!
//! let engine = FaceEngine::open("models", EngineOptions::default())?;
//! let enrolled = engine.embed_one(&std::fs::read("badge.jpg")?, FacePolicy::Single)?;
//! let probe = engine.embed_one(&std::fs::read("door.jpg")?, FacePolicy::Single)?;
//! let (enrolled, probe) = (engine.template([&enrolled.embedding])?, engine.template([&probe.embedding])?);
//! println!("a match: {}", enrolled.distance(&probe)? <= enrolled.scale().default_threshold());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Conventions: pixels are 8-bit RGB, rows top to bottom; coordinates are pixels of the upright picture,
//! `x` to the right and `y` downward; nothing here is async, keeps a picture, or writes a file.

/// The programs of the READMEs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod align;
mod chip;
mod decode;
mod detect;
mod embed;
mod embedders;
mod engine;
mod error;
mod face;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod halve;
mod landmarks;
mod manifest;
mod network;
mod nms;
mod options;
mod pixels;
mod quality;
mod runtime;
mod select;
mod similarity;
mod stages;
mod tensors;
mod turns;

pub use chip::Chip;
pub use decode::decode;
pub use embed::{Embedder, EmbedderInfo};
pub use embedding::{
    Confidence, Distance, DistanceScale, Embedding, EmbeddingError, Metric, ModelId, Template,
};
pub use engine::FaceEngine;
pub use error::{FaceError, InferenceError, OpenError, PictureError};
pub use face::{
    AnalyzedFace, AnalyzedFaces, BoundingBox, Detection, DetectorKind, EmbeddedFace, EmbeddedFaces, Face,
    Landmarks, Landmarks68, Point,
};
/// The crate of the pictures that are taken and given, so that nobody needs the same version of it by hand.
pub use image;
pub use landmarks::Frame;
pub use options::{
    Crops, DetectorChoice, EngineOptions, FacePolicy, PictureLimits, Purpose, SmallestFace, Upsampling,
};
pub use pixels::RgbView;
pub use quality::{Pose, Quality, QualityCode, QualityLimits, Shortcoming};
pub use select::select;
pub use stages::{Stage, StageObserver};
pub use turns::Searched;
