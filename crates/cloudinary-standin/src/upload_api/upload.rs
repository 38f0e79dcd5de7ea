//! `POST upload`: stores a file, over what is there unless it is told not to.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::{answer, delivery, signed};
use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::call::{Call, File};
use crate::{context, public_id};

pub(crate) fn upload(account: &mut Account, call: &Call) -> Outcome {
    let parameters = &call.parameters;
    let delivery = delivery(call)?;
    let (bytes, filename) = contents(call)?;
    let (most, length) = (account.behaviour.largest_file, bytes.len());
    if length > most {
        let text = format!("File size too large. Got {length}. Maximum is {most}.");
        return Err(Refusal::bad_request(text));
    }
    let named = parameters.text("public_id").map(str::to_owned).unwrap_or_else(|| account.new_id());
    // Checked as it will be stored, extension included, for that is the name that the limits are of.
    let id = public_id::with_extension(&named, filename.as_deref());
    public_id::check(&id)?;
    let tags = parameters.has("tags").then(|| parameters.list("tags"));
    let context = parameters.text("context").map(context::parse).transpose()?;

    // Everything that can be refused has been: from here on the upload happens.
    let former = account.asset(delivery, &id).cloned();
    if let Some(former) = &former
        && parameters.flag("overwrite") == Some(false)
    {
        // 200 and not an error: `existing` in the answer is all that says that nothing was stored.
        let mut members = signed(account, former, true);
        members.insert("existing".into(), true.into());
        return answer(members);
    }
    let mut asset = account.asset_of(delivery, &id, bytes, &stem(filename.as_deref()));
    let labels = former.as_ref().filter(|_| !account.behaviour.overwriting_clears);
    let (former_tags, former_context) =
        labels.map_or((Vec::new(), BTreeMap::new()), |former| (former.tags.clone(), former.context.clone()));
    asset.tags = tags.unwrap_or(former_tags);
    asset.context = context.unwrap_or(former_context);
    account.keep(asset.clone());
    if parameters.flag("invalidate") == Some(true) {
        account.invalidate(delivery, &id);
    }
    let mut members = signed(account, &asset, true);
    if former.is_some() {
        members.insert("overwritten".into(), true.into());
    }
    answer(members)
}

/// The file's bytes, and its name where it has one.
fn contents(call: &Call) -> Result<(Bytes, Option<String>), Refusal> {
    match &call.file {
        None => Err(Refusal::missing("file")),
        Some(File::Part { filename, bytes }) => Ok((bytes.clone(), Some(filename.clone()))),
        Some(File::Text(text)) => {
            let uri = text.strip_prefix("data:").and_then(|rest| rest.split_once(','));
            let (kind, data) = uri.ok_or_else(|| Refusal::bad_request("Unsupported source URL"))?;
            let bytes = if kind.ends_with(";base64") {
                STANDARD.decode(data).map_err(|_| Refusal::bad_request("Invalid data URI"))?
            } else {
                percent_decode_str(data).collect()
            };
            Ok((bytes.into(), None))
        }
    }
}

/// What the response calls the original filename: its last part without the extension.
fn stem(filename: Option<&str>) -> String {
    let name = filename.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or("file");
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
