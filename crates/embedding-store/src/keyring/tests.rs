//! What a keyring promises of records and of stores.

use embedding::{DIMENSIONS, Embedding, ModelId};
use time::OffsetDateTime;

use super::*;
use crate::{EventName, Username};

fn key() -> EncryptionKey {
    EncryptionKey::generate().unwrap()
}

fn sample(user: &str) -> FaceSample {
    let embedding = Embedding::new(ModelId::new("test").unwrap(), [0.25; DIMENSIONS]).unwrap();
    let (event, user) = (EventName::new("conference").unwrap(), Username::new(user).unwrap());
    FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH).unwrap()
}

#[test]
fn a_sealed_sample_opens_with_its_key_and_shows_no_number_of_the_embedding() {
    let (keyring, sample) = (Keyring::new(key()), sample("ada"));
    let bytes = keyring.seal(&sample).unwrap();
    assert_eq!(keyring.open(&bytes).unwrap(), sample);
    let number = 0.25_f32.to_le_bytes();
    let plain = sample.to_bytes().unwrap();
    assert!(plain.windows(8).any(|window| window == [number, number].concat()));
    assert!(!bytes.windows(8).any(|window| window == [number, number].concat()));
    assert_ne!(keyring.seal(&sample).unwrap(), bytes, "the nonce is new each time");
}

#[test]
fn every_changed_bit_of_a_sealed_sample_is_found() {
    let keyring = Keyring::new(key());
    let bytes = keyring.seal(&sample("ada")).unwrap();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            keyring.open(&changed).unwrap_err();
            keyring.open(&bytes[..place]).unwrap_err();
        }
    }
}

#[test]
fn one_who_mends_the_checksum_still_cannot_alter_or_exchange_a_sealed_sample() {
    let keyring = Keyring::new(key());
    let (ada, eve) = (keyring.seal(&sample("ada")).unwrap(), keyring.seal(&sample("eve")).unwrap());
    // Eve's name and Ada's embedding; both names have three letters.
    let name = |bytes: &[u8], name: &str| bytes.windows(3).position(|w| w == name.as_bytes()).unwrap();
    let mut forged = ada.clone();
    let at = name(&ada, "ada");
    forged[at..at + 3].copy_from_slice(b"eve");
    let body = forged.split_off(6);
    let forged = crate::record::assemble(b's', &[&body]);
    let error = keyring.open(&forged).unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what, .. } if what.contains("altered")), "{error:?}");
    assert_eq!(keyring.open(&eve).unwrap().user().as_str(), "eve");
}

#[test]
fn a_sample_that_is_not_encrypted_is_refused_where_all_are() {
    let keyring = Keyring::new(key());
    let bytes = sample("ada").to_bytes().unwrap();
    assert!(matches!(keyring.open(&bytes), Err(StoreError::Corrupt { .. })));
    assert!(keyring.with_formerly_plain().open(&bytes).is_ok());
}

#[test]
fn a_sample_of_another_key_names_the_key_that_is_missing() {
    let (old, new) = (key(), key());
    let bytes = Keyring::new(old.clone()).seal(&sample("ada")).unwrap();
    let error = Keyring::new(new.clone()).open(&bytes).unwrap_err();
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains(&old.id().to_string()), "{error}");
    let both = Keyring::new(new).with_former(old);
    assert!(both.open(&bytes).is_ok() && !both.is_current(&bytes).unwrap());
}

#[test]
fn a_store_is_opened_by_the_keys_that_its_samples_need() {
    let (old, new) = (key(), key());
    let (plain, first, second) = (Keyring::plain(), Keyring::new(old.clone()), Keyring::new(new.clone()));
    let refused = |keyring: &Keyring, record: Option<&[u8]>| {
        let error = keyring.admit(record, false).unwrap_err();
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        error.to_string()
    };
    // From before there were key records.
    let record = plain.admit(None, false).unwrap().unwrap();
    assert_eq!(plain.admit(Some(&record), false).unwrap(), None);
    assert!(refused(&first, Some(&record)).contains("not encrypted"));

    let encrypting = first.clone().with_formerly_plain();
    let both = encrypting.admit(Some(&record), false).unwrap().unwrap();
    assert!(refused(&first, Some(&both)).contains("not encrypted"), "it may have been interrupted");
    assert!(refused(&plain, Some(&both)).contains(&old.id().to_string()));
    assert_eq!(encrypting.admit(Some(&both), false).unwrap(), None);

    let settled = first.settled();
    assert_eq!(first.admit(Some(&settled), false).unwrap(), None);
    assert!(refused(&plain, Some(&settled)).contains(&old.id().to_string()));
    let wrong = refused(&second, Some(&settled));
    assert!(wrong.contains(&old.id().to_string()) && wrong.contains(&new.id().to_string()), "{wrong}");
    let changing = second.clone().with_former(old);
    assert!(changing.admit(Some(&settled), false).unwrap().is_some());
}

#[test]
fn an_empty_store_takes_any_keys() {
    let (first, second) = (Keyring::new(key()), Keyring::new(key()));
    let record = first.admit(None, true).unwrap().unwrap();
    assert_eq!(record, first.settled());
    assert_eq!(second.admit(Some(&record), true).unwrap(), Some(second.settled()));
}

#[test]
fn a_key_record_that_cannot_be_read_is_an_error() {
    for damaged in ["", "{}", r#"{"version":1,"sealed_with":["x"]}"#] {
        let error = Keyring::plain().admit(Some(damaged.as_bytes()), true).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
    let newer = br#"{"version":2,"sealed_with":[]}"#;
    assert!(matches!(Keyring::plain().admit(Some(newer), true), Err(StoreError::Misconfigured { .. })));
}
