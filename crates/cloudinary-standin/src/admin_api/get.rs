//! `GET resources/{resource_type}/{type}/{public_id}` and `GET resources/{asset_id}`: one asset.

use super::{delivery, raw_only, row};
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::call::Call;

pub(crate) fn get(account: &mut Account, call: &Call) -> Outcome {
    let asset = if call.route.parts.len() == 2 {
        let asset_id = call.route.part(1).unwrap_or_default();
        let found = account.assets().find(|asset| asset.asset_id == asset_id);
        found.ok_or_else(|| Refusal::not_found(&asset_id))?
    } else {
        raw_only(call.route.part(1).as_deref())?;
        let delivery = delivery(call)?.ok_or_else(|| Refusal::missing("type"))?;
        let public_id = call.route.rest(3);
        account.asset(delivery, &public_id).ok_or_else(|| Refusal::not_found(&public_id))?
    };
    // From the assets and not from the listing: a single read is consistent where lists lag behind.
    let mut found = row(&account.delivery_base, account.algorithm(), asset, call);
    if let Some(members) = found.as_object_mut() {
        members.insert("tags".into(), asset.tags.clone().into());
        if !asset.context.is_empty() {
            members.insert("context".into(), asset.context_value());
        }
    }
    Ok(Answer::json(&found))
}
