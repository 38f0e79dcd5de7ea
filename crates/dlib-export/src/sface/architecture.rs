//! The shape of a network of SFace's kind: its layers and their sizes, without weights.

use crate::layers::ConvolutionShape;

/// Rows and columns of the convolutions that are not by 1.
const KERNEL: usize = 3;

/// The sizes in which networks of this kind differ: a stem, then pairs of a convolution of each channel by
/// itself and one by 1 across the channels, then a matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Architecture {
    /// Rows and columns of a chip.
    pub(super) side: usize,
    pub(super) stem_filters: usize,
    /// From the input up.
    pub(super) pairs: &'static [Pair],
    pub(super) embedding_size: usize,
}

/// A convolution of each channel by itself, and one across the channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Of the second one.
    pub(super) filters: usize,
    /// Whether the first one halves the picture.
    pub(super) halves: bool,
}

/// The published embedder: 27 convolutions.
pub(super) const SFACE: Architecture = Architecture {
    side: 112,
    stem_filters: 32,
    pairs: &[
        Pair { filters: 64, halves: false },
        Pair { filters: 128, halves: true },
        Pair { filters: 128, halves: false },
        Pair { filters: 256, halves: true },
        Pair { filters: 256, halves: false },
        Pair { filters: 512, halves: true },
        Pair { filters: 512, halves: false },
        Pair { filters: 512, halves: false },
        Pair { filters: 512, halves: false },
        Pair { filters: 512, halves: false },
        Pair { filters: 512, halves: false },
        Pair { filters: 1024, halves: true },
        Pair { filters: 1024, halves: false },
    ],
    embedding_size: 128,
};

/// One convolution of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LayerShape {
    /// With one input where each channel is convolved by itself.
    pub(super) convolution: ConvolutionShape,
    pub(super) depthwise: bool,
}

impl LayerShape {
    /// Into how many groups the channels are divided.
    pub(super) fn groups(self) -> usize {
        if self.depthwise { self.convolution.filters } else { 1 }
    }
}

impl Architecture {
    /// Every convolution, from the input up.
    pub(super) fn layers(&self) -> Vec<LayerShape> {
        let spatial = |filters, inputs, stride, depthwise| LayerShape {
            convolution: ConvolutionShape { filters, inputs, kernel: KERNEL, stride, padding: KERNEL / 2 },
            depthwise,
        };
        let mut layers = vec![spatial(self.stem_filters, 3, 1, false)];
        let mut channels = self.stem_filters;
        for pair in self.pairs {
            layers.push(spatial(channels, 1, if pair.halves { 2 } else { 1 }, true));
            let across = ConvolutionShape {
                filters: pair.filters,
                inputs: channels,
                kernel: 1,
                stride: 1,
                padding: 0,
            };
            layers.push(LayerShape { convolution: across, depthwise: false });
            channels = pair.filters;
        }
        layers
    }

    /// Channels of the last convolution.
    pub(super) fn channels(&self) -> usize {
        self.pairs.last().map_or(self.stem_filters, |pair| pair.filters)
    }

    /// Pixels that the last convolution leaves of each channel.
    pub(super) fn pixels(&self) -> usize {
        // The matrix after it has a column for each pixel of each channel.
        let last = self.layers().iter().fold(self.side, |side, layer| layer.convolution.output_side(side));
        last * last
    }
}
