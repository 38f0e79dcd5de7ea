//! What one store tells the others of a write, with the write itself.

use uuid::Uuid;

use crate::{EventName, Username};

/// The channel of the stores on one schema. A channel is the whole database's, so the schema is in its name.
pub(super) fn channel(schema: &str) -> String {
    format!("{schema}_changes")
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    Event(EventName),
    User(EventName, Username),
}

/// Writer and names as a JSON array of texts, in far less than the 8000 bytes of a notice.
pub(super) fn notice(writer: Uuid, changed: &Changed) -> String {
    let writer = writer.simple().to_string();
    let mut texts = vec![writer.as_str()];
    match changed {
        Changed::Event(event) => texts.push(event.as_str()),
        Changed::User(event, user) => texts.extend([event.as_str(), user.as_str()]),
    }
    serde_json::Value::from(texts).to_string()
}

/// What a store says to itself, to hear whether it listens. For others it is no notice.
pub(super) fn hello(writer: Uuid) -> String {
    serde_json::Value::from(vec![writer.simple().to_string()]).to_string()
}

/// The writer and what it changed; `None` for a notice that is none of ours.
pub(super) fn read(notice: &str) -> Option<(Uuid, Changed)> {
    let texts: Vec<String> = serde_json::from_str(notice).ok()?;
    let (writer, names) = texts.split_first()?;
    let changed = match names {
        [event] => Changed::Event(EventName::new(event).ok()?),
        [event, user] => Changed::User(EventName::new(event).ok()?, Username::new(user).ok()?),
        _ => return None,
    };
    Some((writer.parse().ok()?, changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_and_strangest_names_come_back_and_fit() {
        let writer = Uuid::now_v7();
        for name in ["a", "\"], [\"", "\\\\\\", "{}", "null", &"\"".repeat(128), &"\u{10FFFD}".repeat(63)] {
            let (event, user) = (EventName::new(name).unwrap(), Username::new(name).unwrap());
            for changed in [Changed::Event(event.clone()), Changed::User(event, user)] {
                let text = notice(writer, &changed);
                assert!(text.len() < 4000, "{}", text.len());
                assert_eq!(read(&text), Some((writer, changed)));
            }
        }
    }

    #[test]
    fn what_others_send_is_no_notice() {
        for text in ["", "hello", "[]", "[\"a\"]", "{\"a\":1}", "[1,2]", "[\"x\",\"a\",\"b\",\"c\"]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
