//! Events over HTTP.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use super::cells::with_interval;
use crate::http::outcome::{EventOutcome, HttpReport};

/// A table for each size of event.
pub(super) fn http(f: &mut Formatter<'_>, report: &HttpReport) -> fmt::Result {
    writeln!(f, "over HTTP, the server's defaults with --multi-face largest (95 % intervals)")?;
    report.events.iter().try_for_each(|outcome| event(f, outcome))
}

fn event(f: &mut Formatter<'_>, outcome: &EventOutcome) -> fmt::Result {
    let people: Vec<_> = outcome.people.iter().map(ToString::to_string).collect();
    writeln!(f, "\nevents of {}: {} held, with {} people", outcome.size, people.len(), people.join(", "))?;
    writeln!(f, "enrolled             {}", with_interval(outcome.enrolled))?;
    by_reason(f, &outcome.not_enrolled)?;
    for (what, share) in [
        ("named rightly", outcome.named),
        ("named as another", outcome.named_as_another),
        ("ambiguous", outcome.ambiguous),
        ("strangers named", outcome.strangers_named),
        ("strangers ambiguous", outcome.strangers_ambiguous),
    ] {
        writeln!(f, "{what:<20} {}", with_interval(share))?;
    }
    if !outcome.refused.is_empty() {
        writeln!(f, "pictures of visitors that cannot be used, counted as not named:")?;
        by_reason(f, &outcome.refused)?;
    }
    Ok(())
}

fn by_reason(f: &mut Formatter<'_>, reasons: &BTreeMap<String, usize>) -> fmt::Result {
    reasons.iter().try_for_each(|(reason, count)| writeln!(f, "  {reason:<20} {count}"))
}
