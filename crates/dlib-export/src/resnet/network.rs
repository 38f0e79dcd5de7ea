//! The layers of the embedder in the order of the file.
//!
//! dlib nests its layer types, so a file first has the versions of the wrappers around all layers,
//! from the output down to the input, and then the contents of the layers, from the input up.

use crate::error::ExportError;
use crate::layers::{
    Affine, Convolution, ConvolutionShape, Dense, FIRST_LAYER, LAYER, Pool, expect_add, expect_relu,
    expect_rgb_input, skip_state,
};
use crate::reader::Reader;

use super::architecture::{Architecture, BlockShape, GLOBAL_POOL, SHORTCUT_POOL, STEM_POOL};

/// Version of the wrapper of a tag or a skip.
const TAG: i64 = 1;

/// The network, with every affine layer folded into the convolution before it.
#[derive(Debug, PartialEq)]
pub(super) struct ResNet {
    pub(super) stem: Convolution,
    pub(super) blocks: Vec<Block>,
    pub(super) embedding: Dense,
}

/// `relu(second(relu(first(x))) + shortcut(x))`, where the shortcut of a block that halves the
/// picture is an average pool, and `x` itself otherwise.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    pub(super) halves: bool,
    pub(super) first: Convolution,
    pub(super) second: Convolution,
}

impl ResNet {
    pub(super) fn read(reader: &mut Reader<'_>, architecture: &Architecture) -> Result<Self, ExportError> {
        let block_shapes = architecture.blocks();
        expect_loss(reader)?;
        // Tags and skips show in these versions alone: the contents of the layers do not say where a block
        // begins.
        for version in wrapper_versions(&block_shapes) {
            reader.expect_integer(version, "the version of a layer's wrapper")?;
        }

        expect_rgb_input(reader, architecture.averages, architecture.side)?;
        let stem = Convolution::read(reader, architecture.stem())?;
        skip_state(reader)?;
        reader.expect_integer(1, "the sample expansion factor")?;
        let stem = with_affine(reader, stem)?;
        relu(reader)?;
        Pool::Max.expect(reader, STEM_POOL)?;
        skip_state(reader)?;

        let blocks =
            block_shapes.iter().map(|&shape| Block::read(reader, shape)).collect::<Result<Vec<_>, _>>()?;

        Pool::Average.expect(reader, GLOBAL_POOL)?;
        skip_state(reader)?;
        let embedding = Dense::read(reader, architecture.features(), architecture.embedding_size)?;
        skip_state(reader)?;
        Ok(Self { stem, blocks, embedding })
    }
}

impl Block {
    fn read(reader: &mut Reader<'_>, shape: BlockShape) -> Result<Self, ExportError> {
        let first = folded(reader, shape.first)?;
        relu(reader)?;
        let second = folded(reader, shape.second)?;
        // In dlib's nested types the pool of the shortcut lies above the two convolutions, although it
        // works on their input.
        if shape.halves {
            Pool::Average.expect(reader, SHORTCUT_POOL)?;
            skip_state(reader)?;
        }
        expect_add(reader)?;
        skip_state(reader)?;
        relu(reader)?;
        Ok(Self { halves: shape.halves, first, second })
    }
}

/// The training loss, which ends at the embedding: its margin and distance threshold are not used.
fn expect_loss(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    reader.expect_integer(1, "the version of a loss layer's wrapper")?;
    reader.expect_name("loss_metric_2")?;
    reader.f32("the margin of the loss")?;
    reader.f32("the distance threshold of the loss")?;
    Ok(())
}

/// From the output down.
fn wrapper_versions(blocks: &[BlockShape]) -> Vec<i64> {
    // The fully connected layer and the global pool.
    let mut versions = vec![LAYER, LAYER];
    for block in blocks.iter().rev() {
        // Relu and add.
        versions.extend([LAYER, LAYER]);
        if block.halves {
            // The shortcut: pool, skip, and the tag that ends the two convolutions.
            versions.extend([LAYER, TAG, TAG]);
        }
        // Affine, convolution, relu, affine, convolution, and the tag at the entry of the block.
        versions.extend([LAYER, LAYER, LAYER, LAYER, LAYER, TAG]);
    }
    // Max pool, relu, affine, convolution.
    versions.extend([LAYER, LAYER, LAYER, FIRST_LAYER]);
    versions
}

fn folded(reader: &mut Reader<'_>, shape: ConvolutionShape) -> Result<Convolution, ExportError> {
    let convolution = Convolution::read(reader, shape)?;
    skip_state(reader)?;
    with_affine(reader, convolution)
}

/// Folds the affine layer that comes next into the convolution before it.
fn with_affine(reader: &mut Reader<'_>, convolution: Convolution) -> Result<Convolution, ExportError> {
    let offset = reader.offset();
    let affine = Affine::read(reader, convolution.shape.filters)?;
    let folded = convolution.followed_by(&affine, offset)?;
    skip_state(reader)?;
    Ok(folded)
}

fn relu(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    expect_relu(reader)?;
    skip_state(reader)
}
