//! The name that the command line has for a value.

use clap::ValueEnum;

/// The name of a value, such as `yunet`.
#[must_use]
pub fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
