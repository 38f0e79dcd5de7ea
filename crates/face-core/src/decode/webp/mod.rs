//! How much memory the decoder of a WebP file holds beside its output, from the file's chunks.
//!
//! Container format: "WebP Container Specification" (RFC 9649, section 2).

mod tables;

/// Flag of the extended header for an animation.
const ANIMATION: u8 = 0x02;

/// Bytes before the first frame's own chunks: its place, size, duration and flags.
const FRAME_HEADER: usize = 16;

/// Bytes held beside the decoder's output. Counting stops where they exceed `limit`.
pub(super) fn memory(bytes: &[u8], width: u32, height: u32, limit: u64) -> u64 {
    // Chunks follow `RIFF`, the length of the file and `WEBP`.
    let file = Chunks(bytes.get(12..).unwrap_or_default());
    let mut held = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(bytes_per_pixel(file));
    let mut frames = 0;
    for (name, payload) in file {
        let left = limit.saturating_sub(held);
        // Later frames are never decoded. Of repeated other chunks any one may be, so each of them counts.
        if &name == b"ANMF" && frames == 0 {
            frames += 1;
            held += frame(payload, left);
        } else {
            held += stream(&name, payload, width, height, left);
        }
    }
    held
}

/// Of a plain lossy file the YUV planes (1.5), of a plain lossless one the ARGB pixels (4) and what its
/// transforms need (1); of one with an alpha channel both and the alpha plane; of an animation the
/// canvas and the frame as well.
fn bytes_per_pixel(mut file: Chunks<'_>) -> u64 {
    match file.next() {
        Some((name, payload)) if &name == b"VP8X" => {
            let animated = payload.first().is_some_and(|flags| flags & ANIMATION != 0);
            if animated { 16 } else { 8 }
        }
        Some((name, _)) if &name == b"VP8 " => 2,
        Some(_) | None => 5,
    }
}

/// The first frame of an animation, which is the one that is decoded.
fn frame(payload: &[u8], limit: u64) -> u64 {
    let Some((header, chunks)) = payload.split_at_checked(FRAME_HEADER) else { return 0 };
    // Sides are stored in 24 bits, less one.
    let side = |at: usize| match header.get(at..at + 3) {
        Some(&[a, b, c]) => u32::from_le_bytes([a, b, c, 0]) + 1,
        Some(_) | None => 1,
    };
    let (width, height) = (side(6), side(9));
    // A frame is its alpha plane, where it has one, and its pixels.
    Chunks(chunks).take(2).map(|(name, payload)| stream(&name, payload, width, height, limit)).sum()
}

/// A chunk of losslessly coded pixels, or of an alpha plane that is coded in the same way.
fn stream(name: &[u8; 4], payload: &[u8], width: u32, height: u32, limit: u64) -> u64 {
    match (name, payload) {
        (b"VP8L", _) => tables::memory(payload, None, limit),
        // The two lowest bits say how the plane is coded: 0 as it is, 1 as a lossless stream.
        (b"ALPH", [flags, stream @ ..]) if flags & 3 == 1 => {
            tables::memory(stream, Some((width, height)), limit)
        }
        _ => 0,
    }
}

/// Name and content of each chunk; the last one may be cut short.
#[derive(Clone, Copy)]
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&name, rest) = self.0.split_first_chunk::<4>()?;
        let (&length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(length) as usize;
        // RIFF pads a chunk of odd length with one byte that its length leaves out.
        self.0 = rest.get(length.saturating_add(length & 1)..).unwrap_or_default();
        Some((name, rest.get(..length).unwrap_or(rest)))
    }
}
