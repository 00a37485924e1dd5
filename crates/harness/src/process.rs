//! A program that runs.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::bounds::{self, Exceeded};
use crate::confine::Landlock;
use crate::error::Error;
use crate::output::{Seen, Stream, Watch};
use crate::program::StdinWriter;
use crate::tree;

/// A process that does not take its standard input for this long is stuck.
pub const STDIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What ends input on a terminal, at the start of a line (`^D`).
const END_OF_TRANSMISSION: &[u8] = b"\x04";

/// A killed process has ended in far less than this, unless somebody traces it.
const KILL_TIMEOUT: Duration = Duration::from_secs(3);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Status(i32),
    /// By this signal's number.
    Signal(i32),
}

impl Exit {
    /// True if the status was 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Status(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Signal(signal) => match nix::sys::signal::Signal::try_from(*signal) {
                Ok(named) => write!(f, "signal {signal} ({named})"),
                Err(_) => write!(f, "signal {signal}"),
            },
        }
    }
}

/// A signal by the name that everybody knows, `SIGTERM`.
#[must_use]
pub fn signal_name(signal: Signal) -> String {
    let number = signal.as_raw();
    let named = nix::sys::signal::Signal::try_from(number);
    named.map_or_else(|_| format!("signal {number}"), |named| named.to_string())
}

/// A started program. What it prints is captured all the time.
///
/// Dropping it kills it, its process group and (Linux) everything it started that is still there,
/// and reaps it. That takes some milliseconds, and at most six seconds where something resists.
pub struct Process {
    child: Child,
    pid: Pid,
    command: String,
    watch: Arc<Watch>,
    stdin: Option<StdinWriter>,
    pub(crate) landlock: Landlock,
    /// Up to where [`wait_line`](Self::wait_line) and its sister have read.
    read_stdout: usize,
    read_stderr: usize,
}

impl Process {
    pub(crate) fn new(
        child: Child,
        command: String,
        watch: Arc<Watch>,
        stdin: Option<StdinWriter>,
    ) -> Self {
        let pid = Pid::from_child(&child);
        Self {
            child,
            pid,
            command,
            watch,
            stdin,
            landlock: Landlock::Off,
            read_stdout: 0,
            read_stderr: 0,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// The process's number, which no other process gets before this one is dropped.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The command line, quoted for a shell.
    #[must_use]
    pub fn command_line(&self) -> &str {
        &self.command
    }

    /// How far Landlock confines the process ([`Program::confined`](crate::Program::confined)).
    #[must_use]
    pub fn landlock(&self) -> Landlock {
        self.landlock
    }

    /// The bound of its [`Confinement`](crate::confine::Confinement) for which it was ended.
    #[must_use]
    pub fn exceeded(&self) -> Option<Exceeded> {
        bounds::exceeded(self.pid)
    }

    /// When the process was started; the times in [`report`](Self::report) count from here.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.watch.started
    }

    /// What was printed on standard output so far.
    ///
    /// Complete once the process has ended, except for what a process that it started prints later,
    /// and for the middle of very much ([`KEPT_OUTPUT`](crate::KEPT_OUTPUT)).
    #[must_use]
    pub fn stdout(&self) -> Vec<u8> {
        self.watch.seen().of(Stream::Output).bytes().to_vec()
    }

    /// What was printed on standard error so far, as [`stdout`](Self::stdout).
    #[must_use]
    pub fn stderr(&self) -> Vec<u8> {
        self.watch.seen().of(Stream::Error).bytes().to_vec()
    }

    /// Waits until all of standard output so far is as `expected` says.
    ///
    /// # Errors
    /// [`Error::Deadline`], or [`Error::Ended`] as soon as nothing more can come.
    pub fn wait_stdout(
        &self,
        expected: impl FnMut(&[u8]) -> bool,
        within: Duration,
    ) -> Result<(), Error> {
        self.wait_stream(Stream::Output, expected, within)
    }

    /// Waits until all of standard error so far is as `expected` says.
    ///
    /// # Errors
    /// As [`wait_stdout`](Self::wait_stdout).
    pub fn wait_stderr(
        &self,
        expected: impl FnMut(&[u8]) -> bool,
        within: Duration,
    ) -> Result<(), Error> {
        self.wait_stream(Stream::Error, expected, within)
    }

    fn wait_stream(
        &self,
        stream: Stream,
        mut expected: impl FnMut(&[u8]) -> bool,
        within: Duration,
    ) -> Result<(), Error> {
        let what = format!("the expected content of {}", name(stream));
        let look = |seen: &Seen| expected(seen.of(stream).bytes()).then_some(());
        self.wait_for(stream, what, within, look)
    }

    /// Waits for the next whole line of standard output and returns it without its line feed.
    ///
    /// Each line is returned once. Bytes that are not UTF-8 are replaced (U+FFFD); where they
    /// matter, look at [`stdout`](Self::stdout).
    ///
    /// # Errors
    /// As [`wait_stdout`](Self::wait_stdout).
    pub fn wait_line(&mut self, within: Duration) -> Result<String, Error> {
        let (line, end) = self.wait_line_from(Stream::Output, self.read_stdout, within)?;
        self.read_stdout = end;
        Ok(line)
    }

    /// Waits for the next whole line of standard error, as [`wait_line`](Self::wait_line).
    ///
    /// # Errors
    /// As [`wait_stdout`](Self::wait_stdout).
    pub fn wait_error_line(&mut self, within: Duration) -> Result<String, Error> {
        let (line, end) = self.wait_line_from(Stream::Error, self.read_stderr, within)?;
        self.read_stderr = end;
        Ok(line)
    }

    /// The next line behind the first `start` bytes of `stream`, and where it ends.
    fn wait_line_from(
        &self,
        stream: Stream,
        start: usize,
        within: Duration,
    ) -> Result<(String, usize), Error> {
        let what = format!("a further line on {}", name(stream));
        self.wait_for(stream, what, within, |seen| {
            let (start, rest) = seen.of(stream).since(start);
            let length = rest.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(&rest[..length]).into_owned();
            Some((line, start + length + 1))
        })
    }

    /// Waits until `look` finds something, or `stream` is at its end.
    fn wait_for<T>(
        &self,
        stream: Stream,
        expected: String,
        within: Duration,
        mut look: impl FnMut(&Seen) -> Option<T>,
    ) -> Result<T, Error> {
        let found = self.watch.wait(within, |seen| match look(seen) {
            Some(found) => Some(Some(found)),
            // At its end, but how the process ended is not known yet: that comes immediately, if it
            // has not just closed its output.
            None if seen.ended(stream) && seen.exit.is_some() => Some(None),
            None => None,
        });
        if let Some(found) = found {
            return found.ok_or_else(|| self.ended(expected));
        }
        // Since the last look more may have come, and the end.
        let (found, ended) = {
            let seen = self.watch.seen();
            (look(&seen), seen.ended(stream))
        };
        match found {
            Some(found) => Ok(found),
            None if ended => Err(self.ended(expected)),
            None => Err(self.late(expected, within)),
        }
    }

    /// How the process ended, if it has.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        self.watch.seen().exit.map(|(exit, _)| exit)
    }

