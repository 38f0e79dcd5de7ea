//! A report as tables for the terminal.

mod cells;
mod event;
mod people;
mod rates;
mod spoilt;

use std::fmt::{self, Display, Formatter};

use super::{PicturesReport, Report, Setting};
use crate::enrolment::EnrolmentReport;
use cells::with_interval;

/// Pictures named at most, where something was wrong with them.
const MOST_NAMED: usize = 20;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let setting = &self.setting;
        writeln!(f, "{}", setting.dataset)?;
        if let Some(http) = &self.http {
            return event::http(f, http);
        }
        described(f, setting)?;
        pictures(f, &self.pictures)?;
        if let Some(enrolment) = &self.enrolment {
            failures(f, enrolment)?;
        }
        if let Some(pairs) = &self.pairs {
            rates::verification(f, "labelled pairs", pairs)?;
        }
        if let Some(all) = &self.all_pairs {
            rates::verification(f, "every pair of the pictures", all)?;
        }
        if let Some(identification) = &self.identification {
            rates::search(f, identification)?;
        }
        people::groups(f, self.groups.as_ref())?;
        people::other_person(f, &self.other_person)?;
        people::several(f, self.several.as_ref())?;
        spoilt::against_untouched(f, &self.spoilt)?;
        spoilt::among_themselves(f, &self.among_spoilt)?;
        spoilt::poses(f, &self.poses)
    }
}

fn described(f: &mut Formatter<'_>, setting: &Setting) -> fmt::Result {
    write!(f, "model {}, crops {}, metric {}", setting.model, setting.crops, setting.metric)?;
    if let Some(scale) = setting.scale.filter(|scale| *scale != 1.0) {
        write!(f, " x {scale}")?;
    }
    writeln!(f, ", detector {}, {} face", setting.detector, setting.choose)
}

fn pictures(f: &mut Formatter<'_>, pictures: &PicturesReport) -> fmt::Result {
    let time = &pictures.time;
    writeln!(f)?;
    writeln!(f, "pictures             {} of {} people", pictures.count, pictures.people)?;
    writeln!(f, "no face found in     {}", pictures.misses.len())?;
    writeln!(f, "several faces in     {}", pictures.several_faces)?;
    writeln!(f, "cannot be used       {}", pictures.unusable.len())?;
    writeln!(
        f,
        "time a picture       {:.1} ms on its thread (decode {:.1}, detect {:.1}, embed {:.1}); {:.1} s for all on \
         {} threads",
        time.picture_ms, time.decode_ms, time.detect_ms, time.embed_ms, time.all_s, time.threads
    )?;
    named(f, "no face", pictures.misses.iter().cloned())?;
    named(f, "unusable", pictures.unusable.iter().map(|(picture, reason)| format!("{picture}: {reason}")))
}

fn failures(f: &mut Formatter<'_>, enrolment: &EnrolmentReport) -> fmt::Result {
    writeln!(f, "failure to acquire   {}", with_interval(enrolment.not_acquired))?;
    let kept = if enrolment.left_out {
        "left out of all rates"
    } else {
        "kept in all rates: --gate leaves them out"
    };
    writeln!(f, "failure to enrol     {}; {kept}", with_interval(enrolment.refused))?;
    for (reason, count) in &enrolment.reasons {
        writeln!(f, "  {reason:<20} {count}")?;
    }
    Ok(())
}

fn named(f: &mut Formatter<'_>, what: &str, names: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let rest = names.len().saturating_sub(MOST_NAMED);
    for name in names.take(MOST_NAMED) {
        writeln!(f, "  {what}: {name}")?;
    }
    if rest > 0 { writeln!(f, "  and {rest} more: see report.json") } else { Ok(()) }
}
