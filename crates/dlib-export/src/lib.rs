//! Converts the published weights of dlib, of YuNet and of SFace to files that inference engines read.
//!
//! | published file | function | result |
//! |---|---|---|
//! | `dlib_face_recognition_resnet_model_v1.dat` | [`resnet_to_onnx`] | ONNX: chips of 150 x 150 pixels to 128 numbers each |
//! | `mmod_human_face_detector.dat` | [`mmod_to_onnx`] | ONNX: pictures of any size to a score for each place of a window of 80 x 80 pixels |
//! | `dlib_frontal_face_detector.svm` (dlib's frontal face detector, as it writes it) | [`hog_to_safetensors`] | safetensors: five filters over histograms of gradients, their thresholds and sizes |
//! | `shape_predictor_5_face_landmarks.dat`, also the one with 68 points | [`shape_predictor_to_safetensors`] | safetensors: the arrays of the regression trees |
//! | `face_detection_yunet_2023mar.onnx` | [`yunet_with_dynamic_size`] | ONNX: the same detector for pictures of any size, in batches |
//! | `face_recognition_sface_2021dec.onnx` | [`sface_to_onnx`] | ONNX: the same embedder in batches, twice as fast |
//!
//! Each function takes the bytes of a file and returns those of another; none reads or writes
//! anything else. What the tensors are called, their shapes and what they hold is said at each.
//!
//! ```no_run
//! let weights = std::fs::read("dlib_face_recognition_resnet_model_v1.dat")?;
//! let model = dlib_export::resnet_to_onnx(&weights)?;
//! std::fs::write("resnet.onnx", model)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The program `dlib-export` does the same for files, and writes the result whole or not at all:
//!
//! ```text
//! dlib-export resnet          dlib_face_recognition_resnet_model_v1.dat  resnet.onnx
//! dlib-export mmod            mmod_human_face_detector.dat               mmod.onnx
//! dlib-export hog             dlib_frontal_face_detector.svm             hog.safetensors
//! dlib-export shape-predictor shape_predictor_5_face_landmarks.dat       landmarks5.safetensors
//! dlib-export dynamic-yunet   face_detection_yunet_2023mar.onnx          yunet.onnx
//! dlib-export sface           face_recognition_sface_2021dec.onnx        sface.onnx
//! ```
//!
//! # What holds
//! - **The same input always gives the same bytes**, so that a result can be checked by its hash.
//! - **Any input is safe.** A file that is cut off, damaged or hostile gives an [`ExportError`], never
//!   a panic; no length in a file is believed before the file could hold that much, so that memory
//!   stays proportional to the size of the input.
//! - **Nothing is guessed.** A file must be exactly the network it is converted as: every name,
//!   version and size in it is compared, every number must be finite, and nothing may follow.
//!
//! An error says where in the file it is and what should have been there:
//!
//! ```
//! let error = dlib_export::shape_predictor_to_safetensors(&[0x01, 0x02]).unwrap_err();
//! assert_eq!(error.to_string(), "byte 0: expected 1 as the version of a shape predictor, found 2");
//! ```
//!
//! # The way through the code
//! `reader` reads the primitive values of dlib's serialisation, `layers` the layers made of them;
//! `resnet`, `mmod`, `hog` and `shape_predictor` put those together and check that the parts agree;
//! `onnx` writes graphs. `yunet` edits a graph that is ONNX already; `sface` reads one and writes another.

mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod hog;
mod layers;
mod mmod;
mod onnx;
mod reader;
mod resnet;
mod sface;
mod shape_predictor;
mod tensor_file;
#[cfg(any(test, fuzzing))]
mod testing;
mod yunet;

pub use error::ExportError;
pub use hog::hog_to_safetensors;
pub use mmod::mmod_to_onnx;
pub use resnet::resnet_to_onnx;
pub use sface::sface_to_onnx;
pub use shape_predictor::shape_predictor_to_safetensors;
pub use yunet::yunet_with_dynamic_size;
