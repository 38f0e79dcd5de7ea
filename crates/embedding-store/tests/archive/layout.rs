//! The layout of an archive is the documented one.

use embedding_store::{EmbeddingStore, FaceSample, InMemory, UserRecord};
use sha2::{Digest, Sha256};

use super::specimens::{HEADER_BYTES, Outcome, add, archive_of, event, frame, split};

#[tokio::test]
async fn an_archive_is_laid_out_as_documented() -> Outcome {
    let store = InMemory::new();
    let record = event("conference")?;
    store.create_event(record.clone()).await?;
    add(&store, "conference", "Zoë", 1).await?;
    let snapshot = store.load_event(&record.name).await?;
    let [user] = &snapshot.users[..] else { return Err("one user was added".into()) };
    let archive = archive_of(&store, None).await?;

    let header = archive.get(..HEADER_BYTES).ok_or("no header")?;
    assert!(header.starts_with(b"\x89FACE\r\n\x1A\x01\0\0\0\0\0\0\0\0\0\0\0"));
    assert_eq!(
        header.get(36..),
        Some(&crc32fast::hash(header.get(..36).unwrap_or_default()).to_le_bytes()[..])
    );

    let samples: Vec<Vec<u8>> = user.samples.iter().map(FaceSample::to_bytes).collect::<Result<_, _>>()?;
    let [sample] = &samples[..] else { return Err("one sample was added".into()) };
    let mut expected = header.to_vec();
    expected.extend(frame(header, 1, b'E', &record.to_bytes()?)?);
    expected.extend(frame(header, 2, b'U', &UserRecord::to_bytes(&user.user)?)?);
    expected.extend(frame(header, 3, b'S', sample)?);
    let hash = Sha256::digest(&expected);
    let counts: Vec<u8> = [1_u64; 3].iter().flat_map(|count| count.to_le_bytes()).collect();
    expected.extend(frame(header, 4, b'Z', &[&counts[..], &hash].concat())?);
    assert_eq!(split(&archive)?, split(&expected)?);
    Ok(())
}

#[tokio::test]
async fn two_archives_of_one_store_differ_in_their_header() -> Outcome {
    let store = InMemory::new();
    let (first, second) = (archive_of(&store, None).await?, archive_of(&store, None).await?);
    assert_ne!(first.get(..HEADER_BYTES), second.get(..HEADER_BYTES));
    Ok(())
}
