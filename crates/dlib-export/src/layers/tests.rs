//! Layers are exactly the ones expected: whatever is fixed in them is compared.

use super::*;
use crate::testing::Writer;

/// A convolution of 2 filters on 1 channel: 2 * 1 * 3 * 3 weights, 2 biases.
const CONVOLUTION: ConvolutionShape =
    ConvolutionShape { filters: 2, inputs: 1, kernel: 3, stride: 2, padding: 1 };

/// A part of a layer: whether the network fixes its bytes, and the bytes.
type Piece = (bool, Vec<u8>);

fn fixed(write: impl FnOnce(&mut Writer) -> &mut Writer) -> Piece {
    (true, Writer::file(write))
}

/// The parameters of a layer: a tensor of that many ones.
fn ones(count: usize) -> [Piece; 2] {
    let header = fixed(|file| file.tensor([count, 1, 1, 1], &[]));
    [header, (false, 1.0_f32.to_le_bytes().repeat(count))]
}

fn multipliers() -> Piece {
    (false, Writer::file(|file| file.floats(&[1.0, 1.0, 1.0, 0.0])))
}

/// The layer as it is can be read; with any one of its fixed bytes increased it cannot.
#[track_caller]
fn assert_compared<T>(layer: &[Piece], read: impl Fn(&mut Reader<'_>) -> Result<T, ExportError>) {
    let whole = |pieces: &[Piece]| {
        let file: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes).copied().collect();
        let mut reader = Reader::new(&file);
        read(&mut reader).and_then(|layer| reader.expect_end().map(|()| layer))
    };
    if let Err(error) = whole(layer) {
        panic!("{error}");
    }
    for (index, (_, bytes)) in layer.iter().enumerate().filter(|(_, (is_fixed, _))| *is_fixed) {
        for position in 0..bytes.len() {
            let mut changed = layer.to_vec();
            let byte = &mut changed[index].1[position];
            *byte = byte.wrapping_add(1);
            assert!(whole(&changed).is_err(), "byte {position} of piece {index}");
        }
    }
}

#[test]
fn a_convolution_is_compared() {
    let [header, values] = ones(20);
    let rest = fixed(|file| {
        file.integers(&[2, 3, 3, 2, 2, 1, 1]);
        file.integers(&[1, 2, 1, 3, 3]).integers(&[1, 1, 2, 1, 1])
    });
    let layer = [fixed(|file| file.name("con_4")), header, values, rest, multipliers()];
    assert_compared(&layer, |reader| Convolution::read(reader, CONVOLUTION));
}

#[test]
fn an_affine_layer_is_compared() {
    let [header, values] = ones(4);
    let rest = fixed(|file| file.integers(&[1, 1, 2, 1, 1]).integers(&[1, 1, 2, 1, 1]).integer(0));
    let layer = [fixed(|file| file.name("affine_")), header, values, rest];
    assert_compared(&layer, |reader| Affine::read(reader, 2));
}

/// A batch normalisation of 2 channels.
fn batch_norm() -> Vec<Piece> {
    let name = fixed(|file| file.name("bn_con2"));
    let [header, values] = ones(4);
    let rest = fixed(|file| file.integers(&[1, 1, 2, 1, 1]).integers(&[1, 1, 2, 1, 1]));
    let batch = (false, Writer::file(|file| file.tensor([0; 4], &[]).tensor([0; 4], &[])));
    let [mean_header, means] = ones(2);
    let [variance_header, variances] = ones(2);
    let end = (false, Writer::file(|file| file.integers(&[100, 100]).floats(&[1.0; 4]).float(3.0)));
    vec![name, header, values, rest, batch, mean_header, means, variance_header, variances, end]
}

#[test]
fn a_batch_normalisation_is_compared() {
    assert_compared(&batch_norm(), |reader| read_batch_norm(reader, 2));
}

#[test]
fn a_batch_normalisation_becomes_the_scaling_it_amounts_to() {
    let file: Vec<u8> = batch_norm().into_iter().flat_map(|(_, bytes)| bytes).collect();
    let scaling = read_batch_norm(&mut Reader::new(&file), 2).unwrap();
    // (x - 1) / sqrt(1 + 3) + 1
    assert_eq!(scaling, Affine { gamma: vec![0.5; 2], beta: vec![0.5; 2] });
}

#[test]
fn a_fully_connected_layer_is_compared() {
    let [header, values] = ones(6);
    let sizes = fixed(|file| file.name("fc_2").integers(&[2, 3]));
    let rest = fixed(|file| file.integers(&[1, 3, 2, 1, 1]).integers(&[1, 0, 0, 0, 0]).integer(1));
    let layer = [sizes, header, values, rest, multipliers()];
    assert_compared(&layer, |reader| Dense::read(reader, 3, 2));
}

#[test]
fn pools_are_compared() {
    let shape = PoolShape { window: 3, stride: 2 };
    for (pool, name) in [(Pool::Max, "max_pool_2"), (Pool::Average, "avg_pool_2")] {
        let layer = [fixed(|file| file.name(name).integers(&[3, 3, 2, 2, 0, 0]))];
        assert_compared(&layer, |reader| pool.expect(reader, shape));
    }
}

#[test]
fn the_input_is_compared() {
    let averages = [122.782, 117.001, 104.298];
    let layer = [fixed(|file| file.name("input_rgb_image_sized").floats(&averages).integers(&[150, 150]))];
    assert_compared(&layer, |reader| expect_rgb_input(reader, averages, 150));
}

#[test]
fn the_input_of_a_pyramid_is_compared() {
    let averages = [122.782, 117.001, 104.298];
    let layer = [fixed(|file| file.name("input_rgb_image_pyramid").floats(&averages))];
    assert_compared(&layer, |reader| expect_pyramid_input(reader, averages));
}

#[test]
fn layers_of_a_name_alone_are_compared() {
    assert_compared(&[fixed(|file| file.name("relu_"))], expect_relu);
    assert_compared(&[fixed(|file| file.name("add_prev_"))], expect_add);
}

#[test]
fn the_state_of_training_is_passed_over() {
    let state = Writer::file(|file| {
        file.boolean(true).boolean(false).boolean(true);
        file.tensor([0; 4], &[]).tensor([2, 1, 1, 1], &[1.0, 2.0]).tensor([1, 1, 1, 1], &[3.0])
    });
    let mut reader = Reader::new(&state);
    skip_state(&mut reader).unwrap();
    reader.expect_end().unwrap();
}

#[test]
fn sides_follow_window_stride_and_padding() {
    assert_eq!(CONVOLUTION.output_side(5), 3);
    assert_eq!(ConvolutionShape { padding: 0, ..CONVOLUTION }.output_side(8), 3);
    assert_eq!(PoolShape { window: 2, stride: 2 }.output_side(8), 4);
    assert_eq!(PoolShape { window: 3, stride: 2 }.output_side(72), 35);
}
