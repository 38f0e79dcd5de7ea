//! Records as bytes: what is read is what was written, or an error.

use std::error::Error;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EventName, EventRecord, FaceSample, JournalEntry, Metadata, StoreError, Topic, UserRecord, Username,
};
use time::OffsetDateTime;

type Outcome = Result<(), Box<dyn Error>>;

/// Length of the header: version, kind, checksum.
const HEADER: usize = 6;

#[test]
fn the_layout_is_the_documented_one() -> Outcome {
    let bytes = event()?.to_bytes()?;
    let json = br#"{"name":"conference","created":"1970-01-01T00:00:00Z","updated":"1970-01-01T00:00:00Z","model":"test"}"#;
    assert_eq!(bytes.get(..2), Some(&b"\x01E"[..]));
    assert_eq!(bytes.get(HEADER..), Some(&json[..]));
    let all_others = [b"\x01E", &json[..]].concat();
    assert_eq!(bytes.get(2..HEADER), Some(&crc32fast::hash(&all_others).to_le_bytes()[..]));

    let bytes = sample()?.to_bytes()?;
    let numbers: Vec<u8> = sample()?.embedding().values().iter().flat_map(|v| v.to_le_bytes()).collect();
    assert!(bytes.ends_with(&numbers));
    let length = u32::try_from(bytes.len() - HEADER - 4 - numbers.len())?;
    assert_eq!(bytes.get(HEADER..HEADER + 4), Some(&length.to_le_bytes()[..]));
    Ok(())
}

#[test]
fn a_record_reads_back_as_it_was() -> Outcome {
    assert_eq!(EventRecord::from_bytes(&event()?.to_bytes()?)?, event()?);
    assert_eq!(UserRecord::from_bytes(&user()?.to_bytes()?)?, user()?);
    let sample = sample()?;
    assert_eq!(FaceSample::from_bytes(&sample.to_bytes()?)?, sample);
    assert_eq!(JournalEntry::from_bytes(&entry()?.to_bytes()?)?, entry()?);
    Ok(())
}

