//! `GET folders[/{path}]`: the folders that public ids lie in.

use std::collections::BTreeSet;

use serde_json::json;

use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::signing::{Algorithm, sign};

pub(crate) fn folders(account: &mut Account, call: &Call) -> Outcome {
    let above = call.route.rest(1);
    // The slash keeps "fr" from holding what lies in "fr-data".
    let inside = if above.is_empty() { String::new() } else { format!("{above}/") };
    let names: BTreeSet<_> = account
        .assets()
        .filter_map(|asset| asset.public_id.strip_prefix(&inside)?.split_once('/'))
        .map(|(name, _)| name)
        .collect();
    let folders: Vec<_> = names
        .iter()
        .map(|name| {
            let path = format!("{inside}{name}");
            // The service's id is opaque; a hash of the path is the same at each call without being kept.
            json!({ "name": name, "external_id": sign(&path, "", Algorithm::Sha1), "path": path })
        })
        .collect();
    let count = folders.len();
    Ok(Answer::json(&json!({ "folders": folders, "next_cursor": null, "total_count": count })))
}
