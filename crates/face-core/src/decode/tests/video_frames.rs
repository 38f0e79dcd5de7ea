//! Frames of Motion JPEG, which leave out the Huffman tables that all of them share.

use std::io::Write;

use super::*;

/// The file without those of its segments that define Huffman tables and that `goes` names, the first being 0.
fn without_tables(jpeg: &[u8], goes: impl Fn(usize) -> bool) -> Vec<u8> {
    let (mut kept, mut rest, mut seen) = (jpeg[..2].to_vec(), &jpeg[2..], 0);
    while rest[1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let is_table = rest[1] == 0xc4;
        if !(is_table && goes(seen)) {
            kept.write_all(&rest[..length]).unwrap();
        }
        seen += usize::from(is_table);
        rest = &rest[length..];
    }
    [kept, rest.to_vec()].concat()
}

fn tables_in(jpeg: &[u8]) -> usize {
    let (mut rest, mut found) = (&jpeg[2..], 0);
    while rest[1] != 0xda {
        found += usize::from(rest[1] == 0xc4);
        rest = &rest[2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]))..];
    }
    found
}

/// Colours and details enough to need many codes of all four tables.
fn detailed() -> RgbImage {
    RgbImage::from_fn(200, 120, |x, y| {
        Rgb([x * x / 7 + y * 91, x * y / 3, ((x / 9) * 60) ^ ((y / 5) * 33)].map(|v| (v % 256) as u8))
    })
}

fn jpeg(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 97).encode_image(&picture.into()).unwrap();
    bytes
}

#[test]
fn a_frame_without_tables_shows_what_the_file_with_them_does() {
    for whole in [jpeg(detailed()), jpeg(DynamicImage::from(detailed()).into_luma8())] {
        let frame = without_tables(&whole, |_| true);
        assert!(tables_in(&whole) > 0 && tables_in(&frame) == 0);
        assert_eq!(decoded(&frame).unwrap(), decoded(&whole).unwrap());
    }
}

#[test]
fn each_table_that_is_missing_is_supplied_and_those_that_are_there_count() {
    let whole = jpeg(detailed());
    assert_eq!(tables_in(&whole), 4);
    for one in 0..4 {
        assert_eq!(decoded(&without_tables(&whole, |table| table == one)).unwrap(), decoded(&whole).unwrap());
        assert_eq!(decoded(&without_tables(&whole, |table| table != one)).unwrap(), decoded(&whole).unwrap());
    }
    // The first two values of the first table the other way round: the picture is another, without any left out.
    let mut other = whole.clone();
    let first = other.windows(2).position(|pair| pair == [0xff, 0xc4]).unwrap() + 5 + 16;
    other.swap(first, first + 1);
    let others_frame = without_tables(&other, |table| table != 0);
    assert_ne!(decoded(&other).ok(), decoded(&whole).ok());
    assert_eq!(decoded(&others_frame).ok(), decoded(&other).ok());
}

#[test]
fn a_large_frame_without_tables_is_decoded_at_a_part_of_its_size_too() {
    let whole = jpeg(image::imageops::resize(&detailed(), 800, 480, image::imageops::FilterType::Triangle));
    let frame = without_tables(&whole, |_| true);
    let reduced = |bytes: &[u8]| decode_reduced(bytes, &PictureLimits::default(), 200).unwrap();
    assert_eq!(reduced(&frame).pixels.dimensions(), (200, 120));
    assert_eq!(reduced(&frame).pixels, reduced(&whole).pixels);
}

#[test]
fn planes_that_come_one_after_another_may_lack_their_tables() {
    let whole = encoded_in_planes();
    let frame = without_tables(&whole, |_| true);
    let read = |bytes: &[u8]| decoded(bytes).map_err(|error| error.to_string());
    assert_eq!(read(&frame), read(&whole));
}

#[test]
fn a_frame_that_is_cut_is_damaged_and_a_progressive_picture_gets_no_tables() {
    let frame = without_tables(&jpeg(noise()), |_| true);
    for cut in [frame.len() / 4, frame.len() / 2, frame.len() * 3 / 4] {
        assert!(matches!(decoded(&frame[..cut]), Err(PictureError::Damaged { format: "JPEG", .. })));
    }
    let progressive = without_tables(PROGRESSIVE, |_| true);
    assert!(tables_in(&progressive) < tables_in(PROGRESSIVE));
    let sent_on = Jpeg::read(&progressive).unwrap().completed(&progressive);
    assert!(matches!(sent_on, Cow::Borrowed(bytes) if bytes == progressive));
}

#[test]
fn the_completed_copy_counts_as_memory() {
    let whole = jpeg(detailed());
    let frame = without_tables(&whole, |_| true);
    let [whole, frame_memory] = [&whole, &frame].map(|bytes| Jpeg::read(bytes).unwrap().memory());
    assert_eq!(frame_memory, 2 * frame.len() as u64);
    assert!(whole < frame_memory);
}

proptest! {
    #[test]
    fn no_flipped_byte_of_a_frame_without_tables_panics_or_exceeds_the_limits(
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = without_tables(&encoded(flag(), ImageFormat::Jpeg), |_| true);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len() * 2));
        if let Ok(picture) = decoded(&bytes) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= LIMITS.max_pixels);
        }
    }
}
