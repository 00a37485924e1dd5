//! The results of a run, and the rules.

use std::fmt;
use std::time::Duration;

use crate::counters::Counters;
use crate::hostile::Kind;
use crate::hostile::slowloris::SLOW_CLIENTS;
use crate::latency::{JUDGED_FROM, Latency, MOST_RATIO, SILENT};
use crate::resources::{End, IDLE_WATCH, MORE_MEMORY, MOST_IDLE_TIME, MOST_PEAK, Resources};
use crate::servers::MOST_FILES;
use crate::subject::{Each, Subject};

const LABEL_WIDTH: usize = 32;
const COLUMN_WIDTH: usize = 12;

/// A cell without a value.
const NOTHING: &str = "-";

/// All results. Displayed, it is the table and the verdict.
#[derive(Debug)]
pub(crate) struct Report {
    /// How long the load lasted.
    pub(crate) time: Duration,
    /// The warming up included.
    pub(crate) counters: Counters,
    pub(crate) latencies: Each<Option<Latency>>,
    /// What the servers took without clients: memory after the warming up, descriptors before.
    pub(crate) start: Each<Resources>,
    /// The same after the load.
    pub(crate) end: Each<Resources>,
    /// The most memory that each had resident, in bytes.
    pub(crate) peak: Each<u64>,
    /// Processor time while they were watched at the end.
    pub(crate) idle: Each<Duration>,
    pub(crate) ends: Each<End>,
}

impl Report {
    /// What did not hold, a line each.
    pub(crate) fn failures(&self) -> Vec<String> {
        Subject::ALL
            .into_iter()
            .flat_map(|subject| {
                let broken = self.broken(subject);
                broken
                    .into_iter()
                    .map(move |what| format!("{}: {what}", subject.name()))
            })
            .collect()
    }

    fn broken(&self, subject: Subject) -> Vec<&'static str> {
        let (start, end) = (self.start[subject], self.end[subject]);
        let rules = [
            (self.counters.served(subject) > 0, "no request was served"),
            (
                self.counters.errors(subject) == 0,
                "honest clients saw errors",
            ),
            (start.has_flat_memory(end), "it took more and more memory"),
            (
                self.peak[subject] <= MOST_PEAK,
                "it took more memory than its bound",
            ),
            (
                start.has_same_files(end),
                "it did not close every descriptor",
            ),
            (
                self.idle[subject] <= MOST_IDLE_TIME,
                "it used processor time while it was idle",
            ),
            (self.ends[subject].is_clean(), "it did not end as it should"),
            (
                self.has_low_latency(subject),
                "honest clients waited beside silent and slow ones",
            ),
        ];
        rules
            .into_iter()
            .filter_map(|(holds, what)| (!holds).then_some(what))
            .collect()
    }

    fn has_low_latency(&self, subject: Subject) -> bool {
        let latency = &self.latencies[subject];
        latency.is_none_or(|latency| {
            self.time < JUDGED_FROM
                || (latency.ratio() <= MOST_RATIO && latency.connected >= SILENT)
        })
    }

    fn write_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_row(f, "", |subject| subject.name().to_owned())?;
        let counters = &self.counters;
        write_row(f, "requests served right", |s| {
            counters.served(s).to_string()
        })?;
        write_row(f, "errors of honest clients", |s| {
            counters.errors(s).to_string()
        })?;
        for kind in Kind::ALL {
            write_row(f, kind.name(), |subject| {
                match counters.hostile(subject, kind) {
                    0 => NOTHING.to_owned(),
                    events => events.to_string(),
                }
            })?;
        }
        Ok(())
    }

    fn write_resources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_row(f, "memory at the start, KiB", |s| kib(self.start[s].memory))?;
        write_row(f, "memory at most, KiB", |s| kib(self.peak[s]))?;
        write_row(f, "memory at the end, KiB", |s| kib(self.end[s].memory))?;
        let files = |resources: &Resources| resources.files.to_string();
        write_row(f, "descriptors at the start", |s| files(&self.start[s]))?;
        write_row(f, "descriptors at most", |s| {
            match self.counters.most_files(s) {
                0 => NOTHING.to_owned(),
                most => most.to_string(),
            }
        })?;
        write_row(f, "descriptors at the end", |s| files(&self.end[s]))?;
        let label = format!("processor ms in {IDLE_WATCH:?} idle");
        write_row(f, &label, |s| self.idle[s].as_millis().to_string())?;
        write_row(f, "ended with", |s| how_it_ended(&self.ends[s]))
    }

    fn write_latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latency = |show: fn(&Latency) -> String| {
            move |subject| {
                let latency = &self.latencies[subject].as_ref();
                latency.map_or_else(|| NOTHING.to_owned(), show)
            }
        };
        write_row(f, "p99 alone, ms", latency(|latency| millis(latency.alone)))?;
        write_row(
            f,
            "p99 beside silent and slow, ms",
            latency(|latency| millis(latency.beside)),
        )?;
        write_row(
            f,
            "times as long",
            latency(|latency| format!("{:.2}", latency.ratio())),
        )?;
        write_row(
            f,
            "silent and slow, at least",
            latency(|latency| latency.connected.to_string()),
        )
    }

    fn write_rules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judged = if self.time < JUDGED_FROM {
            format!("not judged in runs of less than {JUDGED_FROM:?}")
        } else {
            format!("at most {MOST_RATIO} times as long")
        };
        writeln!(
            f,
            "Rules: no errors; memory at most {} KiB more, and never more than {} KiB; the same \
             descriptors; at most {MOST_IDLE_TIME:?} idle; status 0, and no panic.\n\
             Each server may have {MOST_FILES} descriptors. p99 beside {SILENT} silent and \
             {SLOW_CLIENTS} slow clients: {judged}.",
            kib(MORE_MEMORY),
            kib(MOST_PEAK)
        )
    }

    fn write_verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for message in self.counters.error_messages() {
            writeln!(f, "  error: {message}")?;
        }
        let failures = self.failures();
        for failure in &failures {
            writeln!(f, "  FAILED: {failure}")?;
        }
        let verdict = if failures.is_empty() {
            "all held"
        } else {
            "NOT all held"
        };
        writeln!(f, "{verdict}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Load for {:?}, after the warming up.\n", self.time)?;
        self.write_counts(f)?;
        self.write_resources(f)?;
        self.write_latencies(f)?;
        writeln!(f)?;
        self.write_rules(f)?;
        self.write_verdict(f)
    }
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    cell: impl Fn(Subject) -> String,
) -> fmt::Result {
    write!(f, "{label:<LABEL_WIDTH$}")?;
    for subject in Subject::ALL {
        write!(f, "{:>COLUMN_WIDTH$}", cell(subject))?;
    }
    writeln!(f)
}

