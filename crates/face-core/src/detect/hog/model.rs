//! The detector's file: filters, thresholds, and how a picture is searched.

use super::filters::Filter;
use super::pyramid::Limits;
use super::{CELL, FEATURES, SIDE};
use crate::detect::dlib_box::OverlapLimits;
use crate::tensors::Tensors;

/// What `dlib_export::hog_to_safetensors` writes, read; as many thresholds as filters.
#[derive(Debug)]
pub(super) struct HogModel {
    pub(super) filters: Vec<Filter>,
    pub(super) thresholds: Vec<f64>,
    pub(super) overlap: OverlapLimits,
    pub(super) pyramid: Limits,
}

impl HogModel {
    /// Reads the tensors; a detector with other cells or windows than dlib's frontal one is refused.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let tensors = Tensors::read(bytes)?;
        let filters = tensors.floats("filters", &[None, Some(FEATURES), Some(SIDE), Some(SIDE)])?;
        let [detectors, _] = filters.dimensions();
        let thresholds = tensors.doubles("thresholds", &[Some(detectors)])?.values;
        let one = |name| match tensors.integers(name, &[Some(1)])?.values.as_slice() {
            &[value] => Ok(value as usize),
            _ => Err(format!("tensor '{name}' is not one number")),
        };
        let two = |name| match tensors.integers(name, &[Some(2)])?.values.as_slice() {
            &[x, y] => Ok([x as usize, y as usize]),
            _ => Err(format!("tensor '{name}' is not two numbers")),
        };
        let (cell, window, padding) = (one("cell")?, two("window")?, one("padding")?);
        if (cell, window, padding) != (CELL, [CELL * SIDE; 2], 0) {
            return Err(format!(
                "cells of {cell}, windows of {window:?} and padding of {padding} are not read"
            ));
        }
        let [least_width, least_height] = two("min_level")?;
        let &[shared, covered] = tensors.doubles("overlap", &[Some(2)])?.values.as_slice() else {
            return Err("tensor 'overlap' is not two numbers".into());
        };
        Ok(Self {
            filters: filters.values.chunks_exact(FEATURES * SIDE * SIDE).map(Filter::from_weights).collect(),
            thresholds,
            overlap: OverlapLimits { shared, covered },
            pyramid: Limits { least_width, least_height, most_levels: one("max_levels")? },
        })
    }
}
