//! Bits that flipped, bytes that are missing, frames that are not where they were.

use embedding_store::archive::ArchiveError;
use embedding_store::{EmbeddingStore, EncryptionKey, InMemory, Subject};

use super::specimens::{
    HEADER_BYTES, Outcome, add, archive_of, check, content, event, import_into, small_store, split,
};

/// One event, one user, one sample: four frames.
async fn tiny_store() -> Outcome<InMemory> {
    let store = InMemory::new();
    store.create_event(event("conference")?).await?;
    add(&store, "conference", "Zoë", 1).await?;
    Ok(store)
}

/// The number of the part of an archive that each byte lies in; the header is 0.
fn frame_of_each_byte(archive: &[u8]) -> Outcome<Vec<u64>> {
    Ok((0..).zip(split(archive)?).flat_map(|(number, part)| vec![number; part.len()]).collect())
}

fn frame_of(error: &ArchiveError) -> Option<u64> {
    if let ArchiveError::Damaged { place, .. } | ArchiveError::CutOff { place } = error {
        return Some(place.frame);
    }
    None
}

async fn every_flipped_bit_is_named(key: Option<&EncryptionKey>) -> Outcome {
    let archive = archive_of(&tiny_store().await?, key).await?;
    for (place, frame) in frame_of_each_byte(&archive)?.into_iter().enumerate() {
        for bit in 0..8 {
            let mut damaged = archive.clone();
            *damaged.get_mut(place).ok_or("no such byte")? ^= 1 << bit;
            let error = check(&damaged, key).err().ok_or_else(|| format!("byte {place} was missed"))?;
            match place {
                0..8 => assert!(matches!(error, ArchiveError::NotAnArchive), "byte {place}: {error}"),
                8..10 if !matches!(error, ArchiveError::Damaged { .. }) => {
                    assert!(matches!(error, ArchiveError::NewerVersion { .. }), "byte {place}: {error}");
                }
                _ => {
                    assert!(matches!(error, ArchiveError::Damaged { .. }), "byte {place}: {error}");
                    assert_eq!(frame_of(&error), Some(frame), "byte {place}: {error}");
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_flipped_bit_is_found_and_its_frame_named() -> Outcome {
    every_flipped_bit_is_named(None).await
}

#[tokio::test]
async fn every_flipped_bit_of_an_encrypted_archive_is_found_and_its_frame_named() -> Outcome {
    every_flipped_bit_is_named(Some(&EncryptionKey::generate()?)).await
}

#[tokio::test]
async fn the_error_says_where_and_whose_and_what_came_before() -> Outcome {
    let mut archive = archive_of(&small_store().await?, None).await?;
    let offset: usize = split(&archive)?.iter().take(4).map(Vec::len).sum();
    archive[offset + 100] ^= 1;
    let to = InMemory::new();
    let error = import_into(&to, &archive, None).await.err().ok_or("the flipped bit was missed")?;
    let ArchiveError::Damaged { place, .. } = &error else { return Err(error.into()) };
    assert_eq!((place.frame, place.offset), (4, offset as u64));
    let before = place.before;
    assert_eq!((before.events, before.users, before.samples, before.bytes), (1, 0, 1, place.offset));
    assert!(matches!(&place.subject, Some(Subject::User(event, user))
        if event.as_str() == "conference" && user.as_str() == "../x"));
    let text = error.to_string();
    for part in ["frame 4", &format!("byte {offset}"), "'../x'", "'conference'", "samples 1"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    let taken = content(&to).await?;
    assert_eq!(taken.len(), 1, "what came before was taken in, and no more");
    assert_eq!(taken[0].users.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_cut_at_every_length_is_found_and_its_frame_named() -> Outcome {
    for key in [None, Some(EncryptionKey::generate()?)] {
        let archive = archive_of(&tiny_store().await?, key.as_ref()).await?;
        for (length, frame) in frame_of_each_byte(&archive)?.into_iter().enumerate() {
            let error = check(archive.get(..length).unwrap_or_default(), key.as_ref());
            let error = error.err().ok_or_else(|| format!("a cut at {length} was missed"))?;
            if length == 0 {
                assert!(matches!(error, ArchiveError::NotAnArchive), "{error}");
            } else {
                assert!(matches!(error, ArchiveError::CutOff { .. }), "{length} bytes: {error}");
                assert_eq!(frame_of(&error), Some(frame), "{length} bytes: {error}");
            }
        }
        let longer = [&archive[..], b"x"].concat();
        assert!(matches!(check(&longer, key.as_ref()), Err(ArchiveError::Damaged { .. })));
    }
    Ok(())
}

#[tokio::test]
async fn frames_that_were_moved_dropped_doubled_or_taken_from_elsewhere_are_found() -> Outcome {
    for key in [None, Some(EncryptionKey::generate()?)] {
        let store = small_store().await?;
        let parts = split(&archive_of(&store, key.as_ref()).await?)?;
        let others = split(&archive_of(&store, key.as_ref()).await?)?;
        assert_eq!(parts.len(), others.len());
        for one in 1..parts.len() {
            let mut altered = Vec::new();
            for two in one + 1..parts.len() {
                let mut swapped = parts.clone();
                swapped.swap(one, two);
                altered.push(swapped);
            }
            let mut dropped = parts.clone();
            dropped.remove(one);
            let mut doubled = parts.clone();
            doubled.insert(one, parts[one].clone());
            let mut foreign = parts.clone();
            foreign[one].clone_from(&others[one]);
            altered.extend([dropped, doubled, foreign]);
            for archive in altered {
                let error = check(&archive.concat(), key.as_ref()).err().ok_or("it was missed")?;
                assert!(frame_of(&error).is_some_and(|frame| frame >= 1), "frame {one}: {error}");
            }
        }
        let mut other_header = parts;
        other_header[0].clone_from(&others[0]);
        let error = check(&other_header.concat(), key.as_ref()).err().ok_or("it was missed")?;
        assert_eq!(frame_of(&error), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_version_asks_for_a_newer_program() -> Outcome {
    let mut archive = archive_of(&small_store().await?, None).await?;
    archive[8] = 3;
    let error = check(&archive, None).err().ok_or("a newer version was read")?;
    assert!(matches!(error, ArchiveError::NewerVersion { found: 3, known: 2 }), "{error}");
    assert!(archive.len() > HEADER_BYTES && error.to_string().contains("newer version"));
    Ok(())
}
