//! `/v1/events/{event}/check-ins`: who came.

mod correct;
mod create;
mod list;
mod response;

use crate::auth::Role;
use crate::error::codes;
use crate::limits::RouteClass;
use crate::openapi::errors::{EVENT, JSON, PAGED, PICTURE, STORE};
use crate::routes::operation::Operation;

/// The operations on check-ins.
pub(super) fn operations() -> Vec<Operation> {
    let one = [codes::INVALID_ID, codes::NO_SUCH_CHECK_IN];
    let check_in = [
        codes::INVALID_KEY,
        codes::NO_SUCH_USER,
        codes::OTHER_MODEL,
        codes::UNUSABLE_RULE,
        codes::KEY_REUSED,
    ];
    vec![
        Operation::new(Role::Verify, list::__path_list_check_ins, list::list_check_ins)
            .with_list()
            .with_errors(&[STORE, EVENT, PAGED]),
        Operation::new(Role::Verify, create::__path_check_in, create::check_in)
            .of_class(RouteClass::Recognition)
            .or_json(create::check_in_by_name)
            .with_errors(&[STORE, EVENT, PICTURE, JSON, &check_in]),
        Operation::new(Role::Verify, correct::__path_get_check_in, correct::get_check_in)
            .with_errors(&[STORE, EVENT, &one]),
        Operation::new(Role::Verify, correct::__path_correct_check_in, correct::correct_check_in)
            .with_errors(&[STORE, EVENT, JSON, &one, &[codes::INVALID_FIELD, codes::NO_SUCH_USER]]),
    ]
}
