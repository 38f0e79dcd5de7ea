//! The input layer: how pixels become numbers.

use crate::error::ExportError;
use crate::reader::Reader;

/// An `input_rgb_image_sized` layer of that side, which must subtract the given averages of red,
/// green and blue (dlib then divides by 256). They are checked because the caller of the exported
/// network does this step.
pub(crate) fn expect_rgb_input(
    reader: &mut Reader<'_>,
    averages: [f32; 3],
    side: usize,
) -> Result<(), ExportError> {
    reader.expect_name("input_rgb_image_sized")?;
    expect_averages(reader, averages)?;
    reader.expect_size(side, "the rows of the input")?;
    reader.expect_size(side, "the columns of the input")
}

/// An `input_rgb_image_pyramid` layer, likewise. In this first version of it, the distances between
/// the pictures of the pyramid are not in the file.
pub(crate) fn expect_pyramid_input(reader: &mut Reader<'_>, averages: [f32; 3]) -> Result<(), ExportError> {
    reader.expect_name("input_rgb_image_pyramid")?;
    expect_averages(reader, averages)
}

fn expect_averages(reader: &mut Reader<'_>, averages: [f32; 3]) -> Result<(), ExportError> {
    for average in averages {
        let offset = reader.offset();
        let found = reader.f32("the average of a colour")?;
        // Equal bit by bit: the numbers are read exactly, and the caller normalises with these very
        // constants.
        if found != average {
            return Err(ExportError::unexpected(
                offset,
                format!("{average} as the average of a colour"),
                found,
            ));
        }
    }
    Ok(())
}
