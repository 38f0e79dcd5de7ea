//! The paths of the service that this one replaces, with its fields and words.

mod add_user;
mod debug_data;
mod events;
mod transactions;
mod users;
mod verify;

use super::operation::Operation;
use crate::auth::Role;
use crate::limits::RouteClass;

/// All of them.
pub(super) fn operations() -> impl Iterator<Item = Operation> {
    let superseded = [
        Operation::new(Role::Enrol, add_user::__path_add_user, add_user::add_user)
            .of_class(RouteClass::Enrolment),
        Operation::new(Role::Verify, verify::__path_verify, verify::verify).of_class(RouteClass::Recognition),
        Operation::new(Role::Verify, events::__path_list_events, events::list_events).with_list(),
        Operation::new(Role::Admin, events::__path_delete_event, events::delete_event),
        Operation::new(Role::Enrol, users::__path_list_users, users::list_users).with_list(),
        // Deletes by GET, as clients of the replaced service do. Links and images of other sites are kept off it by
        // `check_site`.
        Operation::new(Role::Admin, users::__path_delete_user, users::delete_user)
            .of_class(RouteClass::Administration),
        Operation::new(Role::Verify, transactions::__path_get_transaction, transactions::get_transaction),
    ];
    // `/v1` has nothing like it.
    let debug_data =
        Operation::new(Role::Admin, debug_data::__path_debug_data, debug_data::debug_data).with_list();
    // What `/v1` has better goes on to answer as it always did.
    superseded.into_iter().map(Operation::deprecated).chain([debug_data])
}
