//! Command lines with options, as getopt understands them.

use std::ffi::OsStr;

use harness::{Exit, Finished, Input, Output, Process, shown};

use crate::{Arguments, Outcome, Problem, Trial};

/// Runs the program to its end with just these words.
pub(super) fn run<S: AsRef<OsStr>>(
    trial: &mut Trial<'_>,
    words: impl IntoIterator<Item = S>,
) -> Result<Finished, Problem> {
    trial.may_choose_arguments()?;
    trial.run(&Arguments::words(words), Input::Pipe)
}

/// Sees that `--help` prints a text on standard output that names the options. Whether it ends then
/// is another matter.
pub(super) fn help_names(trial: &mut Trial<'_>, options: &[&str]) -> Outcome {
    help(trial, options, "standard output", Process::stdout)
}

/// The same, on either output.
pub(super) fn help_anywhere_names(trial: &mut Trial<'_>, options: &[&str]) -> Outcome {
    help(trial, options, "either output", |process| {
        [process.stdout(), process.stderr()].concat()
    })
}

fn help(
    trial: &mut Trial<'_>,
    options: &[&str],
    place: &str,
    printed: fn(&Process) -> Vec<u8>,
) -> Outcome {
    trial.may_choose_arguments()?;
    trial.start_as(&Arguments::words(["--help"]), |program| {
        program.stdin(Input::Pipe).stdout(Output::Terminal)
    })?;
    let missing = |printed: &[u8]| {
        let text = String::from_utf8_lossy(printed);
        options.iter().find(|option| !text.contains(**option))
    };
    // What came is looked at in any case.
    trial.prints(|printed| missing(printed).is_none())?;
    let printed = printed(trial.process()?);
    match missing(&printed) {
        None => Ok(()),
        Some(missing) => Err(Problem::broken(
            format!("a text on {place} with {}", options.join(", ")),
            format!("there is no {missing} in {}", shown(&printed)),
        )),
    }
}

/// Sees that the words are refused as wrong usage (G-2).
pub(super) fn is_refused(trial: &mut Trial<'_>, words: &[&str]) -> Outcome {
    let expected = format!("{words:?} is refused with status 2 and a text on standard error only");
    let finished = run(trial, words).map_err(|problem| match problem {
        Problem::Broken { happened, .. } => Problem::broken(&expected, happened),
        problem @ Problem::NotJudged(_) => problem,
    })?;
    let Finished {
        exit,
        stdout,
        stderr,
    } = finished;
    if exit == Exit::Status(2) && stdout.is_empty() && !stderr.is_empty() {
        return Ok(());
    }
    let (stdout, stderr) = (shown(&stdout), shown(&stderr));
    let happened = format!("{exit}, standard output: {stdout}, standard error: {stderr}");
    Err(Problem::broken(expected, happened))
}
