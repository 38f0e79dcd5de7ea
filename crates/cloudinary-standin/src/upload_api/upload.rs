//! `POST upload`: stores a file, over what is there unless it is told not to.

use super::{delivery, signed};
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{LARGEST_FILE, set};
use crate::call::{Call, File};
use crate::public_id;

pub(crate) fn upload(account: &mut Account, call: &Call) -> Outcome {
    if call.route.part(0) != "raw" {
        return Err(Refusal::bad_request("Invalid image file"));
    }
    let parameters = &call.parameters;
    let delivery = delivery(call)?;
    let File { filename, bytes } = call.file.as_ref().ok_or_else(|| Refusal::missing("file"))?;
    let length = bytes.len();
    if length > LARGEST_FILE {
        let text = format!("File size too large. Got {length}. Maximum is {LARGEST_FILE}.");
        return Err(Refusal::bad_request(text));
    }
    // Checked as it will be stored, extension included, for that is the name that the limits are of.
    let id = public_id::with_extension(parameters.required("public_id")?, filename);
    public_id::check(&id)?;

    // Everything that can be refused has been: from here on the upload happens.
    let former = account.asset(delivery, &id);
    let (asset, mark) = match (former, parameters.flag("overwrite")) {
        // 200 and not an error: `existing` in the answer is all that says that nothing was stored.
        (Some(former), Some(false)) => (former.clone(), Some("existing")),
        (former, _) => {
            let mark = former.map(|_| "overwritten");
            let mut asset = account.new_asset(delivery, &id, bytes.clone(), public_id::stem(filename));
            // Those of the former asset are gone: an account's own setting, so the worse case. A client must
            // send its labels with every upload.
            asset.tags = parameters.list("tags");
            asset.context = parameters.pairs("context");
            account.keep(asset.clone());
            (asset, mark)
        }
    };
    let mut answer = signed(account, &asset);
    if account.behaviour.upload_etag {
        set(&mut answer, "etag", asset.etag());
    }
    if let Some(mark) = mark {
        set(&mut answer, mark, true);
    }
    Ok(Answer::json(&answer))
}
