//! A row of the table of errors, and what is made of it.

use actix_web::http::StatusCode;

/// An error's stable name, the status that it is answered with, and how it may read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) status: StatusCode,
    /// Stable name.
    pub(crate) name: &'static str,
    /// The words of one such error, for the document.
    pub(crate) example: &'static str,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
}

/// Makes of the rows a constant of [`Code`] each, and adds the variants that they hold to the enum before them. The
/// head of the enum comes from the caller, as the names that `thiserror` makes must be of the same hygiene as those in
/// the attributes of its variants.
macro_rules! errors {
    (
        $(#[$($attribute:tt)*])* pub(crate) enum $error:ident { $($described:tt)* }

        $($constant:ident: $status:ident $name:literal
            $(, example $example:literal)? $(, retry after $seconds:literal seconds)?
        {
            $($(#[$doc:meta])*
            $variant:ident $(($($tuple:tt)*))? $({$($field:tt)*})? => $words:literal $(, $argument:expr)*;)*
        })*
    ) => {
        $(pub(crate) const $constant: &Code = &Code {
            status: StatusCode::$status,
            name: $name,
            // Where there is no example, the words of the first variant: those hold no arguments then.
            example: [$($example,)? $($words,)*][0],
            retry_after: [$(Some($seconds),)? None][0],
        };)*

        /// All of them, by status.
        #[cfg(test)]
        pub(crate) const ALL: &[&Code] = &[$($constant),*];

        $(#[$($attribute)*])*
        pub(crate) enum $error {
            $($($(#[$doc])* #[error($words $(, $argument)*)]
            $variant $(($($tuple)*))? $({$($field)*})?,)*)*
            $($described)*
        }

        impl $error {
            /// The code in whose row an error is; `None` of those that are described by what they hold.
            pub(super) fn code(&self) -> Option<&'static Code> {
                match self {
                    $($(Self::$variant { .. } => Some($constant),)*)*
                    _ => None,
                }
            }
        }
    };
}

pub(super) use errors;
