//! `face-server openapi`: prints the document.

use crate::commands::output;
use crate::openapi::Document;

pub(crate) fn print() -> anyhow::Result<()> {
    output::print(Document::json()?.trim_end())
}
