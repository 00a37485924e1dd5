//! How a program is to be started.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, PipeWriter, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::bounds;
use crate::confine::{Confinement, Control, INNER, Landlock, Outcome, Settings};
use crate::error::Error;
use crate::output::{KEPT_OUTPUT, Sources, Stream, Watch, collect};
use crate::process::{Exit, Process};
use crate::terminal::Terminal;
use crate::text::quote;
use crate::tree;

const CONFINING: &str = "confining a program";

/// Where a program's standard input comes from.
#[derive(Debug, Default)]
pub enum Input {
    /// It is at its end from the start.
    #[default]
    Null,
    /// These bytes, written as the program takes them, and then the end.
    Bytes(Vec<u8>),
    /// What [`Process::write_stdin`] writes, until [`Process::close_stdin`]: a pipe that stays
    /// open and empty if nothing is written.
    Pipe,
    /// The same, over the program's terminal.
    Terminal,
    /// An open file.
    File(File),
}

/// Where a program's standard output or standard error goes.
#[derive(Debug, Default)]
pub enum Output {
    /// To the harness, which gathers it.
    #[default]
    Captured,
    /// To the program's terminal. What both streams print there is captured as standard output.
    Terminal,
    /// To a pipe that nobody reads and nobody can: every write fails, as after `| head`.
    ClosedPipe,
    /// To an open file, `/dev/full` for one.
    File(File),
}

/// What a program that ran to its end left ([`Program::run`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// All it printed on standard output, as [`Process::stdout`].
    pub stdout: Vec<u8>,
    /// All it printed on standard error, as [`Process::stderr`].
    pub stderr: Vec<u8>,
}

