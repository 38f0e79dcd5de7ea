//! Batch normalisation, which after training is a scaling with fixed statistics.

use super::{Affine, expect_view, parameters, skip_multipliers};
use crate::error::ExportError;
use crate::reader::Reader;

/// A `bn_con2` layer after a convolution of that many filters, as the affine layer it amounts to:
/// `gamma * (x - mean) / sqrt(variance + eps) + beta` with the running mean and variance. dlib makes
/// the same of it where a network has an affine layer and the file a batch normalisation
/// (`affine_`, constructor from `bn_`, dlib/dnn/layers.h).
pub(crate) fn read_batch_norm(reader: &mut Reader<'_>, channels: usize) -> Result<Affine, ExportError> {
    reader.expect_name("bn_con2")?;
    let mut gamma = parameters(reader, 2 * channels, "the parameters of a batch normalisation")?;
    let beta = gamma.split_off(channels);
    expect_view(reader, [1, channels, 1, 1], "gamma")?;
    expect_view(reader, [1, channels, 1, 1], "beta")?;
    // The statistics of the last batch, which only training uses; a cleaned network may have none.
    for statistic in ["the means of a batch", "the deviations of a batch"] {
        reader.tensor(statistic)?;
    }
    let means = parameters(reader, channels, "the running means")?;
    let offset = reader.offset();
    let variances = parameters(reader, channels, "the running variances")?;
    // The sum with epsilon could be negative, and its root NaN in every weight of the channel.
    if let Some(variance) = variances.iter().find(|&&variance| variance < 0.0) {
        return Err(ExportError::unexpected(offset, "running variances of 0 or more", variance));
    }
    reader.size("the number of updates")?;
    reader.size("the window of the running statistics")?;
    skip_multipliers(reader)?;
    let offset = reader.offset();
    let epsilon = reader.f64("the epsilon of a batch normalisation")?;
    if epsilon <= 0.0 {
        return Err(ExportError::unexpected(offset, "an epsilon above 0", epsilon));
    }

    Ok(Affine::of_batch_norm([&gamma, &beta, &means, &variances], epsilon))
}

impl Affine {
    /// What a batch normalisation with the given gamma, beta, means and variances amounts to.
    pub(crate) fn of_batch_norm([gamma, beta, means, variances]: [&[f32]; 4], epsilon: f64) -> Self {
        let statistics = means.iter().zip(variances);
        let (gamma, beta) = gamma
            .iter()
            .zip(beta)
            .zip(statistics)
            .map(|((&gamma, &beta), (&mean, &variance))| {
                // In double precision: the factor is folded into a convolution, whose weights are rounded
                // once, at the end.
                let scale = f64::from(gamma) / (f64::from(variance) + epsilon).sqrt();
                (scale, f64::from(beta) - f64::from(mean) * scale)
            })
            .unzip();
        Self { gamma, beta }
    }
}