#[test]
fn a_changed_byte_is_always_found() -> Outcome {
    for (bytes, read) in every_kind()? {
        for place in 0..bytes.len() {
            for mask in [1, 0x80, 0xFF] {
                let mut damaged = bytes.clone();
                if let Some(byte) = damaged.get_mut(place) {
                    *byte ^= mask;
                }
                let error = read(&damaged).err().ok_or_else(|| format!("byte {place} was not missed"))?;
                let is_named = matches!(error, StoreError::Corrupt { .. } | StoreError::Misconfigured { .. });
                assert!(is_named, "byte {place}: {error:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_record_that_is_cut_short_or_has_more_is_damaged() -> Outcome {
    for (bytes, read) in every_kind()? {
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap_or_default();
            assert!(matches!(read(cut), Err(StoreError::Corrupt { .. })), "{length} bytes");
        }
        let longer = [&bytes[..], b"x"].concat();
        assert!(matches!(read(&longer), Err(StoreError::Corrupt { .. })));
    }
    Ok(())
}

#[test]
fn a_record_of_another_kind_is_refused() -> Outcome {
    let (event, user, sample) = (event()?.to_bytes()?, user()?.to_bytes()?, sample()?.to_bytes()?);
    assert!(matches!(EventRecord::from_bytes(&user), Err(StoreError::Corrupt { .. })));
    assert!(matches!(UserRecord::from_bytes(&sample), Err(StoreError::Corrupt { .. })));
    assert!(matches!(FaceSample::from_bytes(&event), Err(StoreError::Corrupt { .. })));
    Ok(())
}

#[test]
fn a_record_of_a_newer_layout_asks_for_a_newer_program() -> Outcome {
    let mut bytes = event()?.to_bytes()?;
    bytes.splice(..1, [2]);
    let error = EventRecord::from_bytes(&bytes).err().ok_or("a newer layout was read")?;
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains("layout 2") && error.to_string().contains("newer version"), "{error}");
    Ok(())
}

#[test]
fn an_embedding_of_a_wrong_dimension_or_with_nan_is_damaged_though_the_checksum_is_right() -> Outcome {
    let bytes = sample()?.to_bytes()?;
    let body = bytes.get(HEADER..).unwrap_or_default();
    let (rest, last) = body.split_at(body.len() - 4);
    let variants = [
        rest.to_vec(),
        [body, last].concat(),
        [rest, &f32::NAN.to_le_bytes()].concat(),
        [rest, &f32::INFINITY.to_le_bytes()].concat(),
    ];
    for body in variants {
        let checksum = crc32fast::hash(&[b"\x01S", &body[..]].concat());
        let bytes = [b"\x01S", &checksum.to_le_bytes()[..], &body].concat();
        let error = FaceSample::from_bytes(&bytes).err().ok_or("a wrong embedding was read")?;
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("embedding"), "{error}");
    }
    Ok(())
}

#[test]
fn no_sample_can_be_made_of_a_wrong_dimension_or_of_nan() -> Outcome {
    let model = ModelId::new("test")?;
    assert!(Embedding::from_slice(model.clone(), &[0.5; DIMENSIONS - 1]).is_err());
    assert!(Embedding::from_slice(model.clone(), &[0.5; DIMENSIONS + 1]).is_err());
    assert!(Embedding::new(model.clone(), [f32::NAN; DIMENSIONS]).is_err());
    let embedding = Embedding::new(model, [0.5; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new("ada")?);
    for score in [f32::NAN, f32::INFINITY] {
        let made = FaceSample::new(event.clone(), user.clone(), embedding.clone(), score, "", now());
        assert!(made.is_err());
    }
    Ok(())
}

#[test]
fn unknown_fields_of_a_sample_survive_a_rewrite() -> Outcome {
    let bytes = sample()?.to_bytes()?;
    let body = bytes.get(HEADER + 4..).unwrap_or_default();
    let (json, numbers) = body.split_at(body.len() - 4 * DIMENSIONS);
    let json = [br#"{"of_a_newer_version":[1.5,null],"#, json.get(1..).unwrap_or_default()].concat();
    let body = [&u32::try_from(json.len())?.to_le_bytes()[..], &json, numbers].concat();
    let checksum = crc32fast::hash(&[b"\x01S", &body[..]].concat());
    let newer = FaceSample::from_bytes(&[b"\x01S", &checksum.to_le_bytes()[..], &body].concat())?;
    assert_eq!(newer.embedding(), sample()?.embedding());
    let text = String::from_utf8_lossy(&newer.to_bytes()?).into_owned();
    assert!(text.contains(r#""of_a_newer_version":[1.5,null]"#), "{text}");
    Ok(())
}

#[test]
fn neither_debug_output_nor_errors_show_an_embedding() -> Outcome {
    let sample = sample()?;
    assert!(!format!("{sample:?}").contains("0.625"), "{sample:?}");
    let mut quality = Metadata::new();
    quality.insert("text".to_owned(), "x".repeat(2_000_000).into());
    let error = sample.with_quality(quality).to_bytes().err().ok_or("too long a record was written")?;
    assert!(error.to_string().len() < 200 && !format!("{error:?}").contains("0.625"));
    Ok(())
}

type Read = fn(&[u8]) -> Result<(), StoreError>;
type EveryKind = [(Vec<u8>, Read); 4];

fn every_kind() -> Result<EveryKind, Box<dyn Error>> {
    Ok([
        (event()?.to_bytes()?, |bytes| EventRecord::from_bytes(bytes).map(drop)),
        (user()?.to_bytes()?, |bytes| UserRecord::from_bytes(bytes).map(drop)),
        (sample()?.to_bytes()?, |bytes| FaceSample::from_bytes(bytes).map(drop)),
        (entry()?.to_bytes()?, |bytes| JournalEntry::from_bytes(bytes).map(drop)),
    ])
}

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

fn event() -> Result<EventRecord, Box<dyn Error>> {
    Ok(EventRecord::new(EventName::new("conference")?, ModelId::new("test")?, now()))
}

/// Of one id, so that two are equal.
fn entry() -> Result<JournalEntry, Box<dyn Error>> {
    let mut entry = JournalEntry::new(Topic::new("check-ins/conference")?, "seen", now());
    entry.id = "0190163d-8694-739b-aea5-966c26f8ad90".parse()?;
    Ok(entry.with_subject("Zoë").with_key("k"))
}

fn user() -> Result<UserRecord, Box<dyn Error>> {
    Ok(UserRecord::new(EventName::new("conference")?, Username::new("Zoë")?, now()))
}

fn sample() -> Result<FaceSample, Box<dyn Error>> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.625; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new("Zoë")?);
    Ok(FaceSample::new(event, user, embedding, 0.75, "test", now())?)
}