/// A program to be started: what, with which arguments, and what its streams are.
///
/// By default standard input is empty, both outputs are captured, and the
/// environment is the caller's without `RUST_LOG`, so that nobody's setting changes a test.
#[derive(Debug)]
pub struct Program {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    limit_files: Option<u32>,
    keep: usize,
    confinement: Option<Confinement>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

impl Program {
    /// A program by its path, or by its name if it is to be found in `PATH`.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            directory: None,
            limit_files: None,
            keep: KEPT_OUTPUT,
            confinement: None,
            stdin: Input::default(),
            stdout: Output::default(),
            stderr: Output::default(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Limits the descriptors that the program can have open, the three standard ones included.
    ///
    /// The limit is set by `sh` before it becomes the program. One that does not exist is then
    /// not an error of [`start`](Self::start) but ends with status 127.
    #[must_use]
    pub fn limit_files(mut self, limit: u32) -> Self {
        self.limit_files = Some(limit);
        self
    }

    /// Sets how many bytes are kept of each output, the default being [`KEPT_OUTPUT`].
    #[must_use]
    pub fn keep(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    /// Confines the program (Linux). It then has a session of its own, not only a group.
    #[must_use]
    pub fn confined(mut self, confinement: Confinement) -> Self {
        self.confinement = Some(confinement);
        self
    }

    /// Sets where standard input comes from.
    #[must_use]
    pub fn stdin(mut self, stdin: Input) -> Self {
        self.stdin = stdin;
        self
    }

    /// Sets where standard output goes.
    #[must_use]
    pub fn stdout(mut self, stdout: Output) -> Self {
        self.stdout = stdout;
        self
    }

    /// Sets where standard error goes.
    #[must_use]
    pub fn stderr(mut self, stderr: Output) -> Self {
        self.stderr = stderr;
        self
    }

    /// Puts all three streams on one terminal of 24 lines and 80 columns.
    ///
    /// It neither echoes nor rewrites line ends: what is captured is exactly what was printed,
    /// all of it as standard output.
    #[must_use]
    pub fn on_terminal(self) -> Self {
        self.stdin(Input::Terminal)
            .stdout(Output::Terminal)
            .stderr(Output::Terminal)
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`Error::Deadline`] if it has not ended `within`.
    pub fn run(self, within: Duration) -> Result<Finished, Error> {
        let process = self.start()?;
        let exit = process.wait_exit(within)?;
        Ok(Finished {
            exit,
            stdout: process.stdout(),
            stderr: process.stderr(),
        })
    }

    /// Starts the program, in a process group of its own.
    ///
    /// # Errors
    /// [`Error::Start`] if there is no such program or it may not be run, [`Error::System`] if
    /// there are no descriptors, processes, memory or terminals left, or after
    /// [`kill_all`](crate::kill_all).
    pub fn start(self) -> Result<Process, Error> {
        let line = self.command_line();
        let mut command = self.command().map_err(Error::system(CONFINING))?;
        let mut streams = Streams::connect(&mut command, self.stdin, self.stdout, self.stderr)
            .map_err(Error::system("opening the streams of a program"))?;
        let mut control = None;
        if self.confinement.is_some() {
            let (ours, theirs) = Control::new(&streams.stdin).map_err(Error::system(CONFINING))?;
            (control, streams.stdin) = (Some(ours), theirs);
        }
        command.stdin(streams.stdin);
        let open: Vec<_> = streams.captured.iter().map(|(stream, _)| *stream).collect();

        let (exited, news) = io::pipe().map_err(Error::system("making a pipe"))?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let watch = Arc::new(Watch::new(Instant::now(), self.keep, &open));
        let waiter = spawn("wait", move || start_and_wait(command, &sender, news))?;
        let child = receiver
            .recv()
            .unwrap_or_else(|_| Err(ErrorKind::Interrupted.into()))
            .map_err(|error| not_started(line.clone(), error))?;
        let mut process = Process::new(child, line, Arc::clone(&watch), streams.writer);
        let sources = Sources {
            streams: streams.captured,
            exited,
            waiter,
        };
        spawn("collect", move || collect(&watch, sources))?;
        if let Some((bytes, pipe)) = streams.fed {
            spawn("feed", move || feed(&bytes, pipe))?;
        }
        match control.map_or(Outcome::Started(Landlock::Off), Control::outcome) {
            Outcome::Started(landlock) => process.landlock = landlock,
            Outcome::NotConfined(error) => return Err(Error::system(CONFINING)(error)),
            Outcome::NotStarted(error) => {
                return Err(not_started(process.command_line().to_owned(), error));
            }
        }
        if let Some(confinement) = &self.confinement {
            bounds::keep(process.pid(), confinement)?;
        }
        Ok(process)
    }

    fn command(&self) -> io::Result<Command> {
        let mut command = match (&self.confinement, self.limit_files) {
            (Some(confinement), limit) => {
                let mut confinement = confinement.clone();
                let limits = [confinement.open_files, limit.map(u64::from)];
                confinement.open_files = limits.into_iter().flatten().min();
                Settings(&confinement).command(&self.program)?
            }
            (None, None) => Command::new(&self.program),
            (None, Some(limit)) => {
                let mut shell = Command::new("sh");
                shell
                    .arg("-c")
                    .arg(format!("ulimit -n {limit} && exec \"$0\" \"$@\""));
                shell.arg(&self.program);
                shell
            }
        };
        command.args(&self.args);
        command.env_remove("RUST_LOG").env_remove(INNER);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if self.confinement.is_none() {
            command.process_group(0);
        }
        Ok(command)
    }

    fn command_line(&self) -> String {
        let words = [&self.program].into_iter().chain(&self.args);
        words
            .map(|word| quote(&word.to_string_lossy()))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The harness's ends of a program's streams.
struct Streams {
    /// The program's standard input.
    stdin: OwnedFd,
    /// What is read.
    captured: Vec<(Stream, File)>,
    /// What `write_stdin` writes into.
    writer: Option<StdinWriter>,
    /// What is written by itself.
    fed: Option<(Vec<u8>, PipeWriter)>,
}

impl Streams {
    fn connect(
        command: &mut Command,
        stdin: Input,
        stdout: Output,
        stderr: Output,
    ) -> io::Result<Self> {
        let mut terminal = None;
        let (mut writer, mut fed) = (None, None);
        let stdin = match stdin {
            Input::Null => File::open("/dev/null")?.into(),
            Input::File(file) => file.into(),
            Input::Terminal => {
                let Terminal { outer, inner } = terminal_of(&mut terminal)?;
                writer = Some(StdinWriter::new(outer.try_clone()?, true)?);
                inner.try_clone()?.into()
            }
            Input::Pipe => {
                let (reader, pipe) = io::pipe()?;
                writer = Some(StdinWriter::new(owned_file(pipe), false)?);
                reader.into()
            }
            Input::Bytes(bytes) => {
                let (reader, pipe) = io::pipe()?;
                fed = Some((bytes, pipe));
                reader.into()
            }
        };
        let mut streams = Self {
            stdin,
            captured: Vec::new(),
            writer,
            fed,
        };
        let terminal_is = match (&stdout, &stderr) {
            (Output::Terminal, _) => Some(Stream::Output),
            (_, Output::Terminal) => Some(Stream::Error),
            // Only read from, and without echo: nothing ever comes.
            _ => None,
        };
        command.stdout(streams.output(Stream::Output, stdout, &mut terminal)?);
        command.stderr(streams.output(Stream::Error, stderr, &mut terminal)?);
        if let (Some(stream), Some(terminal)) = (terminal_is, terminal) {
            streams.captured.push((stream, terminal.outer));
        }
        Ok(streams)
    }

    fn output(
        &mut self,
        stream: Stream,
        output: Output,
        terminal: &mut Option<Terminal>,
    ) -> io::Result<Stdio> {
        Ok(match output {
            Output::Captured => {
                let (reader, writer) = io::pipe()?;
                self.captured.push((stream, owned_file(reader)));
                writer.into()
            }
            Output::Terminal => terminal_of(terminal)?.inner.try_clone()?.into(),
            Output::ClosedPipe => io::pipe()?.1.into(),
            Output::File(file) => file.into(),
        })
    }
}

/// A standard input that is written while the program runs. Writing to it never blocks.
#[derive(Debug)]
pub(crate) struct StdinWriter {
    pub(crate) file: File,
    pub(crate) terminal: bool,
}

impl StdinWriter {
    fn new(file: File, terminal: bool) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&file, true)?;
        Ok(Self { file, terminal })
    }
}

/// The program's one terminal, opened at first use.
fn terminal_of(terminal: &mut Option<Terminal>) -> io::Result<&mut Terminal> {
    match terminal {
        Some(terminal) => Ok(terminal),
        None => Ok(terminal.insert(Terminal::open()?)),
    }
}

fn owned_file(fd: impl Into<OwnedFd>) -> File {
    File::from(fd.into())
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, Error> {
    let builder = thread::Builder::new().name(format!("harness {name}"));
    builder
        .spawn(run)
        .map_err(Error::system("starting a thread"))
}

fn feed(bytes: &[u8], mut pipe: PipeWriter) {
    // A program need not take all it is offered.
    let _ = pipe.write_all(bytes);
}

/// Why a program was not started: through its own fault, or for want of something that the system
/// did not give.
fn not_started(command: String, error: io::Error) -> Error {
    let trouble = [Errno::AGAIN, Errno::NOMEM, Errno::MFILE, Errno::NFILE];
    let is_trouble = Errno::from_io_error(&error).is_some_and(|errno| trouble.contains(&errno));
    if is_trouble || error.kind() == ErrorKind::Interrupted {
        Error::system("starting a program")(error)
    } else {
        Error::Start { command, error }
    }
}

/// Starts the program, sends it to `started`, waits for its end and then closes `news`.
///
/// All of it is done by one thread, because the thread that starts a program is its parent: a
/// program that is to end with its parent must not end sooner.
///
/// The process is not reaped: until the [`Process`] is dropped its number belongs to nobody else.
fn start_and_wait(
    mut command: Command,
    started: &SyncSender<io::Result<Child>>,
    news: PipeWriter,
) -> Option<Exit> {
    let child = tree::spawn(&mut command);
    // It holds the program's ends of the streams, which must not stay open here.
    drop(command);
    let pid = child.as_ref().map(Pid::from_child).ok();
    // If nobody takes it, the caller is gone.
    let _ = started.send(child);
    let pid = pid?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let status = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
    drop(news);
    let status = status.ok().flatten()?;
    match status.terminating_signal() {
        Some(signal) => Some(Exit::Signal(signal)),
        None => status.exit_status().map(Exit::Status),
    }
}
