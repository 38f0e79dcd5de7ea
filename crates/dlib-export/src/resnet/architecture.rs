//! The shape of a residual network of dlib's kind: its layers and their sizes, without weights.

use crate::layers::{ConvolutionShape, PoolShape};

/// Rows and columns of the stem's pool, and of the pool on the shortcut of a block that halves.
pub(crate) const STEM_POOL: PoolShape = PoolShape { window: 3, stride: 2 };
pub(crate) const SHORTCUT_POOL: PoolShape = PoolShape { window: 2, stride: 2 };
pub(crate) const GLOBAL_POOL: PoolShape = PoolShape { window: 0, stride: 1 };

/// The sizes in which residual networks of this kind differ. No stage has fewer filters than the one
/// before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Architecture {
    /// Rows and columns of a chip.
    pub(crate) side: usize,
    /// Averages of red, green and blue over the training pictures.
    pub(crate) averages: [f32; 3],
    pub(crate) stem_filters: usize,
    /// From the input up.
    pub(crate) stages: &'static [Stage],
    pub(crate) embedding_size: usize,
}

/// Blocks that work on pictures of one size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) filters: usize,
    /// Whether the first block halves the picture.
    pub(crate) halves: bool,
    pub(crate) blocks: usize,
}

/// The published face embedder: 29 convolutions.
pub(crate) const FACE_EMBEDDER: Architecture = Architecture {
    side: 150,
    averages: [122.782, 117.001, 104.298],
    stem_filters: 32,
    stages: &[
        Stage { filters: 32, halves: false, blocks: 3 },
        Stage { filters: 64, halves: true, blocks: 4 },
        Stage { filters: 128, halves: true, blocks: 3 },
        Stage { filters: 256, halves: true, blocks: 3 },
        Stage { filters: 256, halves: true, blocks: 1 },
    ],
    embedding_size: 128,
};

/// Two convolutions and the way around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockShape {
    pub(crate) halves: bool,
    pub(crate) first: ConvolutionShape,
    pub(crate) second: ConvolutionShape,
}

impl Architecture {
    pub(crate) fn stem(&self) -> ConvolutionShape {
        ConvolutionShape { filters: self.stem_filters, inputs: 3, kernel: 7, stride: 2, padding: 0 }
    }

    /// All blocks from the input up.
    pub(crate) fn blocks(&self) -> Vec<BlockShape> {
        let mut shapes = Vec::new();
        let mut inputs = self.stem_filters;
        for stage in self.stages {
            let filters = stage.filters;
            for index in 0..stage.blocks {
                let halves = stage.halves && index == 0;
                // dlib pads a convolution only when its stride is 1.
                let (stride, padding) = if halves { (2, 0) } else { (1, 1) };
                shapes.push(BlockShape {
                    halves,
                    first: ConvolutionShape { filters, inputs, kernel: 3, stride, padding },
                    second: ConvolutionShape { filters, inputs: filters, kernel: 3, stride: 1, padding: 1 },
                });
                inputs = filters;
            }
        }
        shapes
    }

    /// Channels that enter the fully connected layer.
    pub(crate) fn features(&self) -> usize {
        self.stages.last().map_or(self.stem_filters, |stage| stage.filters)
    }
}
