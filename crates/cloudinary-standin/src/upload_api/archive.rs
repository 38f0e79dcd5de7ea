//! `generate_archive`: many assets in one ZIP file, made for the caller alone.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::delivery;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::Asset;
use crate::call::Call;

/// Most assets of an archive.
const MOST: usize = 1000;

/// Only `mode=download` and ZIP files: others store the archive as an asset of its own.
pub(crate) fn archive(account: &mut Account, call: &Call) -> Outcome {
    let parameters = &call.parameters;
    // `create` is the default of the service; free accounts may not deliver what it stores.
    if parameters.text("mode").unwrap_or("create") != "download" {
        return Err(Refusal::new(403, "Delivery of archives is blocked for this account"));
    }
    if parameters.text("target_format").unwrap_or("zip") != "zip" {
        return Err(Refusal::bad_request("The stand-in makes ZIP files alone"));
    }
    let assets = chosen(account, call)?;
    if assets.is_empty() {
        return Err(Refusal::bad_request("No resources found"));
    }
    if assets.len() > MOST {
        return Err(Refusal::bad_request(format!("Too many resources. Maximum is {MOST}")));
    }
    let bytes = zipped(&assets, account.behaviour.dynamic_folders);
    let bytes = bytes.map_err(|error| Refusal::new(500, format!("cannot write the archive: {error}")))?;
    Ok(Answer::of(200, "application/zip", bytes))
}

/// The assets that the call's ids, prefixes and tags choose, each once.
fn chosen<'a>(account: &'a Account, call: &Call) -> Result<Vec<&'a Asset>, Refusal> {
    let (delivery, parameters) = (delivery(call)?, &call.parameters);
    let (ids, prefixes) = (parameters.each("public_ids"), parameters.each("prefixes"));
    let tags = parameters.list("tags");
    if ids.is_empty() && prefixes.is_empty() && tags.is_empty() {
        return Err(Refusal::bad_request("Must supply public_ids, prefixes or tags"));
    }
    let missing = ids.iter().find(|id| account.asset(delivery, id).is_none());
    if let Some(id) = missing.filter(|_| parameters.flag("allow_missing") != Some(true)) {
        return Err(Refusal::not_found(id));
    }
    let wanted = |asset: &&Asset| {
        asset.delivery == delivery
            && (ids.contains(&asset.public_id)
                || prefixes.iter().any(|prefix| asset.public_id.starts_with(prefix))
                || tags.iter().any(|tag| asset.tags.contains(tag)))
    };
    Ok(account.assets().filter(wanted).collect())
}

fn zipped(assets: &[&Asset], by_display_name: bool) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // This crate asks `zip` for no compression.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut names = BTreeSet::new();
    for asset in assets {
        let mut name = if by_display_name { asset.display_name() } else { &asset.public_id }.to_owned();
        // A ZIP file with two entries of one name would unpack to the last of them.
        while !names.insert(name.clone()) {
            name.push_str("_1");
        }
        writer.start_file(name, options)?;
        writer.write_all(&asset.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
