//! `face-server openapi`: prints the document.

use std::io::{self, Write};

use crate::openapi::Document;

pub(crate) fn print() -> anyhow::Result<()> {
    Ok(io::stdout().write_all(Document::json()?.as_bytes())?)
}
