//! What a JPEG file says of itself, read before the decoder is let at it.
//!
//! The decoder completes a file that was cut short with grey, knows no limit to the work that scans
//! make, and calls files damaged that are merely of a rare kind. Markers: ITU-T T.81, annex B.

use std::borrow::Cow;

use image::RgbImage;

use super::format::{Format, recognise};
use super::huffman::{self, Tables};
use crate::PictureError;

/// Most scans a progressive picture may have. Encoders write up to about twenty, and each costs a pass
/// over all blocks, so that a small file with thousands of them would take minutes.
const MAX_SCANS: usize = 32;

/// Start-of-frame marker of progressive pictures.
const PROGRESSIVE: u8 = 0xc2;

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// The value of all pixels that the decoder found no data for.
const FILLING: u8 = 128;

/// A JPEG file of a kind that is decoded here, and not with more work than a good one.
#[derive(Debug)]
pub(super) struct Jpeg<'a> {
    frame: Frame,
    /// From the first scan on.
    coded: &'a [u8],
    file_length: u64,
    /// Tables that the scans need and that the file leaves out.
    left_out: Tables,
}

/// The start-of-frame segment.
#[derive(Debug, Clone, Copy)]
struct Frame {
    marker: u8,
    precision: u8,
    width: u64,
    height: u64,
    components: u8,
    /// Blocks of all components in the smallest unit that is coded together.
    blocks_a_unit: u64,
    /// Largest sampling factors: the unit's size in blocks.
    unit: [u64; 2],
    /// Whether the first scan holds all components, so that rows come out one after another.
    row_by_row: bool,
}

impl<'a> Jpeg<'a> {
    /// Reads the segments up to the first scan.
    ///
    /// # Errors
    /// [`PictureError::UnsupportedVariant`] for what the decoder does not know or would work on for
    /// minutes, [`PictureError::Damaged`] when there is no picture inside, or not all of it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, PictureError> {
        let format = recognise(bytes)?;
        let Segments { frame, coded, tables } =
            segments(bytes).ok_or_else(|| format.damaged("there is no picture inside"))?;
        frame.check(format)?;
        let left_out =
            if frame.marker == PROGRESSIVE { Tables::NONE } else { needed(frame, coded).without(tables) };
        let jpeg = Self { frame, coded, file_length: bytes.len() as u64, left_out };
        if !frame.row_by_row {
            let scans = coded.windows(2).filter(|pair| *pair == [0xff, START_OF_SCAN]);
            // Counted no further than it takes to refuse: such markers can fill a whole file.
            if scans.take(MAX_SCANS + 1).count() > frame.most_scans() {
                return Err(format.unsupported("too many scans"));
            }
            // Each scan covers the whole picture, so what is missing shows in no row of its own.
            if !jpeg.is_ended() {
                return Err(format.damaged("it ends before its end marker"));
            }
        }
        Ok(jpeg)
    }

    /// The file as the decoders want it. Frames of a video leave out the tables that all of them share (Motion
    /// JPEG), so those of annex K stand in for what a sequential picture lacks at its first scan, as libjpeg-turbo
    /// has it; a progressive one has no such tables.
    pub(super) fn completed(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.left_out == Tables::NONE {
            return Cow::Borrowed(bytes);
        }
        // `coded` is the tail of these bytes. Tables may stand right before any scan (T.81, B.2.1).
        let before_scan = bytes.len().saturating_sub(self.coded.len());
        let (head, scans) = bytes.split_at_checked(before_scan).unwrap_or((bytes, &[]));
        Cow::Owned([head, &huffman::segment(self.left_out), scans].concat())
    }

    /// Bytes that the decoder holds beside its output: the file, its completed copy where there is one, and every
    /// coefficient unless rows come out one after another.
    pub(super) fn memory(&self) -> u64 {
        let Frame { width, height, unit: [across, down], blocks_a_unit, .. } = self.frame;
        // Every scan goes over the whole picture, so all coefficients, of 16 bits, are held to the end.
        let units = width.div_ceil(8 * across) * height.div_ceil(8 * down);
        let coefficients = units * blocks_a_unit * 64 * size_of::<i16>() as u64;
        // `image` reads the file into a buffer of its own before it decodes.
        let files = if self.left_out == Tables::NONE { 1 } else { 2 };
        files * self.file_length + if self.frame.row_by_row { 0 } else { coefficients }
    }

    /// Width and height of a sequential picture of three colours in one scan, whose rows come out one after another
    /// and whose end is there; `None` for any other.
    pub(super) fn plain_size(&self) -> Option<(u16, u16)> {
        let Frame { marker, width, height, components, row_by_row, .. } = self.frame;
        let plain = marker < PROGRESSIVE && components == 3 && row_by_row && self.ends_after_one_scan();
        if plain { Some((width.try_into().ok()?, height.try_into().ok()?)) } else { None }
    }

    /// Whether rows are missing from the decoded picture. A file whose end marker alone was lost shows
    /// all of its rows, and so do browsers.
    pub(super) fn cut_short(&self, decoded: &RgbImage) -> bool {
        // Rows are decoded in order, so that the ones without data are the last.
        let last_row = decoded.as_raw().rchunks(3 * decoded.width().max(1) as usize).next();
        !self.is_ended() && last_row.is_some_and(|row| row.iter().all(|&value| value == FILLING))
    }

    /// Whether the end marker comes before any other scan. The decoder that reduces would go over the whole picture
    /// again for each, and a scan of nothing takes 14 bytes; the other one stops at the second.
    fn ends_after_one_scan(&self) -> bool {
        let mut pairs = self.coded.windows(2).skip(1); // it starts with its own marker
        pairs.find(|pair| matches!(pair, [0xff, START_OF_SCAN | END_OF_IMAGE])) == Some(&[0xff, END_OF_IMAGE])
    }

    /// In coded data 0xFF is always followed by 0 or a restart marker, so the end marker occurs only
    /// where it means the end. It is looked for from the back, where it is.
    fn is_ended(&self) -> bool {
        self.coded.windows(2).rev().any(|pair| pair == [0xff, END_OF_IMAGE])
    }
}

