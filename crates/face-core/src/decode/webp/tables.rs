//! The code tables of a lossless WebP stream, counted without decoding its pixels.
//!
//! A stream may name up to 65,536 groups of five prefix codes, and the decoder makes tables of them all
//! before it writes a pixel: four megabytes of codes become 1.3 GB, for a picture of any size. So the
//! stream is read up to there first. Only the largest group number counts, and copies of pixels repeat
//! what was there before, so that no pixel need be kept.
//!
//! Bitstream: "WebP Lossless Bitstream Specification" (RFC 9649, section 3).

/// Symbols of the green code before those of the colour cache, then of red, blue, alpha and distance.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];

/// The order in which the lengths of the code for lengths are written.
const LENGTH_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Code lengths up to which the decoder looks symbols up in a table; beyond, it walks a tree.
// `MAX_TABLE_BITS` of image-webp 0.2.
const TABLE_BITS: usize = 10;

/// Bytes that the decoder's tables take, an upper bound. Counting stops where they exceed `limit`. An
/// alpha plane has no header of its own, so its size is given.
pub(super) fn memory(stream: &[u8], size: Option<(u32, u32)>, limit: u64) -> u64 {
    let mut counted = 0;
    // What cannot be read ends the decoder's reading at the same place.
    let _ = count(&mut Bits { bytes: stream, at: 0 }, size, limit, &mut counted);
    counted
}

fn count(bits: &mut Bits<'_>, size: Option<(u32, u32)>, limit: u64, counted: &mut u64) -> Option<()> {
    let (mut width, height) = match size {
        Some(size) => size,
        None => {
            // The signature 0x2F, both sides less one, a flag for alpha and three bits of version.
            bits.take(8)?;
            let size = (bits.take(14)? + 1, bits.take(14)? + 1);
            bits.take(4)?;
            size
        }
    };
    while bits.take(1)? == 1 {
        match bits.take(2)? {
            // Predictor and colour transform have a value for each block; subtracting green needs no data.
            0 | 1 => {
                blocks(bits, width, height)?;
            }
            2 => {}
            // A palette: with up to 16 colours several pixels share one, which narrows all that follows.
            _ => {
                let colours = bits.take(8)? + 1;
                largest_value(bits, colours, 1)?;
                width = match colours {
                    0..=2 => width.div_ceil(8),
                    3..=4 => width.div_ceil(4),
                    5..=16 => width.div_ceil(2),
                    _ => width,
                };
            }
        }
    }
    let cache = cache(bits)?;
    let groups = if bits.take(1)? == 1 { blocks(bits, width, height)? + 1 } else { 1 };
    for _ in 0..groups {
        for code in codes(cache) {
            *counted += Code::read(bits, code)?.memory();
        }
        if *counted > limit {
            return None;
        }
    }
    Some(())
}

