//! What a run of libFuzzer came to, read from its log.

use std::path::Path;

/// The figures of one run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    executions: u64,
    a_second: u64,
    /// Edges that were taken, and combinations of edge, count and compared value.
    coverage: u64,
    features: u64,
    /// Places in decoders whose panic was caught.
    caught: usize,
    /// What broke the target: the kept input, or else the log.
    pub(super) broken_by: Option<String>,
}

impl Outcome {
    pub(super) const HEADER: &str = "| target | executions | a second | edges | features | decoder panics caught (places) | crashes |\n\
         |---|---|---|---|---|---|---|";

    pub(super) fn read(log: &str, passed: bool, path: &Path) -> Self {
        let number = |name: &str| {
            log.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_default()
        };
        // From the end: the figure is in each line of progress, and a run that was killed has no statistics.
        let latest = |name: &str| {
            let after = log.lines().rev().find_map(|line| Some(line.split_once(name)?.1))?;
            after.split_whitespace().next()?.parse().ok()
        };
        let kept =
            || log.lines().find_map(|line| Some(line.split_once("Test unit written to ")?.1.to_owned()));
        Self {
            executions: number("stat::number_of_executed_units:"),
            a_second: number("stat::average_exec_per_sec:"),
            coverage: latest(" cov: ").unwrap_or_default(),
            features: latest(" ft: ").unwrap_or_default(),
            caught: log.lines().filter(|line| line.starts_with("CAUGHT: ")).count(),
            broken_by: (!passed).then(|| kept().unwrap_or_else(|| format!("see {}", path.display()))),
        }
    }

    /// A row under [`Self::HEADER`].
    pub(super) fn row(&self, target: &str) -> String {
        let Self { executions, a_second, coverage, features, caught, .. } = self;
        let crashes = usize::from(self.broken_by.is_some());
        format!("| {target} | {executions} | {a_second} | {coverage} | {features} | {caught} | {crashes} |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
#40\tINITED cov: 2108 ft: 6133 corp: 36/9Kb exec/s: 0 rss: 53Mb
CAUGHT: a panic in tiff-0.11.3 decoder/mod.rs:12
#2500\tDONE   cov: 2209 ft: 6890 corp: 60/14Kb lim: 4096 exec/s: 1250 rss: 60Mb
###### End of recommended dictionary. ######
Done 2500 runs in 2 second(s)
stat::number_of_executed_units: 2500
stat::average_exec_per_sec:     1250
";

    #[test]
    fn the_figures_of_a_run_are_its_last_ones() {
        let outcome = Outcome::read(LOG, true, Path::new("decode.log"));
        let expected = Outcome {
            executions: 2500,
            a_second: 1250,
            coverage: 2209,
            features: 6890,
            caught: 1,
            broken_by: None,
        };
        assert_eq!(outcome, expected);
        assert_eq!(outcome.row("decode"), "| decode | 2500 | 1250 | 2209 | 6890 | 1 | 0 |");
    }

    #[test]
    fn a_crash_names_the_input_that_was_kept_or_the_log() {
        let log = format!("{LOG}artifact_prefix='crashes/'; Test unit written to crashes/crash-da39\n");
        let broken = |log: &str| Outcome::read(log, false, Path::new("decode.log")).broken_by.unwrap();
        assert_eq!(broken(&log), "crashes/crash-da39");
        assert_eq!(broken("killed"), "see decode.log");
    }
}
