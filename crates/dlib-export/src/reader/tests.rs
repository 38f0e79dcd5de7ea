//! The primitive values: what is accepted, what is refused, and where a cut is noticed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::testing::{Writer, within_memory};

/// The value that `read` finds in the whole of a file.
fn whole<T>(file: &[u8], read: impl Fn(&mut Reader<'_>) -> Result<T, ExportError>) -> Result<T, ExportError> {
    let mut reader = Reader::new(file);
    let value = read(&mut reader)?;
    reader.expect_end()?;
    Ok(value)
}

/// Every beginning of a file must be noticed as one.
fn assert_cuts_are_noticed<T>(file: &[u8], read: impl Fn(&mut Reader<'_>) -> Result<T, ExportError>) {
    for end in 0..file.len() {
        match whole(&file[..end], &read).err() {
            Some(ExportError::Truncated { offset, .. }) => assert!(offset <= end, "{offset} after {end}"),
            Some(ExportError::TooLong { remaining, .. }) => assert!(remaining < end, "{remaining} of {end}"),
            other => panic!("cut after {end} of {} bytes: {other:?}", file.len()),
        }
    }
}

#[track_caller]
fn assert_unexpected<T: std::fmt::Debug>(result: Result<T, ExportError>, at: usize, message: &str) {
    match result {
        Err(ExportError::Unexpected { offset, expected, found }) => {
            assert_eq!((offset, format!("{expected}, {found}")), (at, message.to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

fn integer(file: &[u8]) -> Result<i64, ExportError> {
    whole(file, |reader| reader.integer("a number"))
}

fn single(file: &[u8]) -> Result<f32, ExportError> {
    whole(file, |reader| reader.f32("a number"))
}

fn double(file: &[u8]) -> Result<f64, ExportError> {
    whole(file, |reader| reader.f64("a number"))
}

fn float_parts(mantissa: i64, exponent: i64) -> Vec<u8> {
    Writer::file(|file| file.integers(&[mantissa, exponent]))
}

#[test]
fn integers_are_a_control_byte_and_a_magnitude() {
    assert_eq!(integer(&[0x01, 0x00]).unwrap(), 0);
    assert_eq!(integer(&[0x01, 0x96]).unwrap(), 150);
    assert_eq!(integer(&[0x82, 0x00, 0x7d]).unwrap(), -32_000);
    assert_eq!(integer(&[0x04, 0x01, 0x00, 0x00, 0x00]).unwrap(), 1);
    assert_eq!(integer(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).unwrap(), i64::MAX);
}

#[test]
fn integers_with_an_impossible_control_byte_are_refused() {
    for control in (0..=u8::MAX).filter(|control| !matches!(control & 0x7f, 1..=8)) {
        let file = [control, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        let found = format!("the control byte of a number, 0x{control:02x}");
        assert_unexpected(Reader::new(&file).integer("a number"), 0, &found);
    }
}

#[test]
fn integers_beyond_63_bits_are_refused() {
    for control in [0x08, 0x88] {
        let file = [control, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_unexpected(integer(&file), 0, "a number of at most 63 bits, 9223372036854775808");
    }
}

#[test]
fn an_integer_cut_off_is_reported_where_it_starts() {
    let file = [0x01, 0x00, 0x04, 0x01, 0x02];
    let mut reader = Reader::new(&file);
    reader.integer("the first").unwrap();
    let error = reader.integer("the second").unwrap_err();
    assert_eq!(error.to_string(), "byte 2: the file ends where the second should be");
}

#[test]
fn sizes_are_not_negative() {
    let file = [0x81, 0x01];
    assert_unexpected(whole(&file, |reader| reader.size("a size")), 0, "a size of 0 or more, -1");
    assert_unexpected(whole(&file, |reader| reader.count(1, "a size")), 0, "a size of 0 or more, -1");
}

#[test]
fn fixed_values_must_be_there() {
    let file = [0x01, 0x03];
    assert_unexpected(
        whole(&file, |reader| reader.expect_integer(2, "the version")),
        0,
        "2 as the version, 3",
    );
    assert!(whole(&file, |reader| reader.expect_size(3, "the version")).is_ok());
}

#[test]
fn floats_are_a_mantissa_and_a_power_of_two() {
    assert_eq!(single(&[0x01, 0x03, 0x81, 0x01]).unwrap(), 1.5);
    assert_eq!(single(&float_parts(0, 5)).unwrap(), 0.0);
    assert_eq!(single(&float_parts(-1, -149)).unwrap(), -f32::from_bits(1));
    assert_eq!(single(&float_parts(0x00ff_ffff, 104)).unwrap(), f32::MAX);
    assert_eq!(double(&float_parts(1, -1074)).unwrap(), f64::from_bits(1));
    assert_eq!(double(&float_parts((1 << 53) - 1, 971)).unwrap(), f64::MAX);
    // Zeros at the end of a mantissa do not count.
    assert_eq!(single(&float_parts(1 << 62, -61)).unwrap(), 2.0);
}

#[test]
fn infinity_and_nan_are_refused() {
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let file = Writer::file(|file| file.float(value));
        assert!(matches!(single(&file), Err(ExportError::Unexpected { offset: 0, .. })), "{value}");
        assert!(matches!(double(&file), Err(ExportError::Unexpected { offset: 0, .. })), "{value}");
    }
    assert_unexpected(single(&float_parts(0, 32_002)), 0, "a number, a finite f32, 0 * 2^32002");
}

#[test]
fn floats_that_the_type_cannot_hold_are_refused() {
    let beyond_f32 = [(1 << 24) + 1, 0, 1, 128, 1, -150, 0x00ff_ffff, -150, i64::MAX, 31_999];
    let beyond_f64 = [(1 << 53) + 1, 0, 1, 1024, 1, -1075, 3, i64::MAX, 2, i64::MAX, 1, -i64::MAX];
    for parts in beyond_f32.chunks_exact(2) {
        assert!(single(&float_parts(parts[0], parts[1])).is_err(), "{parts:?}");
    }
    for parts in beyond_f64.chunks_exact(2) {
        assert!(double(&float_parts(parts[0], parts[1])).is_err(), "{parts:?}");
    }
}

#[test]
fn truth_values_are_characters() {
    let read = |file: &[u8]| whole(file, |reader| reader.boolean("a flag"));
    assert_eq!((read(b"0").unwrap(), read(b"1").unwrap()), (false, true));
    assert_unexpected(read(&[1]), 0, "'0' or '1' as a flag, 0x01");
}

#[test]
fn names_are_compared() {
    let read = |name: &str| {
        let file = Writer::file(|file| file.name(name));
        whole(&file, |reader| reader.expect_name("con_4"))
    };
    assert!(read("con_4").is_ok());
    assert_unexpected(read("con_5"), 0, "the name \"con_4\", \"con_5\"");
    assert_unexpected(read("\u{1b}[2J"), 0, "the name \"con_4\", \"\\x1b[2J\"");
    assert_unexpected(read(""), 0, "the name \"con_4\", \"\"");
    assert_unexpected(read(&"x".repeat(1000)), 0, "the name \"con_4\", a string of 1000 bytes");
}

#[test]
fn nothing_may_follow_the_last_value() {
    assert_unexpected(integer(&[0x01, 0x00, 0x00]), 2, "the end of the file, 1 more bytes");
}

#[test]
fn tensors_are_sizes_and_raw_numbers() {
    let file =
        Writer::file(|file| file.tensor([1, 2, 1, 3], &[1.0, -2.0, 3.5, 0.0, f32::MIN_POSITIVE, f32::MAX]));
    let tensor = whole(&file, |reader| reader.tensor("a tensor")).unwrap();
    assert_eq!(tensor.shape, [1, 2, 1, 3]);
    assert_eq!(tensor.values, [1.0, -2.0, 3.5, 0.0, f32::MIN_POSITIVE, f32::MAX]);
}

#[test]
fn a_tensor_with_a_number_that_is_not_finite_says_which() {
    for value in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let file = Writer::file(|file| file.tensor([1, 1, 1, 3], &[0.0, value, 0.0]));
        let result = whole(&file, |reader| reader.tensor("a tensor"));
        assert_unexpected(result, 14, "finite numbers in a tensor, infinity or NaN");
    }
}

#[test]
fn every_cut_is_noticed() {
    let file = |write: fn(&mut Writer) -> &mut Writer| Writer::file(write);
    let long = file(|file| file.integer(-0x0102_0304_0506_0708));
    assert_cuts_are_noticed(&long, |reader| reader.integer("a number"));
    let float = file(|file| file.float(-1.234_567));
    assert_cuts_are_noticed(&float, |reader| reader.f64("a number"));
    let name = file(|file| file.name("input_rgb_image_sized"));
    assert_cuts_are_noticed(&name, |reader| reader.expect_name("input_rgb_image_sized"));
    let tensor = file(|file| file.tensor([2, 1, 300, 1], &[0.5; 600]));
    assert_cuts_are_noticed(&tensor, |reader| reader.tensor("a tensor"));
}

#[test]
fn a_hostile_length_is_refused_before_anything_is_allocated_for_it() {
    for count in [40, 1 << 20, 1 << 40, i64::MAX / 4 + 2, i64::MAX] {
        let tensor = Writer::file(|file| file.integers(&[2, count, 1, 1, 1]).floats(&[0.0; 4]));
        let result = within_memory(&tensor, 0, |file| whole(file, |reader| reader.tensor("a tensor")));
        assert!(matches!(result, Err(ExportError::TooLong { offset: 2, .. })), "{count}: {result:?}");

        let name = Writer::file(|file| file.integer(count));
        let result = within_memory(&name, 0, |file| whole(file, |reader| reader.expect_name("con_4")));
        assert!(matches!(result, Err(ExportError::TooLong { offset: 0, .. })), "{count}: {result:?}");
    }
    // Sizes whose product leaves 64 bits, and one that comes back to 0 if it wraps.
    for sizes in [[1 << 33, 1 << 33, 1, 1], [1 << 32, 1 << 32, 1, 1], [i64::MAX; 4]] {
        let file = Writer::file(|file| file.integer(2).integers(&sizes));
        let result = within_memory(&file, 0, |file| whole(file, |reader| reader.tensor("a tensor")));
        assert!(matches!(result, Err(ExportError::TooLong { .. })), "{sizes:?}: {result:?}");
    }
}

// The sign of a zero is the one thing that the format does not keep.
proptest! {
    #[test]
    fn every_integer_is_read_back(value in -i64::MAX..=i64::MAX) {
        prop_assert_eq!(integer(&Writer::file(|file| file.integer(value))).unwrap(), value);
    }

    #[test]
    fn every_finite_float_is_read_back_bit_for_bit(bits: u32) {
        let value = f32::from_bits(bits);
        prop_assume!(value.is_finite() && bits != (-0.0_f32).to_bits());
        let read = single(&Writer::file(|file| file.float(f64::from(value)))).unwrap();
        prop_assert_eq!(read.to_bits(), bits);
    }

    #[test]
    fn every_finite_double_is_read_back_bit_for_bit(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite() && bits != (-0.0_f64).to_bits());
        let read = double(&Writer::file(|file| file.float(value))).unwrap();
        prop_assert_eq!(read.to_bits(), bits);
    }

    #[test]
    fn any_bytes_are_read_or_refused(file in vec(any::<u8>(), 0..64)) {
        within_memory(&file, 2, |file| {
            drop(integer(file));
            drop(single(file));
            drop(double(file));
            drop(whole(file, |reader| reader.tensor("a tensor")));
            drop(whole(file, |reader| reader.expect_name("con_4")));
            drop(whole(file, |reader| reader.boolean("a flag")));
        });
    }
}