/// Reads a small picture of one value a block of the large one, and gives its largest value.
fn blocks(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<u32> {
    let block = 1 << (bits.take(3)? + 2);
    largest_value(bits, width.div_ceil(block), height.div_ceil(block))
}

/// Reads a picture that holds numbers, red for the high byte and green for the low one.
fn largest_value(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<u32> {
    let cache = cache(bits)?;
    let mut read = codes(cache).map(|alphabet| Code::read(bits, alphabet));
    let [green, red, blue, alpha, distance] =
        [read.next()??, read.next()??, read.next()??, read.next()??, read.next()??];
    drop(read);
    let mut left = u64::from(width) * u64::from(height);
    let mut largest = 0;
    while left > 0 {
        let symbol = green.symbol(bits)?;
        let pixels = match symbol {
            0..=255 => {
                largest = largest.max(red.symbol(bits)? << 8 | symbol);
                // Read only to get to the next symbol: numbers of groups are in red and green.
                blue.symbol(bits)?;
                alpha.symbol(bits)?;
                1
            }
            256..=279 => {
                let pixels = prefixed(bits, symbol - 256)?;
                let symbol = distance.symbol(bits)?;
                prefixed(bits, symbol)?;
                pixels
            }
            _ => 1,
        };
        left = left.checked_sub(u64::from(pixels))?;
    }
    Some(largest)
}

/// Bits of the colour cache's index, 0 without one.
fn cache(bits: &mut Bits<'_>) -> Option<u32> {
    if bits.take(1)? == 1 { bits.take(4).filter(|size| (1..=11).contains(size)) } else { Some(0) }
}

/// The sizes of the alphabets of one group.
fn codes(cache: u32) -> impl Iterator<Item = usize> {
    let cached = if cache == 0 { 0 } else { 1 << cache };
    ALPHABETS.into_iter().zip([cached, 0, 0, 0, 0]).map(|(symbols, more)| symbols + more)
}

/// A length or distance: its symbol gives its magnitude, and bits of its own the rest.
fn prefixed(bits: &mut Bits<'_>, symbol: u32) -> Option<u32> {
    if symbol < 4 {
        return Some(symbol + 1);
    }
    let extra = (symbol - 2) >> 1;
    Some(((2 + (symbol & 1)) << extra) + bits.take(extra)? + 1)
}

/// A canonical prefix code.
struct Code {
    /// How many symbols have codes of each length.
    counts: [u32; 16],
    /// The symbols, those with shorter codes first.
    symbols: Vec<u32>,
}

impl Code {
    fn read(bits: &mut Bits<'_>, alphabet: usize) -> Option<Self> {
        if bits.take(1)? == 0 {
            return Self::from_lengths(&lengths(bits, alphabet)?);
        }
        let two = bits.take(1)? == 1;
        let wide = bits.take(1)? == 1;
        let mut symbols = vec![bits.take(if wide { 8 } else { 1 })?];
        if two {
            symbols.push(bits.take(8)?);
        }
        if symbols.iter().any(|&symbol| symbol as usize >= alphabet) {
            return None;
        }
        Some(Self { counts: std::array::from_fn(|length| if length == 1 { 2 } else { 0 }), symbols })
    }

    /// The code in which symbol `i` has `lengths[i]` bits, and does not occur with 0.
    fn from_lengths(lengths: &[usize]) -> Option<Self> {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for (length, count) in counts.iter_mut().enumerate().skip(1) {
            let before = symbols.len();
            symbols.extend((0..).zip(lengths).filter(|(_, l)| **l == length).map(|(symbol, _)| symbol));
            *count = (symbols.len() - before) as u32;
        }
        (!symbols.is_empty()).then_some(Self { counts, symbols })
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u32> {
        // A code with a single symbol takes no bits in the stream.
        if let [only] = self.symbols.as_slice() {
            return Some(*only);
        }
        let (mut code, mut first, mut before) = (0, 0, 0);
        for &count in self.counts.iter().skip(1) {
            code = code << 1 | bits.take(1)?;
            let place = code.checked_sub(first)?;
            if place < count {
                return self.symbols.get((before + place) as usize).copied();
            }
            before += count;
            first = (first + count) << 1;
        }
        None
    }

    /// Bytes of the decoder's table, four an entry, and of its tree, 16 a node and two nodes a long code.
    fn memory(&self) -> u64 {
        const OVERHEAD: u64 = 200;
        let longest = self.counts.iter().rposition(|&count| count > 0).unwrap_or_default();
        let long: u64 = self.counts.iter().skip(TABLE_BITS + 1).copied().map(u64::from).sum();
        OVERHEAD + (4 << longest.min(TABLE_BITS)) + 32 * long
    }
}

/// The lengths of a code's words, themselves coded.
fn lengths(bits: &mut Bits<'_>, alphabet: usize) -> Option<Vec<usize>> {
    let mut of_lengths = [0; 19];
    let written = bits.take(4)? as usize + 4;
    for &length in LENGTH_ORDER.iter().take(written) {
        *of_lengths.get_mut(length)? = bits.take(3)? as usize;
    }
    let code = Code::from_lengths(&of_lengths)?;
    let mut left = alphabet;
    if bits.take(1)? == 1 {
        let width = 2 + 2 * bits.take(3)?;
        left = 2 + bits.take(width)? as usize;
    }
    let mut lengths = Vec::with_capacity(alphabet);
    // Repeated by code 16 when no length came before it.
    let mut previous = 8;
    while lengths.len() < alphabet && left > 0 {
        left -= 1;
        let (length, times) = match code.symbol(bits)? as usize {
            16 => (previous, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length, 1),
        };
        if length != 0 {
            previous = length;
        }
        lengths.extend(std::iter::repeat_n(length, times as usize));
    }
    (lengths.len() <= alphabet).then_some(lengths)
}

/// Bits of a stream, each byte's lowest first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for place in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The one chunk of a file that libwebp wrote with all its transforms and several groups of codes.
    const STREAM: &[u8] = include_bytes!("../../../tests/golden/pictures/lossless.webp").split_at(20).1;

    #[test]
    fn a_good_stream_is_read_up_to_its_last_code() {
        let mut counted = 0;
        let mut bits = Bits { bytes: STREAM, at: 0 };
        assert_eq!(count(&mut bits, None, u64::MAX, &mut counted), Some(()));
        assert!(bits.at / 8 < STREAM.len() / 2, "the pixels come after");
        assert!((5 * 5_000..20 * 5 * 5_000).contains(&counted), "{counted}");
        assert!(memory(STREAM, None, 10_000) < counted, "counting stops at the limit");
    }

    #[test]
    fn canonical_codes_are_read_from_their_lengths() {
        let code = Code::from_lengths(&[2, 0, 1, 3, 3]).unwrap();
        // 0 is symbol 2, 10 symbol 0, 110 symbol 3, 111 symbol 4; the first bit is the lowest.
        let mut bits = Bits { bytes: &[0b1101_1010, 0b0000_0001], at: 0 };
        let read: Vec<Option<u32>> = (0..4).map(|_| code.symbol(&mut bits)).collect();
        assert_eq!(read, [Some(2), Some(0), Some(3), Some(4)]);
        assert!(Code::from_lengths(&[0, 0]).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            memory(&bytes, None, 1 << 20);
            memory(&bytes, Some((16_384, 16_384)), 1 << 20);
            let mut stream = STREAM.to_vec();
            for (at, value) in flips {
                let at = at.index(stream.len().min(2_000));
                stream[at] = value;
            }
            prop_assert!(memory(&stream, None, 1 << 20) < (1 << 20) + 5 * 100_000);
        }
    }
}
