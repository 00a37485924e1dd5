use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::Duration;

use harness::Program;
use harness::confine::{Confinement, User};

use crate::explore::Exploration;

/// Placeholders that a command may have instead of the assignment's own arguments.
const PLACEHOLDERS: [&str; 3] = ["{host}", "{port}", "{file}"];

/// The bytes of each output of a program under test that are kept; the rest is counted.
const KEPT_OUTPUT: usize = 1 << 20;

/// The program under test.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The command. The assignment's arguments are appended to it, or replace `{host}`, `{port}`
    /// and `{file}` in it.
    pub command: Vec<OsString>,
    /// How to reach it.
    pub target: Target,
    /// How long a check waits for something that should happen immediately.
    pub timeout: Duration,
    /// How long the program takes to start, as [`preflight`](crate::preflight) has measured it:
    /// every wait is that much longer.
    pub startup: Duration,
    /// How it is confined; nothing: not at all.
    pub confinement: Option<Limits>,
    /// Of which checks the connections are recorded.
    pub recorded: Recorded,
    /// How far it is explored.
    pub exploration: Exploration,
}

/// Of which checks all bytes of the connections are kept, for captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Of none.
    Nothing,
    /// Of those that do not hold.
    Failures,
    /// Of all.
    All,
}

/// What a program under test may have.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Who runs it; for root only.
    pub user: Option<User>,
    /// What it finds in its environment besides PATH, HOME, LANG and TMPDIR.
    pub env: Vec<(OsString, OsString)>,
    /// Bytes of memory that a program and all that it starts may have resident.
    pub memory: u64,
}

impl Limits {
    /// The most bytes of a file.
    const FILE_SIZE: u64 = 100 << 20;
    /// The most bytes of all files.
    const DISK: u64 = 256 << 20;
    /// Processes and threads.
    const PROCESSES: u64 = 512;
    /// Seconds of processor time of one process.
    const CPU_SECONDS: u64 = 300;
    /// Descriptors of one process.
    const OPEN_FILES: u64 = 4096;

    /// These limits, with a folder to write to.
    pub(crate) fn confine(&self, program: Program, scratch: &Path) -> Program {
        let confined = program.confined(Confinement {
            scratch: scratch.to_owned(),
            user: self.user,
            file_size: Some(Self::FILE_SIZE),
            processes: Some(Self::PROCESSES),
            cpu_seconds: Some(Self::CPU_SECONDS),
            open_files: Some(Self::OPEN_FILES),
            memory: Some(self.memory),
            disk: Some(Self::DISK),
        });
        self.env
            .iter()
            .fold(confined, |program, (name, value)| program.env(name, value))
    }
}

/// How a program is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Each check starts it, on a port of its own.
    Start,
    /// Each check starts it; it always uses this port.
    FixedPort(u16),
    /// It is a server that runs already.
    Connect(SocketAddr),
}

impl Subject {
    /// The program, to be started with these arguments.
    pub fn program(&self, arguments: &Arguments) -> Program {
        let placed = self.says_where_arguments_go();
        let mut words = self.command.iter().map(|word| arguments.fill_in(word));
        let program = Program::new(words.next().unwrap_or_default()).keep(KEPT_OUTPUT);
        let appended = arguments
            .0
            .iter()
            .filter(|argument| !(placed && argument.is_placeable()));
        program
            .args(words)
            .args(appended.flat_map(|argument| &argument.words))
    }

    /// Whether the command has placeholders: then other arguments than the ordinary ones cannot be
    /// tried.
    pub fn says_where_arguments_go(&self) -> bool {
        self.command.iter().any(|word| {
            let word = word.to_string_lossy();
            PLACEHOLDERS
                .iter()
                .any(|placeholder| word.contains(placeholder))
        })
    }
}

/// The arguments of a program under test.
#[derive(Clone, Debug, Default)]
pub struct Arguments(Vec<Argument>);

#[derive(Clone, Debug)]
struct Argument {
    words: Vec<OsString>,
    /// The placeholder that stands for the last word.
    placeholder: Option<&'static str>,
}

impl Argument {
    fn is_placeable(&self) -> bool {
        self.placeholder.is_some()
    }
}

impl Arguments {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Just these words, none of which has a placeholder.
    pub fn words<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Self {
        words.into_iter().fold(Self::new(), Self::word)
    }

    /// One more word that has no placeholder: an option, a name.
    #[must_use]
    pub fn word(self, word: impl AsRef<OsStr>) -> Self {
        self.push(None, [word.as_ref().to_owned()])
    }

    /// The host to connect to or to listen on.
    #[must_use]
    pub fn host(self, host: &str) -> Self {
        self.push(Some("{host}"), [host.into()])
    }

    /// The host, after an option.
    #[must_use]
    pub fn host_option(self, option: &str, host: &str) -> Self {
        self.push(Some("{host}"), [option.into(), host.into()])
    }

    /// The port.
    #[must_use]
    pub fn port(self, port: impl ToString) -> Self {
        self.push(Some("{port}"), [port.to_string().into()])
    }

    /// The port, after an option.
    #[must_use]
    pub fn port_option(self, option: &str, port: impl ToString) -> Self {
        self.push(Some("{port}"), [option.into(), port.to_string().into()])
    }

    /// A file.
    #[must_use]
    pub fn file(self, file: impl AsRef<OsStr>) -> Self {
        self.push(Some("{file}"), [file.as_ref().to_owned()])
    }

    fn push(
        mut self,
        placeholder: Option<&'static str>,
        words: impl IntoIterator<Item = OsString>,
    ) -> Self {
        self.0.push(Argument {
            words: words.into_iter().collect(),
            placeholder,
        });
        self
    }

    /// A word of the command with its placeholders filled in.
    fn fill_in(&self, word: &OsStr) -> OsString {
        let mut bytes = word.as_bytes().to_vec();
        for argument in &self.0 {
            if let (Some(placeholder), Some(value)) = (argument.placeholder, argument.words.last())
            {
                bytes = replace(&bytes, placeholder.as_bytes(), value.as_bytes());
            }
        }
        OsString::from_vec(bytes)
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(from) {
            replaced.extend_from_slice(to);
            rest = behind;
        } else {
            replaced.push(*first);
            rest = tail;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(command: &str) -> Subject {
        Subject {
            command: command.split(' ').map(OsString::from).collect(),
            target: Target::Start,
            timeout: Duration::from_secs(1),
            startup: Duration::ZERO,
            confinement: None,
            recorded: Recorded::Nothing,
            exploration: Exploration::default(),
        }
    }

    fn command_line(command: &str, arguments: &Arguments) -> String {
        format!("{:?}", subject(command).program(arguments))
    }

    #[test]
    fn arguments_are_appended_or_put_in_their_places() {
        let arguments = Arguments::new()
            .host("::1")
            .port_option("-p", 9000)
            .word("read");
        let line = command_line("python3 x.py", &arguments);
        assert!(
            line.contains(r#"args: ["x.py", "::1", "-p", "9000", "read"]"#),
            "{line}"
        );
        let line = command_line("sh -c run:{port}:{host}", &arguments);
        assert!(
            line.contains(r#"args: ["-c", "run:9000:::1", "read"]"#),
            "{line}"
        );
    }
}