fn kib(bytes: u64) -> String {
    (bytes / 1024).to_string()
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

fn how_it_ended(end: &End) -> String {
    match end.exit {
        _ if end.panicked => "a panic".to_owned(),
        Some(exit) => exit.to_string(),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use harness::Exit;

    use super::*;

    fn each<T>(make: impl Fn() -> T) -> Each<T> {
        Each::try_new(|_| Ok::<T, fmt::Error>(make())).unwrap()
    }

    /// A run in which all held.
    fn flawless(seconds: u64) -> Report {
        let counters = Counters::default();
        for subject in Subject::ALL {
            counters.count_served(subject, 1);
        }
        let resources = Resources {
            memory: 1 << 20,
            files: 9,
        };
        let latency = Latency {
            alone: Duration::from_millis(1),
            beside: Duration::from_millis(3),
            connected: 550,
        };
        let end = || End {
            exit: Some(Exit::Status(0)),
            panicked: false,
        };
        Report {
            time: Duration::from_secs(seconds),
            counters,
            latencies: each(|| Some(latency)),
            start: each(|| resources),
            end: each(|| resources),
            peak: each(|| MOST_PEAK),
            idle: each(|| Duration::from_millis(10)),
            ends: each(end),
        }
    }

    fn with(change: impl FnOnce(&mut Report)) -> Vec<String> {
        let mut report = flawless(60);
        change(&mut report);
        report.failures()
    }

    #[test]
    fn all_holds() {
        let report = flawless(60);
        assert_eq!(report.failures(), Vec::<String>::new());
        assert!(report.to_string().ends_with("\nall held\n"), "{report}");
    }

    #[test]
    fn each_rule_can_fail() {
        let of = Subject::Lab3;
        let failed = |what| vec![format!("lab3: {what}")];
        assert_eq!(
            with(|report| report.counters.count_error(of, "no answer")),
            failed("honest clients saw errors")
        );
        assert_eq!(
            with(|report| report.end[of].memory += MORE_MEMORY + 1),
            failed("it took more and more memory")
        );
        assert_eq!(
            with(|report| report.peak[of] += 1),
            failed("it took more memory than its bound")
        );
        for files in [8, 10] {
            assert_eq!(
                with(|report| report.end[of].files = files),
                failed("it did not close every descriptor")
            );
        }
        assert_eq!(
            with(|report| report.idle[of] = Duration::from_millis(30)),
            failed("it used processor time while it was idle")
        );
        for end in [
            (None, false),
            (Some(Exit::Status(1)), false),
            (Some(Exit::Status(0)), true),
        ] {
            let (exit, panicked) = end;
            assert_eq!(
                with(|report| report.ends[of] = End { exit, panicked }),
                failed("it did not end as it should")
            );
        }
        let none_served = Counters::default();
        assert_eq!(with(|report| report.counters = none_served).len(), 5);
    }

    #[test]
    fn a_long_tail_and_a_small_crowd_count_in_long_runs() {
        for (millis, connected) in [(4, 550), (3, 499)] {
            let latency = Latency {
                alone: Duration::from_millis(1),
                beside: Duration::from_millis(millis),
                connected,
            };
            let mut report = flawless(60);
            report.latencies[Subject::Server] = Some(latency);
            assert_eq!(report.failures().len(), 1);
            report.time = Duration::from_secs(59);
            assert!(report.failures().is_empty());
        }
    }

    #[test]
    fn the_verdict_says_what_failed() {
        let report = flawless(10);
        report
            .counters
            .count_error(Subject::Server, "a message is missing");
        let shown = report.to_string();
        assert!(
            shown.contains("\n  error: server: a message is missing\n"),
            "{shown}"
        );
        assert!(
            shown.contains("\n  FAILED: server: honest clients saw errors\n"),
            "{shown}"
        );
        assert!(shown.ends_with("\nNOT all held\n"), "{shown}");
    }
}
