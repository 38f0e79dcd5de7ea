//! Face embeddings, the templates made of them, and the distance between templates, as types.
//!
//! An [`Embedding`] is what a network says of one face: 128 finite numbers and the id of the model
//! that produced them. A [`Template`] is the unit-length mean of one person's embeddings, and the
//! [`Distance`] between two templates of one model, on that model's [`DistanceScale`], is what decisions are
//! taken on.
//!
//! ```
//! use embedding::{DistanceScale, Embedding, ModelId, Template};
//!
//! let model = ModelId::new("dlib-resnet-v1")?;
//! let a = Embedding::new(model.clone(), [0.1; 128])?;
//! let b = Embedding::new(model, [0.2; 128])?;
//! let template = |sample| Template::from_embeddings(DistanceScale::UNIT, [sample]);
//! let distance = template(&a)?.distance(&template(&b)?)?;
//! assert!(distance.value() < 1e-6, "parallel vectors have the same direction");
//! # Ok::<(), embedding::EmbeddingError>(())
//! ```

mod distance;
mod error;
mod metric;
mod model_id;
mod sample_sum;
mod scale;
mod squared;
mod template;
mod vector;

pub use distance::{Confidence, Distance};
pub use error::EmbeddingError;
pub use metric::Metric;
pub use model_id::ModelId;
pub use sample_sum::SampleSum;
pub use scale::DistanceScale;
pub use squared::squared_distance;
pub use template::Template;
pub use vector::{DIMENSIONS, Embedding};
