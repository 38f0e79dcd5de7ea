//! The one table: from the kind of a call to what carries it out.

use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::call::Call;
use crate::{Endpoint, admin_api, delivery, upload_api};

/// Carries out a call that has been admitted.
pub(crate) type Handler = fn(&mut Account, &Call) -> Outcome;

/// Admits a call and carries it out.
pub(crate) fn perform(account: &mut Account, call: &Call) -> Outcome {
    let of_upload_api: Handler = match call.route.endpoint {
        Endpoint::Upload => upload_api::upload,
        Endpoint::Explicit => upload_api::explicit,
        Endpoint::Destroy => upload_api::destroy,
        Endpoint::Rename => upload_api::rename,
        Endpoint::Tags => upload_api::tags,
        Endpoint::Context => upload_api::context,
        Endpoint::Download => upload_api::download,
        Endpoint::Archive => upload_api::archive,
        Endpoint::AdminList => return admin_api::perform(account, call, admin_api::list),
        Endpoint::AdminGet => return admin_api::perform(account, call, admin_api::get),
        Endpoint::AdminDelete => return admin_api::perform(account, call, admin_api::delete),
        Endpoint::AdminFolders => return admin_api::perform(account, call, admin_api::folders),
        Endpoint::AdminUsage => return admin_api::perform(account, call, admin_api::usage),
        Endpoint::AdminPing => return admin_api::perform(account, call, admin_api::ping),
        // No key and secret here: the URL's signature is all that a reader has.
        Endpoint::Delivery => return delivery::deliver(account, call),
        Endpoint::Unknown => {
            let text = format!("The stand-in does not know {} {}", call.method, call.path);
            return Err(Refusal::new(404, text));
        }
    };
    upload_api::perform(account, call, of_upload_api)
}
