//! `generate_archive`: many assets in one ZIP file, made for the caller alone.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::delivery;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::Asset;
use crate::call::Call;

/// The assets below some prefixes; `mode=download` alone, since others store the archive as an asset.
pub(crate) fn archive(account: &mut Account, call: &Call) -> Outcome {
    // `create` is the default of the service; free accounts may not deliver what it stores.
    if call.parameters.text("mode") != Some("download") {
        return Err(Refusal::new(403, "Delivery of archives is blocked for this account"));
    }
    let (delivery, prefixes) = (delivery(call)?, call.parameters.each("prefixes"));
    let is_below = |asset: &Asset| prefixes.iter().any(|prefix| asset.public_id.starts_with(prefix));
    let assets = account.assets().filter(|asset| asset.delivery == delivery && is_below(asset));
    let bytes = zipped(assets);
    let bytes = bytes.map_err(|error| Refusal::new(500, format!("cannot write the archive: {error}")))?;
    Ok(Answer::new(200, "application/zip", bytes))
}

fn zipped<'a>(assets: impl Iterator<Item = &'a Asset>) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // This crate asks `zip` for no compression.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for asset in assets {
        writer.start_file(asset.public_id.as_str(), options)?;
        writer.write_all(&asset.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