impl Frame {
    fn check(&self, format: Format) -> Result<(), PictureError> {
        // Kinds of frame by T.81, table B.1; 0xF7 is JPEG-LS (T.87).
        let reason = match self.marker {
            0xc0..=PROGRESSIVE if self.precision == 8 => return Ok(()),
            0xc0..=PROGRESSIVE => "more than 8 bits a sample",
            0xc9..=0xcb | 0xcd..=0xcf => "arithmetic coding",
            0xc3 | 0xf7 => "lossless coding",
            _ => "hierarchical coding",
        };
        Err(format.unsupported(reason))
    }

    /// A sequential picture has at most one scan a component.
    fn most_scans(&self) -> usize {
        if self.marker == PROGRESSIVE { MAX_SCANS } else { usize::from(self.components) }
    }

    /// Reads the content of a start-of-frame segment.
    fn read(marker: u8, content: &[u8]) -> Option<Self> {
        let (&[precision, h1, h0, w1, w0, components], samplings) = content.split_first_chunk()?;
        let (samplings, _) = samplings.get(..3 * usize::from(components))?.as_chunks::<3>();
        let factors = samplings.iter().map(|&[_, factors, _]| [factors >> 4, factors & 15].map(u64::from));
        // At least 1, because the memory count divides by it; a factor of 0 is left to the decoder to refuse.
        let largest = |axis: fn([u64; 2]) -> u64| factors.clone().map(axis).max().unwrap_or(1).max(1);
        Some(Self {
            marker,
            precision,
            width: u64::from(u16::from_be_bytes([w1, w0])),
            height: u64::from(u16::from_be_bytes([h1, h0])),
            components,
            blocks_a_unit: factors.clone().map(|[across, down]| across * down).sum(),
            unit: [largest(|[across, _]| across), largest(|[_, down]| down)],
            // The frame does not tell; the header of the first scan does.
            row_by_row: false,
        })
    }
}

/// What lies before the first scan, and the file from there on.
struct Segments<'a> {
    frame: Frame,
    coded: &'a [u8],
    /// The tables that are defined by then.
    tables: Tables,
}

/// `None` when there is no frame or no scan.
fn segments(bytes: &[u8]) -> Option<Segments<'_>> {
    let mut frame = None;
    let mut tables = Tables::NONE;
    let mut rest = bytes;
    loop {
        let (before, after) = rest.split_at_checked(rest.iter().position(|&byte| byte == 0xff)? + 1)?;
        let (&marker, content) = after.split_first()?;
        match marker {
            // No marker, padding, or one without content.
            0 | 0x01 | 0xd0..=0xd8 => rest = content,
            // Any number of 0xFF may stand before a marker (B.1.1.2), and the last of them belongs to it.
            0xff => rest = after,
            END_OF_IMAGE => return None,
            _ => {
                let (&length, _) = content.split_first_chunk::<2>()?;
                let (segment, following) =
                    content.split_at_checked(usize::from(u16::from_be_bytes(length)))?;
                let segment = segment.get(2..)?;
                match marker {
                    huffman::MARKER => tables = tables.and(huffman::defined(segment)),
                    // Numbered among the frames but none: reserved, and the settings of arithmetic coding.
                    0xc8 | 0xcc => {}
                    0xc0..=0xcf | 0xf7 => frame = Some(Frame::read(marker, segment)?),
                    START_OF_SCAN => {
                        let mut frame: Frame = frame?;
                        frame.row_by_row =
                            frame.marker != PROGRESSIVE && *segment.first()? == frame.components;
                        // With its marker, so that this scan is counted too and tables can be put before it.
                        let coded = rest.get(before.len() - 1..)?;
                        return Some(Segments { frame, coded, tables });
                    }
                    _ => {}
                }
                // Stepped over as a whole: a thumbnail in a segment has frames and scans of its own.
                rest = following;
            }
        }
    }
}

/// The tables that a sequential picture needs: those that its scan names, and any where there may be more scans.
fn needed(frame: Frame, coded: &[u8]) -> Tables {
    // Marker, length, number of components; of each component its id and its two tables.
    let named = coded.get(5..5 + 2 * usize::from(frame.components));
    match named.filter(|_| frame.row_by_row) {
        Some(named) => named.chunks_exact(2).filter_map(|component| component.last()).fold(
            Tables::NONE,
            |tables, &named| {
                tables.and(Tables::from_number(named >> 4)).and(Tables::from_number(huffman::AC | named & 15))
            },
        ),
        None => Tables::TYPICAL,
    }
}
