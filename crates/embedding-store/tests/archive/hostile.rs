//! Bytes that no export wrote: an error, never a panic, and nothing of them in the store.

use embedding_store::archive::ArchiveError;
use embedding_store::{EncryptionKey, InMemory};
use proptest::collection::vec;
use proptest::prelude::*;

use super::specimens::{Outcome, check, content, event, frame, header, import_into, sample, user};

fn archive(frames: &[(u8, Vec<u8>)]) -> Outcome<Vec<u8>> {
    let header = header();
    let mut archive = header.clone();
    for (number, (kind, payload)) in (1..).zip(frames) {
        archive.extend(frame(&header, number, *kind, payload)?);
    }
    Ok(archive)
}

/// What is wrong with an archive of these frames, and where.
fn fault(frames: &[(u8, Vec<u8>)]) -> Outcome<(u64, String)> {
    match check(&archive(frames)?, None) {
        Err(ArchiveError::Damaged { place, what }) => Ok((place.frame, what)),
        other => Err(format!("damage was due: {other:?}").into()),
    }
}

#[test]
fn records_out_of_their_order_are_refused() -> Outcome {
    let other = (b'E', event("other")?.to_bytes()?);
    let event = (b'E', event("conference")?.to_bytes()?);
    let ada = (b'U', user("conference", "ada")?.to_bytes()?);
    let face = (b'S', sample("conference", "ada", 1)?.to_bytes()?);
    let faces_of_bob = (b'S', sample("conference", "bob", 1)?.to_bytes()?);
    assert_eq!(fault(std::slice::from_ref(&ada))?.0, 1);
    assert_eq!(fault(std::slice::from_ref(&face))?.0, 1);
    assert_eq!(fault(&[event.clone(), face.clone()])?.0, 2);
    assert_eq!(fault(&[other.clone(), ada.clone()])?.0, 2);
    assert_eq!(fault(&[event.clone(), ada.clone(), faces_of_bob])?.0, 3);
    assert_eq!(fault(&[event.clone(), ada.clone(), face.clone(), other.clone(), face.clone()])?.0, 5);
    let (frame, what) = fault(&[event.clone(), ada.clone(), other])?;
    assert!(frame == 3 && what.contains("no face sample"), "{what}");
    let (frame, what) = fault(&[event.clone(), (b'U', event.1.clone())])?;
    assert!(frame == 2 && what.contains("kind user"), "{what}");
    let (frame, what) = fault(&[event, ada, face, (b'Z', vec![0; 56])])?;
    assert!(frame == 4 && what.contains("the end"), "{what}");
    assert!(fault(&[(b'X', vec![])])?.1.contains("no such kind"));
    Ok(())
}

#[test]
fn a_frame_that_says_it_is_huge_is_refused_before_it_is_read() -> Outcome {
    let header = header();
    for length in [2_u32 << 20, u32::MAX] {
        let context = [&header[..36], &1_u64.to_le_bytes(), &length.to_le_bytes(), b"E"].concat();
        let head = [&length.to_le_bytes()[..], b"E", &crc32fast::hash(&context).to_le_bytes()].concat();
        let error = check(&[header.clone(), head].concat(), None).err().ok_or("it was read")?;
        assert!(error.to_string().contains("too long"), "{error}");
    }
    Ok(())
}

fn is_refused(archive: &[u8]) -> Outcome<bool> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let store = InMemory::new();
        let plain = import_into(&store, archive, None).await;
        let keyed = import_into(&store, archive, Some(&EncryptionKey::new([7; 32]))).await;
        Ok(plain.is_err() && keyed.is_err() && content(&store).await?.is_empty())
    })
}

proptest! {
    #[test]
    fn random_bytes_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(is_refused(&bytes).unwrap());
    }

    #[test]
    fn random_bytes_after_a_header_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(is_refused(&[header(), bytes].concat()).unwrap());
    }

    #[test]
    fn frames_of_random_bytes_are_refused(
        frames in vec((prop::sample::select(b"EUSZ".to_vec()), vec(any::<u8>(), 0..80)), 0..4),
    ) {
        prop_assert!(is_refused(&archive(&frames).unwrap()).unwrap());
    }
}