    /// Waits for the end of the process. All it printed is then there.
    ///
    /// # Errors
    /// [`Error::Deadline`] if it runs on.
    pub fn wait_exit(&self, within: Duration) -> Result<Exit, Error> {
        self.watch
            .wait(within, |seen| seen.exit.map(|(exit, _)| exit))
            .ok_or_else(|| self.late("the end of the process".to_owned(), within))
    }

    /// Writes to standard input, which must be [`Input::Pipe`](crate::Input::Pipe) or a terminal.
    ///
    /// # Errors
    /// [`Error::System`] if standard input is closed at either end, or nothing of it is taken for
    /// [`STDIN_TIMEOUT`].
    pub fn write_stdin(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let closed = || io::Error::from(ErrorKind::BrokenPipe);
        let written = match &mut self.stdin {
            Some(stdin) => write_within(stdin, bytes, STDIN_TIMEOUT),
            None => Err(closed()),
        };
        written.map_err(Error::system("writing to the standard input of a program"))
    }

    /// Ends standard input: closes the pipe, or types `^D` on the terminal.
    ///
    /// # Errors
    /// As [`write_stdin`](Self::write_stdin), on a terminal only.
    pub fn close_stdin(&mut self) -> Result<(), Error> {
        match &self.stdin {
            Some(stdin) if stdin.terminal => self.write_stdin(END_OF_TRANSMISSION),
            _ => {
                self.stdin = None;
                Ok(())
            }
        }
    }

    /// Sends a signal to the process alone, as `kill PID` does. It may have ended.
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        kill_process(self.pid, signal).map_err(Error::system("sending a signal"))
    }

    /// Sends a signal to the process group, as a key on the terminal does.
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn signal_group(&self, signal: Signal) -> Result<(), Error> {
        kill_process_group(self.pid, signal).map_err(Error::system("sending a signal"))
    }

    /// Kills the process and everything that it started, and waits for its end.
    ///
    /// # Errors
    /// [`Error::Deadline`] if the system takes too long for that.
    pub fn kill_tree(&self) -> Result<Exit, Error> {
        tree::end(self.pid);
        // Where nothing can be looked up.
        let _ = kill_process_group(self.pid, Signal::KILL);
        self.wait_exit(KILL_TIMEOUT)
    }

    /// All that was seen of the process: command line, how it stands, and what it printed, with
    /// the time of each line in seconds since the start, escaped, and folded if long.
    #[must_use]
    pub fn report(&self) -> String {
        let seen = self.watch.seen();
        let status = match seen.exit {
            Some((exit, at)) => format!("ended with {exit} after {:.3}s", at.as_secs_f64()),
            None => format!("running for {:.3}s", self.started().elapsed().as_secs_f64()),
        };
        let mut report = format!("  command: {}\n  process: {status}\n", self.command);
        if let Some(exceeded) = self.exceeded() {
            report += &format!("  ended by the harness: it used {exceeded}\n");
        }
        for stream in [Stream::Output, Stream::Error] {
            let printed = seen.of(stream);
            let (name, count) = (name(stream), printed.count());
            report += &format!("  {name}: {count} bytes\n{}", printed.show());
        }
        report
    }

    pub(crate) fn late(&self, expected: String, within: Duration) -> Error {
        Error::Deadline {
            expected,
            within,
            seen: self.report(),
        }
    }

    pub(crate) fn ended(&self, expected: String) -> Error {
        Error::Ended {
            expected,
            exit: self.exit(),
            seen: self.report(),
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        bounds::forget(self.pid);
        // The thread that waits for it must have seen its end before it is reaped: its number
        // cannot mean another group until then.
        let _ = self.kill_tree();
        tree::reap(self.pid, &mut self.child);
    }
}

fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Output => "standard output",
        Stream::Error => "standard error",
    }
}

/// Writes all of `bytes`, as long as some of it is taken `within` each wait.
fn write_within(stdin: &mut StdinWriter, mut bytes: &[u8], within: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(within).map_err(io::Error::other)?;
    while !bytes.is_empty() {
        match stdin.file.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut fds = [PollFd::new(&stdin.file, PollFlags::OUT)];
                if rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))? == 0 {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
