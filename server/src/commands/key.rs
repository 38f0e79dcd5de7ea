//! `face-server key`: makes a key for the encryption of embeddings at rest.

use std::io::{self, Write};

use embedding_store::EncryptionKey;

use crate::commands::output;

/// Prints the key alone on standard output, so that it can go into a file or a secret store, and what it is
/// on standard error.
pub(crate) fn print() -> anyhow::Result<()> {
    let key = EncryptionKey::generate()?;
    output::print(key.to_secret_text().as_str())?;
    // The key is out: that nobody reads this takes nothing from it.
    let _ = writeln!(
        io::stderr(),
        "This is the key {}. Give it to the server as FACE_ENCRYPTION_KEY, and keep a copy apart from the store: \
         without it the embeddings cannot be read.",
        key.id()
    );
    Ok(())
}
