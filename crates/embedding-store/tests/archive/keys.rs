//! Encrypted archives and their keys.

use embedding_store::archive::ArchiveError;
use embedding_store::{EncryptionKey, InMemory};

use super::specimens::{Outcome, archive_of, check, content, import_into, small_store};

fn shows(archive: &[u8], secret: &[u8]) -> bool {
    archive.windows(secret.len()).any(|window| window == secret)
}

#[tokio::test]
async fn an_encrypted_archive_shows_neither_embeddings_nor_names() -> Outcome {
    let store = small_store().await?;
    let embedding = [0.625_f32.to_le_bytes(); 4].concat();
    let plain = archive_of(&store, None).await?;
    let sealed = archive_of(&store, Some(&EncryptionKey::generate()?)).await?;
    for secret in [&embedding[..], b"conference", "Zoë".as_bytes()] {
        assert!(shows(&plain, secret) && !shows(&sealed, secret));
    }
    Ok(())
}

#[tokio::test]
async fn the_right_key_is_needed_and_the_error_names_it() -> Outcome {
    let store = small_store().await?;
    let (key, other) = (EncryptionKey::generate()?, EncryptionKey::generate()?);
    let archive = archive_of(&store, Some(&key)).await?;
    assert!(matches!(check(&archive, Some(&other)), Err(ArchiveError::WrongKey { id }) if id == key.id()));
    assert!(matches!(check(&archive, None), Err(ArchiveError::Encrypted { id }) if id == key.id()));
    assert_eq!(check(&archive, Some(&key))?.users, 3);

    let to = InMemory::new();
    assert!(import_into(&to, &archive, Some(&other)).await.is_err());
    assert!(content(&to).await?.is_empty(), "nothing was taken in");
    Ok(())
}

#[tokio::test]
async fn an_archive_that_is_not_encrypted_does_not_pass_for_one_that_is() -> Outcome {
    let archive = archive_of(&small_store().await?, None).await?;
    let error = check(&archive, Some(&EncryptionKey::generate()?));
    assert!(matches!(error, Err(ArchiveError::NotEncrypted)), "{error:?}");
    Ok(())
}
