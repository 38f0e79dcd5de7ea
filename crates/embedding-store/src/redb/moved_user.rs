//! The move of a user's samples to another name, which they are sealed for anew.

use redb::ReadableTable;

use super::applied::Applied;
use super::failure::Failure;
use super::keys;
use super::tables::WriteTables;
use crate::{StoreError, UserRecord, moved_user};

pub(super) fn apply(
    tables: &mut WriteTables<'_>,
    seen: &UserRecord,
    to: &UserRecord,
    onto: Option<&UserRecord>,
) -> Result<Applied, Failure> {
    tables.check_user(&seen.event, &seen.name)?;
    let (present, there) = (tables.user(&seen.event, &seen.name)?, tables.user(&to.event, &to.name)?);
    moved_user::check(seen, to, onto, present.as_ref(), there.as_ref())?;
    let record = to.to_bytes()?;
    let of_user = keys::range_of_user(&seen.event, &seen.name);
    let (mut moved, mut count) = (Vec::new(), tables.count_samples(&to.event, &to.name)?);
    for entry in tables.samples.range(of_user.start.as_slice()..of_user.end.as_slice())? {
        let (key, value) = entry?;
        let sample = tables.read_sample(key.value(), value.value())?.of_user(to.name.clone());
        match tables.sample_in_place_of(&sample)? {
            Some(present) if present == sample => {}
            Some(_) => return Err(StoreError::taken_id(&sample).into()),
            None => {
                count += 1;
                moved.push((keys::sample(&sample), tables.keyring.seal(&sample)?));
            }
        }
    }

    // Only now, when nothing can be refused any more: a refused move must leave everything as it was.
    tables.samples.retain_in(of_user.start.as_slice()..of_user.end.as_slice(), |_, _| false)?;
    tables.users.remove(keys::user(&seen.event, &seen.name).as_slice())?;
    tables.users.insert(keys::user(&to.event, &to.name).as_slice(), record.as_slice())?;
    for (key, bytes) in &moved {
        tables.samples.insert(key.as_slice(), bytes.as_slice())?;
    }
    Ok(Applied::counting(true, count))
}
