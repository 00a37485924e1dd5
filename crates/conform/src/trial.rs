use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anstream::adapter::strip_bytes;
use harness::confine::Landlock;
use harness::{
    By, Error, Exit, Finished, Input, Listener, Output, Peer, Process, Program, Recorder, Signal,
    Worker, WorkerExit, signal_name,
};
use tempfile::{TempDir, TempPath};

use crate::capture::KEPT_OF_CHECK;
use crate::conversation::{LEAST_GRANTED, SharedLog, locked, look_starved_meanwhile};
use crate::explore::{Exploration, Explored};
use crate::lateness::LATE;
use crate::subject::Limits;
use crate::{
    Arguments, Assignment, Conversation, Evidence, Outcome, Problem, Recorded, Subject, Target,
};

/// How often a server is started if each time it ends before it listens.
const ATTEMPTS: u32 = 3;

/// The additional timeout for a program to listen or to connect: no assignment limits the time to
/// start, and many programs start concurrently.
const STARTING: u32 = 3;

/// One run of one check: what it starts, connects and receives. All of it becomes evidence, and
/// everything that was started is ended with it.
#[derive(Debug)]
pub struct Trial<'a> {
    assignment: &'a Assignment,
    subject: &'a Subject,
    start: Instant,
    processes: Vec<Process>,
    files: Vec<TempPath>,
    log: SharedLog,
    /// Where all bytes of the connections are kept, if they are to be.
    recorder: Option<Recorder>,
    random: fastrand::Rng,
    failed: bool,
    /// A shorter timeout than that of the run.
    hurry: Option<Duration>,
    explored: Option<Explored>,
    /// The folder that the program may write to.
    scratch: Option<TempDir>,
    /// The process that a signal was sent to, and the signal.
    signalled: Option<(Worker, Signal)>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(assignment: &'a Assignment, subject: &'a Subject, seed: u64) -> Self {
        let start = Instant::now();
        Self {
            assignment,
            subject,
            start,
            processes: Vec::new(),
            files: Vec::new(),
            log: SharedLog::default(),
            recorder: (subject.recorded != Recorded::Nothing).then(|| Recorder::new(KEPT_OF_CHECK)),
            random: fastrand::Rng::with_seed(seed),
            failed: false,
            hurry: None,
            explored: None,
            scratch: None,
            signalled: None,
        }
    }

    pub(crate) fn assignment(&self) -> &'a Assignment {
        self.assignment
    }

    pub(crate) fn subject(&self) -> &'a Subject {
        self.subject
    }

    /// How far to explore.
    pub(crate) fn exploration(&self) -> &'a Exploration {
        &self.subject.exploration
    }

    /// How long to wait for something that should happen immediately: a program that is slow to start
    /// has that much more time.
    pub fn timeout(&self) -> Duration {
        let timeout = self.subject.timeout + self.subject.startup;
        self.hurry.map_or(timeout, |hurry| hurry.min(timeout))
    }

    /// Waits no longer than this; as long as the run says if nothing.
    pub(crate) fn hurry(&mut self, hurry: Option<Duration>) {
        self.hurry = hurry;
    }

    /// What this check's inputs are drawn from: the same for the same seed.
    pub fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    /// A free port, or the one that the program always uses.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn port(&self) -> Result<u16, Problem> {
        match self.subject.target {
            Target::FixedPort(port) => Ok(port),
            Target::Start | Target::Connect(_) => Ok(harness::free_port()?),
        }
    }

    /// Starts the server with the ordinary arguments, waits until it listens, and returns its
    /// address; or returns the address of the server that runs already.
    ///
    /// # Errors
    /// A [`Problem`] if it does not come to listen.
    pub fn serve(&mut self) -> Result<SocketAddr, Problem> {
        match self.subject.target {
            Target::Connect(address) => Ok(address),
            Target::Start | Target::FixedPort(_) => {
                self.serve_with(|port| self.assignment.arguments_at(port))
            }
        }
    }

    /// Starts the server with other arguments than the ordinary ones, waits until it listens on the
    /// port among them, and returns its address.
    ///
    /// # Errors
    /// A [`Problem`] if it does not come to listen, or cannot be started in this run.
    pub fn serve_with(
        &mut self,
        arguments: impl Fn(u16) -> Arguments,
    ) -> Result<SocketAddr, Problem> {
        self.serve_as(arguments, |program| program)
    }

    /// The same, with a change to how the program is started: its streams, its environment.
    ///
    /// # Errors
    /// As [`Trial::serve_with`].
    pub fn serve_as(
        &mut self,
        arguments: impl Fn(u16) -> Arguments,
        change: impl Fn(Program) -> Program,
    ) -> Result<SocketAddr, Problem> {
        self.must_start()?;
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let port = self.port()?;
            // What a person at a terminal gives it: most languages then print line by line, though
            // the assignment asks nobody to flush, and standard input stays open.
            let program = self.program(&arguments(port))?;
            let program = program.stdin(Input::Pipe).stdout(Output::Terminal);
            let program = change(program);
            self.add(program.start()?);
            let timeout = STARTING * self.timeout();
            let log = SharedLog::clone(&self.log);
            let process = self.process()?;
            match patiently(&log, timeout, |within| process.wait_listening(port, within)) {
                Ok(address) => return Ok(address),
                // The port was free a moment ago, but another process may have taken it since, if
                // only to test whether it is free. Only the program knows why it ended, if it was
                // not ended here.
                Err(Error::Ended { .. })
                    if attempts > 0 && self.chooses_ports() && self.excess().is_none() =>
                {
                    self.processes.pop();
                }
                Err(error) => return Err(self.listens_elsewhere(port, error)),
            }
        }
    }

    fn add(&mut self, process: Process) {
        locked(&self.log).started(process.id());
        self.signalled = None;
        self.processes.push(process);
    }

    /// The program, to be started with these arguments, confined as the run demands.
    fn program(&mut self, arguments: &Arguments) -> Result<Program, Problem> {
        let program = self.subject.program(arguments);
        let Some(limits) = &self.subject.confinement else {
            return Ok(program);
        };
        Ok(limits.confine(program, self.scratch()?))
    }

    /// A folder that the program may write to, removed with all that is in it.
    ///
    /// # Errors
    /// A [`Problem`] of the checker if it cannot be made.
    pub(crate) fn scratch(&mut self) -> Result<&Path, Problem> {
        let scratch = match self.scratch.take() {
            Some(scratch) => scratch,
            None => make_scratch(self.subject.confinement.as_ref())?,
        };
        Ok(self.scratch.insert(scratch).path())
    }

    fn chooses_ports(&self) -> bool {
        self.subject.target == Target::Start
    }

    /// Starts the server once more with the ordinary arguments, at the port where it listened
    /// before its end.
    ///
    /// # Errors
    /// A [`Problem`] if it does not come to listen there.
    pub fn serve_again(&mut self, before: SocketAddr) -> Result<SocketAddr, Problem> {
        let arguments = self.assignment.arguments_at(before.port());
        self.start_as(&arguments, |program| {
            program.stdin(Input::Pipe).stdout(Output::Terminal)
        })?;
        self.wait_listening(before.port())
    }

    /// Waits until the server that was started last, with [`Trial::start`], listens on a port.
    ///
    /// # Errors
    /// A [`Problem`] if it does not come to listen there.
    pub fn wait_listening(&mut self, port: u16) -> Result<SocketAddr, Problem> {
        let timeout = STARTING * self.timeout();
        let listening = self.process()?.wait_listening(port, timeout);
        listening.map_err(|error| self.listens_elsewhere(port, error))
    }

    /// Returns an error if the server that was started last listens, but not where it should.
    fn listens_elsewhere(&self, port: u16, error: Error) -> Problem {
        let listening = self.processes.last().map(Process::listening);
        let mut addresses = listening.unwrap_or_default();
        addresses.retain(|address| address.port() != port);
        match (Problem::from(error), addresses.first()) {
            (Problem::Broken { expected, .. }, Some(address)) => Problem::broken(
                expected,
                format!(
                    "it listens on {address}: if it always does, say --fixed-port {}",
                    address.port()
                ),
            ),
            (problem, _) => problem,
        }
    }

    /// Starts the program with just these arguments, without waiting for anything.
    ///
    /// # Errors
    /// A [`Problem`] if it cannot be started, or not in this run.
    pub fn start(&mut self, arguments: &Arguments, stdin: Input) -> Result<&mut Process, Problem> {
        self.start_as(arguments, |program| program.stdin(stdin))
    }

    /// The same, with a change to how the program is started.
    ///
    /// # Errors
    /// As [`Trial::start`].
    pub fn start_as(
        &mut self,
        arguments: &Arguments,
        change: impl FnOnce(Program) -> Program,
    ) -> Result<&mut Process, Problem> {
        self.must_start()?;
        let process = change(self.program(arguments)?).start()?;
        self.add(process);
        self.process()
    }

    /// Starts the program with just these arguments, and waits for its end.
    ///
    /// # Errors
    /// A [`Problem`] if it cannot be started, or does not end.
    pub fn run(&mut self, arguments: &Arguments, stdin: Input) -> Result<Finished, Problem> {
        self.start(arguments, stdin)?;
        let exit = self.wait_end(self.timeout())?;
        let process = self.process()?;
        Ok(Finished {
            exit,
            stdout: process.stdout(),
            stderr: process.stderr(),
        })
    }

    /// Waits until the program that was started last has ended by itself.
    ///
    /// # Errors
    /// A [`Problem`] if it runs on.
    pub fn wait_end(&mut self, within: Duration) -> Result<Exit, Problem> {
        let log = SharedLog::clone(&self.log);
        let process = self.process()?;
        Ok(patiently(&log, within, |within| process.wait_exit(within))?)
    }

    /// Whether the program that was started last prints this on standard output.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn prints(&mut self, mut is_there: impl FnMut(&[u8]) -> bool) -> Result<bool, Problem> {
        self.comes(|process, within| process.wait_stdout(&mut is_there, within))
    }

    /// Whether the program that was started last prints this on standard error.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn logs(&mut self, mut is_there: impl FnMut(&[u8]) -> bool) -> Result<bool, Problem> {
        self.comes(|process, within| process.wait_stderr(&mut is_there, within))
    }

    fn comes(
        &mut self,
        mut wait: impl FnMut(&Process, Duration) -> Result<(), Error>,
    ) -> Result<bool, Problem> {
        let timeout = self.timeout();
        let log = SharedLog::clone(&self.log);
        let process = self.process()?;
        match patiently(&log, timeout, |within| wait(process, within)) {
            Ok(()) => Ok(true),
            Err(Error::System { doing, error }) => {
                Err(Problem::trouble(format!("{doing}: {error}")))
            }
            Err(_) => Ok(false),
        }
    }

    /// A file with this content, which is there until the check ends.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn file(&mut self, content: &[u8]) -> Result<PathBuf, Problem> {
        let write = || {
            // The program may run as another user.
            let readable = fs::Permissions::from_mode(0o644);
            let mut file = tempfile::Builder::new()
                .prefix("conform-")
                .permissions(readable)
                .tempfile()?;
            file.write_all(content)?;
            Ok(file.into_temp_path())
        };
        let file = write().map_err(|error| Error::System {
            doing: "writing a file",
            error,
        })?;
        let path = file.to_path_buf();
        self.files.push(file);
        Ok(path)
    }

    /// To be called by checks whose arguments only an ordinary command takes.
    ///
    /// # Errors
    /// [`NotJudged::NotInThisRun`](crate::NotJudged) if the command has placeholders, always uses the same port, or runs
    /// already.
    pub fn may_choose_arguments(&self) -> Result<(), Problem> {
        self.must_start()?;
        let reason = if self.subject.says_where_arguments_go() {
            "the command has placeholders: other arguments cannot be tried"
        } else if let Target::FixedPort(_) = self.subject.target {
            "the program always uses one port: other arguments cannot be tried"
        } else {
            return Ok(());
        };
        Err(Problem::not_in_this_run(reason.to_owned()))
    }

    /// The program that was started last: its output, its signals, its end.
    ///
    /// # Errors
    /// [`NotJudged::NotInThisRun`](crate::NotJudged) if it was not started here.
    pub fn process(&mut self) -> Result<&mut Process, Problem> {
        self.processes.last_mut().ok_or_else(not_started_here)
    }

    /// Waits for the end of the program that was started last; of the process behind its wrapper,
    /// if a signal was sent to that.
    ///
    /// # Errors
    /// A [`Problem`] if it runs on, or if a wrapper does not let its status be known.
    pub fn wait_exit(&mut self) -> Result<Exit, Problem> {
        self.wait_exit_within(self.timeout())
    }

    /// The same, for so long, or for the timeout of the run if that is longer.
    ///
    /// # Errors
    /// As [`Trial::wait_exit`].
    pub fn wait_exit_within(&mut self, within: Duration) -> Result<Exit, Problem> {
        let within = within.max(self.timeout());
        let (signalled, log) = (self.signalled, SharedLog::clone(&self.log));
        let process = self.process()?;
        let exit = patiently(&log, within, |within| match signalled {
            None => process.wait_exit(within).map(WorkerExit::Known),
            Some((worker, _)) => process.wait_worker_exit(worker, within),
        });
        match (exit?, signalled) {
            (WorkerExit::Known(exit), _) => Ok(exit),
            // A shell says so of a program that the signal has ended, and of one that has ended by
            // itself with this status.
            (WorkerExit::PassedOn(Exit::Status(status)), Some((_, signal)))
                if status == 128 + signal.as_raw() =>
            {
                Err(Problem::not_in_this_run(format!(
                    "what is in front of the program ended with status {status}, which does not \
                     tell whether the program did, or {} ended it",
                    signal_name(signal)
                )))
            }
            (WorkerExit::PassedOn(exit), _) => Ok(exit),
            (WorkerExit::Unknown, _) => Err(Problem::not_in_this_run(
                "what is in front of the program does not pass its status on",
            )),
        }
    }

    /// Whether the server that was started last ends within this time: the process that listens,
    /// whatever it stands behind.
    ///
    /// # Errors
    /// A [`Problem`] if it was not started here, or of the checker itself.
    pub(crate) fn ends_within(&mut self, within: Duration) -> Result<bool, Problem> {
        let process = self.process()?;
        match process.wait_worker_exit(process.worker(), within) {
            Ok(_) => Ok(true),
            Err(Error::Deadline { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The most memory that the program itself had resident so far, in bytes.
    ///
    /// # Errors
    /// A [`Problem`] if it was not started here, or has ended.
    pub(crate) fn peak_memory(&mut self) -> Result<u64, Problem> {
        Ok(self.process()?.worker().peak_memory()?)
    }

    /// Waits until the program that was started last waits for something itself: nobody presses
    /// ctrl-c sooner. On a busy machine it may be about to install its handler, or to call accept.
    ///
    /// # Errors
    /// [`NotJudged::NotInThisRun`](crate::NotJudged) if it was not started here.
    pub fn wait_idle(&mut self) -> Outcome {
        const A_MOMENT: Duration = Duration::from_millis(200);
        let timeout = self.timeout();
        let process = self.process()?;
        let start = Instant::now();
        loop {
            thread::sleep(A_MOMENT);
            // One that never rests is not waited for longer.
            if !process.tree_is_running() || start.elapsed() > timeout {
                return Ok(());
            }
        }
    }

    /// Sends a signal to the program that was started last: to the process that listens, or does
    /// the work, and not to a wrapper in front of it, unless that acts on it for the other.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself, or if it was not started here.
    pub fn signal(&mut self, signal: Signal) -> Outcome {
        let process = self.process()?;
        let worker = process.worker_for(signal);
        process.signal_worker(worker, signal)?;
        self.signalled = Some((worker, signal));
        Ok(())
    }

    /// What the program that was started last has printed on standard output, without colours.
    ///
    /// # Errors
    /// [`NotJudged::NotInThisRun`](crate::NotJudged) if it was not started here.
    pub fn printed(&mut self) -> Result<String, Problem> {
        Ok(plain(&self.process()?.stdout()))
    }

    /// Waits until standard output of the program that was started last is what `expected`
    /// describes.
    ///
    /// # Errors
    /// A [`Problem`] with what was printed instead.
    pub fn wait_printed(
        &mut self,
        expected: &str,
        mut is_there: impl FnMut(&str) -> bool,
    ) -> Outcome {
        if self.prints(|printed| is_there(&plain(printed)))? {
            return Ok(());
        }
        Err(Problem::broken(
            format!("{expected} on standard output"),
            last_lines(&self.printed()?),
        ))
    }

    /// Waits until the program that was started last has printed this line on standard output, among
    /// the last of what may be very much.
    ///
    /// # Errors
    /// A [`Problem`] with what was printed instead.
    pub(crate) fn wait_recent_line(&mut self, line: &str) -> Outcome {
        const RECENT: usize = 256 << 10;
        let recent = |printed: &[u8]| plain(&printed[printed.len().saturating_sub(RECENT)..]);
        let is_there = |printed: &str| printed.lines().any(|found| found.trim() == line);
        if self.prints(|printed| is_there(&recent(printed)))? {
            return Ok(());
        }
        Err(Problem::broken(
            format!("the line {line:?} on standard output"),
            last_lines(&recent(&self.process()?.stdout())),
        ))
    }

    /// Connects to the server.
    ///
    /// # Errors
    /// A [`Problem`] if it does not accept.
    pub fn connect(&self, address: SocketAddr) -> Result<Conversation, Problem> {
        let since = Instant::now();
        let connected = Peer::connect(address);
        if let (Err(Error::Connect { error, .. }), Some(recorder)) = (&connected, &self.recorder) {
            recorder.not_connected(address, since, error);
        }
        let mut conversation = self.conversation(connected?, By::Us, since);
        if let Target::FixedPort(_) = self.subject.target {
            conversation.free_port();
        }
        Ok(conversation)
    }

    /// Listens for the client.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn listen(&self) -> Result<Listener, Problem> {
        match self.subject.target {
            Target::FixedPort(port) => {
                Ok(Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?)
            }
            Target::Start | Target::Connect(_) => Ok(Listener::new()?),
        }
    }

    /// Accepts the connection of the client that was started last.
    ///
    /// # Errors
    /// A [`Problem`] if it ends or does not connect.
    pub fn accept(&mut self, listener: &Listener) -> Result<Conversation, Problem> {
        const LONG: Duration = Duration::from_secs(1);
        let timeout = STARTING * self.timeout();
        let (start, log) = (Instant::now(), SharedLog::clone(&self.log));
        let process = self.process()?;
        let peer = patiently(&log, timeout, |within| {
            listener.accept_from(process, within)
        })?;
        // The client may end soon, and cannot be asked then.
        if start.elapsed() > LONG {
            look_starved_meanwhile(&log);
        }
        Ok(self.conversation(peer, By::Peer, Instant::now()))
    }

    /// Everything on this connection becomes evidence.
    fn conversation(&self, peer: Peer, connected_by: By, since: Instant) -> Conversation {
        let mut peer = peer.since(self.start);
        if let Some(recorder) = &self.recorder {
            peer = peer.recorded(recorder, connected_by, since);
        }
        Conversation::new(peer, &self.log, self.timeout())
    }

    fn must_start(&self) -> Result<(), Problem> {
        match self.subject.target {
            Target::Connect(_) => Err(not_started_here()),
            Target::Start | Target::FixedPort(_) => Ok(()),
        }
    }

    /// The check did not hold.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// What exploring has come to.
    pub(crate) fn explored(&mut self, explored: Explored) {
        self.explored = Some(explored);
    }

    /// Takes what exploring has come to.
    pub(crate) fn take_explored(&mut self) -> Option<Explored> {
        self.explored.take()
    }

    /// The bound that one of the programs went over, whatever else the check saw.
    pub(crate) fn excess(&self) -> Option<Problem> {
        let exceeded = self.processes.iter().find_map(Process::exceeded)?;
        Some(Problem::broken(
            format!("the program does not use {exceeded}"),
            format!("it used {exceeded}, and was ended for that"),
        ))
    }

    /// Whether a failure may be the fault of a busy machine. What goes over a bound is not.
    pub(crate) fn depends_on_time(&self) -> bool {
        self.excess().is_none() && locked(&self.log).depends_on_time()
    }

    /// Says that the failure may be the fault of a busy machine.
    pub(crate) fn blame_time(&self) {
        locked(&self.log).depends_on_time = true;
    }

    /// The same, of a failure that the checker may cause itself by being late now.
    pub(crate) fn blame_time_after(&self, due: Instant) {
        self.blame_time();
        locked(&self.log).was_late |= Instant::now() > due + LATE;
    }

    /// Whether the checker was late, as far as
    /// [`blame_time_after`](Self::blame_time_after) was told, or the program could not run.
    pub(crate) fn was_late(&self) -> bool {
        let mut log = locked(&self.log);
        log.was_late || log.was_starved()
    }

    /// Everything that was seen. To be called when the check's conversations have been dropped.
    pub(crate) fn evidence(self) -> Evidence {
        self.let_it_end();
        Evidence {
            conversations: locked(&self.log).conversations(),
            programs: self.processes.iter().map(Process::report).collect(),
            recorder: self.recorder,
        }
    }

    /// A refused or reset connection is often the first sign that the program is ending: half a
    /// second later its status and its last words are known.
    fn let_it_end(&self) {
        const ENDING: Duration = Duration::from_millis(500);
        if let Some(process) = self.processes.last().filter(|_| self.failed) {
            // If it does not end, that is shown.
            let _ = process.wait_exit(ENDING);
        }
    }
}

fn not_started_here() -> Problem {
    Problem::not_in_this_run(
        "the program was not started here: only its connections can be seen".to_owned(),
    )
}

/// What a program prints, without the sequences that it prints only on a terminal.
fn plain(printed: &[u8]) -> String {
    let printed = strip_bytes(printed).into_vec();
    String::from_utf8_lossy(&printed).replace('\r', "")
}

/// The last lines that were printed, to show beside what was expected.
fn last_lines(printed: &str) -> String {
    const SHOWN: usize = 5;
    let lines: Vec<_> = printed
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    match lines.len() {
        0 => "nothing is printed".to_owned(),
        1 => format!("all that is printed is {:?}", lines[0]),
        count => format!(
            "the last lines are {:?}",
            &lines[count.saturating_sub(SHOWN)..]
        ),
    }
}

/// A folder that the program may write to, and nobody else's program may look into.
fn make_scratch(limits: Option<&Limits>) -> Result<TempDir, Error> {
    let make = || {
        let scratch = tempfile::Builder::new().prefix("conform-").tempdir()?;
        if let Some(user) = limits.and_then(|limits| limits.user) {
            std::os::unix::fs::chown(scratch.path(), Some(user.uid), Some(user.gid))?;
        }
        Ok(scratch)
    };
    make().map_err(|error| Error::System {
        doing: "making a folder",
        error,
    })
}

/// How far the system confines a program, seen on one that does nothing.
///
/// # Errors
/// A sentence about why it cannot be confined.
pub(crate) fn try_confinement(limits: &Limits) -> Result<Landlock, Error> {
    let scratch = make_scratch(Some(limits))?;
    let process = limits
        .confine(Program::new("true"), scratch.path())
        .start()?;
    Ok(process.landlock())
}

/// Waits longer for what could not run.
fn patiently<T>(
    log: &SharedLog,
    timeout: Duration,
    mut wait: impl FnMut(Duration) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut waited = wait(timeout);
    let mut total = timeout;
    while let Err(Error::Deadline { within, .. }) = &mut waited {
        let more = locked(log).grant();
        if more < LEAST_GRANTED {
            *within = total;
            locked(log).depends_on_time = true;
            break;
        }
        total += more;
        waited = wait(more);
    }
    waited
}
