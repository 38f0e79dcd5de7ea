//! Any bytes: a picture within the limits or a typed refusal, in bounded time and memory.
#![no_main]

use face_core::{PictureLimits, RgbView, decode};
use face_fuzz::{pictures, prepare};
use libfuzzer_sys::fuzz_target;

/// Far below the defaults, so that one input takes little time.
fn limits() -> PictureLimits {
    PictureLimits::default()
        .with_max_bytes(64 << 10)
        .with_max_pixels(1 << 16)
        .with_max_side(4_096)
        .with_max_memory(4 << 20)
}

fuzz_target!(init: prepare(pictures::seeds), |bytes: &[u8]| {
    let limits = limits();
    let Ok(picture) = decode(bytes, &limits) else { return };
    let (width, height) = picture.dimensions();
    assert!(u64::from(width) * u64::from(height) <= limits.max_pixels, "{width}x{height}");
    assert!(width.max(height) <= limits.max_side, "{width}x{height}");
    assert!(RgbView::from_image(&picture).is_ok(), "a decoded picture has pixels");
});
