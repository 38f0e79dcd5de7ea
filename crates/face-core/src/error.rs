//! What can go wrong, split by who can mend it: the sender of the picture, or whoever set the engine up.

use std::path::PathBuf;

use embedding::ModelId;

use crate::decode::read_formats;

/// Why a picture gave no embedding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// The bytes are not a picture that can be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// No face was found.
    #[error("no face was found in the picture")]
    NoFace,
    /// Several prominent faces were found and the policy wants one.
    #[error("{count} faces were found in the picture, where one was expected")]
    MultipleFaces {
        /// How many faces count under the policy.
        count: usize,
    },
    /// A model failed to run. Not the sender's fault.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// Why bytes could not be turned into pixels. Each can be mended by sending another file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// There are no bytes.
    #[error("the picture is empty")]
    Empty,
    /// More bytes than the limit allows; nothing was decoded.
    #[error("the picture has {bytes} bytes, more than the {limit} allowed")]
    TooManyBytes {
        /// Size of the file.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The content is of no known picture format.
    #[error("the file is not a picture: send {}", read_formats())]
    UnknownFormat,
    /// The content is a picture of a format that is not read here, or whose feature the crate was built
    /// without.
    #[error("{format} pictures are not supported: send {}", read_formats())]
    UnsupportedFormat {
        /// Its usual name, such as `HEIC`.
        format: &'static str,
    },
    /// The picture says that it has more pixels than the limits allow; nothing was decoded.
    #[error(
        "the picture is too large: at most {} megapixels and {max_side} pixels on a side are allowed",
        *max_pixels as f64 / 1e6
    )]
    TooLarge {
        /// Limit on width times height.
        max_pixels: u64,
        /// Limit on width and on height.
        max_side: u32,
    },
    /// Decoding the picture would take more memory than the limit allows; nothing was decoded.
    #[error(
        "decoding the picture would take more than the {} MiB of memory allowed: send it smaller, or as a plain \
         8-bit JPEG or PNG file",
        limit >> 20
    )]
    TooMuchMemory {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A side has no pixels.
    #[error("the picture has no pixels")]
    NoPixels,
    /// A buffer of pixels is too short for the size it is said to have.
    #[error("{bytes} bytes are too few for {width} x {height} pixels in rows {stride} bytes apart")]
    ShortBuffer {
        /// Length of the buffer.
        bytes: usize,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Bytes from row to row.
        stride: usize,
    },
    /// The file starts like a picture but cannot be decoded: cut short or damaged.
    #[error("the {format} picture is damaged or incomplete")]
    Damaged {
        /// Its format, such as `JPEG`.
        format: &'static str,
        /// What the decoder said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The decoder knows the format but not this variant of it.
    #[error("this kind of {format} picture is not supported: save it as a plain JPEG or PNG file")]
    UnsupportedVariant {
        /// Its format, such as `TIFF`.
        format: &'static str,
        /// What the decoder said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a model could not be run on pixels that were fine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// ONNX Runtime reported an error.
    #[error("model '{model}' failed to run")]
    Run {
        /// Id of the model in the manifest.
        model: String,
        /// What ONNX Runtime said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A model gave an output of another shape than the manifest promises.
    #[error("model '{model}' gave an output of an unexpected shape: {detail}")]
    Shape {
        /// Id of the model in the manifest.
        model: String,
        /// Which output, and what it was.
        detail: String,
    },
    /// An embedder that was asked for could not be loaded.
    #[error("the embedder cannot be loaded")]
    Load(#[from] OpenError),
    /// A model was not loaded when the engine was opened.
    #[error("the model for this was not loaded: open the engine with `{option}`")]
    NotLoaded {
        /// The option that loads it.
        option: &'static str,
    },
    /// A model gave numbers that are no embedding.
    #[error("model '{model}' gave an embedding that cannot be used")]
    Embedding {
        /// Id of the model in the manifest.
        model: String,
        /// What is wrong with it.
        #[source]
        source: embedding::EmbeddingError,
    },
}

/// Why an engine could not be opened. Mended by repeating the set-up or by changing the options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file of the models folder is missing.
    #[error("'{}' is missing: run the set-up, or point to the folder that has the models", path.display())]
    MissingFile {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// A model was asked for that the set-up makes only when it is told to.
    #[error("'{}' is missing: `{command}` makes it, and says on what terms it may be used", path.display())]
    NotSetUp {
        /// The file that was looked for.
        path: PathBuf,
        /// What makes it, from the root of the repository.
        command: String,
    },
    /// A file could not be read.
    #[error("'{}' cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is not the one that the manifest names: damaged, or of another version.
    #[error("'{}' is not the file that the manifest describes (its SHA-256 differs): run the set-up again", path.display())]
    HashMismatch {
        /// The file.
        path: PathBuf,
    },
    /// The manifest is no valid manifest.
    #[error("the manifest '{}' is not valid: {detail}", path.display())]
    Manifest {
        /// The manifest file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A model file has the right hash and yet cannot be used.
    #[error("model '{model}' cannot be used: {detail}")]
    Model {
        /// Id of the model in the manifest.
        model: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The manifest names no embedder of the id that was asked for.
    #[error("there is no embedder '{id}'; the manifest has {}", known.join(", "))]
    UnknownEmbedder {
        /// The id that was asked for.
        id: ModelId,
        /// The ids that can be had, in the manifest's order.
        known: Vec<String>,
    },
    /// ONNX Runtime's shared library was found nowhere.
    #[error("ONNX Runtime was not found; looked at: {}", looked_at.join(", "))]
    RuntimeNotFound {
        /// The places, in order.
        looked_at: Vec<String>,
    },
    /// ONNX Runtime's shared library was found and cannot be used.
    #[error("ONNX Runtime at '{library}' cannot be used")]
    Runtime {
        /// Where it was found.
        library: String,
        /// What loading it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
