//! The embedder as an ONNX graph.
//!
//! dlib adds tensors of different sizes by filling the smaller one with zeros: the shortcut lacks
//! channels where the filters double, and the main path lacks a row and a column where an odd
//! remainder is lost. Both are written as convolutions by 1, so that every operator between the first
//! convolution and the global pool has a kernel in the blocked layout of ONNX Runtime's convolutions,
//! and each sum is fused into one.

use prost::Message;

use super::architecture::{Architecture, SHORTCUT_POOL, STEM_POOL};
use super::network::{Block, ResNet};
use crate::layers::Convolution;
use crate::onnx::GraphBuilder;
use crate::onnx::proto::Dimension;

const INPUT: &str = "chips";
const OUTPUT: &str = "embeddings";

/// The bytes of the model.
pub(super) fn model(network: &ResNet, architecture: &Architecture) -> Vec<u8> {
    let mut graph = GraphBuilder::default();
    let stem = graph.convolution(INPUT, "stem", &network.stem);
    let stem = graph.apply("Relu", &[&stem], "stem.relu");
    let mut features = Features {
        tensor: graph.max_pool(&stem, "stem.pool", STEM_POOL),
        side: STEM_POOL.output_side(network.stem.shape.output_side(architecture.side)),
    };
    for (index, block) in network.blocks.iter().enumerate() {
        features = add_block(&mut graph, block, &features, &format!("block{}", index + 1));
    }
    let pooled = graph.apply("GlobalAveragePool", &[&features.tensor], "pool");
    let flat = graph.apply("Flatten", &[&pooled], "flat");
    let dense = &network.embedding;
    // As it lies in the file: dlib multiplies a row vector by it, which is what `MatMul` does, so nothing
    // is transposed.
    let matrix = graph.floats("embedding.weight".to_owned(), &[dense.inputs, dense.outputs], &dense.weights);
    graph.apply("MatMul", &[&flat, &matrix], OUTPUT);

    let batch = || Dimension::named("batch");
    let input = vec![batch(), Dimension::fixed(3), side(architecture.side), side(architecture.side)];
    let output = vec![batch(), side(architecture.embedding_size)];
    graph.build("face-embedder", (INPUT, input), (OUTPUT, output)).encode_to_vec()
}

/// What one block hands to the next.
struct Features {
    tensor: String,
    /// Rows and columns.
    side: usize,
}

fn add_block(graph: &mut GraphBuilder, block: &Block, input: &Features, name: &str) -> Features {
    let first = graph.convolution(&input.tensor, &format!("{name}.first"), &block.first);
    let first = graph.apply("Relu", &[&first], &format!("{name}.first.relu"));
    let main = graph.convolution(&first, &format!("{name}.second"), &block.second);
    let main_side = block.second.shape.output_side(block.first.shape.output_side(input.side));

    let shortcut = add_shortcut(graph, block, input, name);
    // With padding 0 the convolution of stride 2 loses the last row and column of an even picture, the pool
    // does not. dlib fills them with zeros in the sum.
    let main = if shortcut.side > main_side {
        graph.pad_bottom_right(&main, &format!("{name}.padded"), block.second.shape.filters)
    } else {
        main
    };
    let sum = graph.apply("Add", &[&main, &shortcut.tensor], &format!("{name}.sum"));
    Features { tensor: graph.apply("Relu", &[&sum], &format!("{name}.relu")), side: shortcut.side }
}

/// The input of the block, halved and widened to fit what its convolutions make of it.
fn add_shortcut(graph: &mut GraphBuilder, block: &Block, input: &Features, name: &str) -> Features {
    if !block.halves {
        return Features { tensor: input.tensor.clone(), side: input.side };
    }
    let pooled = graph.average_pool(&input.tensor, &format!("{name}.shortcut"), SHORTCUT_POOL);
    let (inputs, filters) = (block.first.shape.inputs, block.second.shape.filters);
    let tensor = if filters > inputs {
        graph.convolution(&pooled, &format!("{name}.widened"), &Convolution::widening(inputs, filters))
    } else {
        pooled
    };
    Features { tensor, side: SHORTCUT_POOL.output_side(input.side) }
}

fn side(size: usize) -> Dimension {
    Dimension::fixed(i64::try_from(size).unwrap_or(i64::MAX))
}
