//! The second start of this executable that confines itself and becomes a program.
//!
//! It gets the settings as arguments and, on its standard input, a socket: from there comes the
//! program's standard input, and there goes what Landlock does, and why the program does not start
//! if it does not. The socket closes when it does.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

use landlock::{
    ABI, Access as _, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};
use procfs::process::all_processes;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{
    Gid, Resource, Rlimit, Signal, Uid, getppid, getrlimit, getuid,
    set_parent_process_death_signal, setrlimit, setsid,
};
use rustix::thread::{
    CapabilitySet, capabilities, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};

use crate::proc::MARK;

use super::{Confinement, Landlock, User};

/// The argument that asks for this mode.
const MODE: &str = "--harness-confined";

/// The status of a program that was not started, which nobody sees.
const NOT_STARTED: u8 = 127;

/// What is left of root's privileges: files, users and ports, but neither devices and mounts nor
/// other processes.
const KEPT: [CapabilitySet; 7] = [
    CapabilitySet::CHOWN,
    CapabilitySet::DAC_OVERRIDE,
    CapabilitySet::FOWNER,
    CapabilitySet::FSETID,
    CapabilitySet::SETGID,
    CapabilitySet::SETUID,
    CapabilitySet::NET_BIND_SERVICE,
];

/// Whether `main` of this executable knows the mode.
static IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// All that the second start needs to know, as arguments: each number in decimal, `-` for none.
pub(crate) struct Settings<'a>(pub(crate) &'a Confinement);

impl Settings<'_> {
    /// The command that becomes `program`. Its arguments are to be added.
    pub(crate) fn command(&self, program: &OsStr) -> io::Result<Command> {
        if !IS_KNOWN.load(Ordering::Relaxed) {
            return Err(io::Error::other(
                "main has not called confine::exec_if_asked",
            ));
        }
        let Confinement {
            scratch,
            user,
            file_size,
            processes,
            cpu_seconds,
            open_files,
            // These are watched from outside.
            memory: _,
            disk: _,
        } = self.0;
        let parent = std::process::id();
        let (uid, gid) = user.map(|user| (user.uid.into(), user.gid.into())).unzip();
        let numbers = [
            Some(parent.into()),
            uid,
            gid,
            *file_size,
            *processes,
            *cpu_seconds,
            *open_files,
        ];
        let mut command = Command::new("/proc/self/exe");
        command.arg(MODE);
        command.args(numbers.map(|number| number.map_or("-".to_owned(), |n| n.to_string())));
        command.arg(scratch).arg(program);
        let kept = ["PATH", "HOME", "LANG"].map(|name| (name, env::var_os(name)));
        command.env_clear().env("TMPDIR", scratch);
        command.envs(
            kept.into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        Ok(command)
    }
}

/// The harness's end of the socket.
pub(crate) struct Control(UnixStream);

/// What became of a program that was to be confined.
pub(crate) enum Outcome {
    Started(Landlock),
    /// The system did not start it.
    NotStarted(io::Error),
    /// The system did not confine it.
    NotConfined(io::Error),
}

impl Control {
    /// Returns it with the end that is to be the second start's standard input.
    pub(crate) fn new(stdin: &OwnedFd) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut files = SendAncillaryBuffer::new(&mut space);
        let stdin = [stdin.as_fd()];
        let fits = files.push(SendAncillaryMessage::ScmRights(&stdin));
        debug_assert!(fits, "the space is for one descriptor");
        sendmsg(&ours, &[IoSlice::new(b".")], &mut files, SendFlags::empty())?;
        Ok((Self(ours), theirs.into()))
    }

    /// Waits until the program runs, or does not.
    pub(crate) fn outcome(mut self) -> Outcome {
        let mut told = String::new();
        if let Err(error) = self.0.read_to_string(&mut told) {
            return Outcome::NotConfined(error);
        }
        let mut words = told.split_whitespace();
        let landlock = words.next();
        let error = words.next().and_then(|number| number.parse().ok());
        match (landlock, error.map(io::Error::from_raw_os_error)) {
            (Some("full"), None) => Outcome::Started(Landlock::Full),
            (Some("partly"), None) => Outcome::Started(Landlock::Partly),
            (Some("off"), None) => Outcome::Started(Landlock::Off),
            (Some("failed"), Some(error)) => Outcome::NotConfined(error),
            (_, Some(error)) => Outcome::NotStarted(error),
            // It was killed on the way.
            (_, None) => Outcome::NotConfined(io::ErrorKind::Interrupted.into()),
        }
    }
}

pub(super) fn run_if_asked() -> Option<ExitCode> {
    IS_KNOWN.store(true, Ordering::Relaxed);
    let mut args = env::args_os().skip(1);
    if args.next()? != MODE {
        return None;
    }
    let control = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3).map(UnixStream::from);
    if let Ok(mut control) = control {
        let told = match confine(&control, &mut args) {
            Ok((landlock, program)) => {
                // If nobody reads it, the parent is gone, and this process too in a moment.
                let _ = control.write_all(landlock.as_bytes());
                let error = Command::new(program).args(args).exec();
                format!(" {}", number_of(&error))
            }
            Err(error) => format!("failed {}", number_of(&error)),
        };
        let _ = control.write_all(told.as_bytes());
    }
    Some(ExitCode::from(NOT_STARTED))
}

fn number_of(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::INVAL.raw_os_error())
}

/// Confines this process; returns what Landlock does and the program to become.
fn confine(
    control: &UnixStream,
    args: &mut impl Iterator<Item = OsString>,
) -> io::Result<(&'static str, OsString)> {
    let invalid = || io::Error::from(Errno::INVAL);
    let mut number = || Some(args.next()?.to_str()?.parse::<u64>().ok());
    let parent = number().ok_or_else(invalid)?;
    let mut next = || number().ok_or_else(invalid);
    let (uid, gid, file_size) = (next()?, next()?, next()?);
    let (processes, cpu_seconds, open_files) = (next()?, next()?, next()?);
    let scratch = args.next().ok_or_else(invalid)?;
    let program = args.next().ok_or_else(invalid)?;

    rustix::stdio::dup2_stdin(receive(control)?)?;
    // No controlling terminal, and a process group of its own.
    setsid()?;
    let user = uid.zip(gid).map(|(uid, gid)| (uid as u32, gid as u32));
    let runs_as = user.map_or(getuid().as_raw(), |(uid, _)| uid);
    limit(Resource::Core, Some(0))?;
    limit(Resource::Fsize, file_size)?;
    limit(Resource::Cpu, cpu_seconds)?;
    limit(Resource::Nofile, open_files)?;
    // A mark of the tree that no ordinary user can raise: it limits nothing.
    limit(Resource::Rttime, Some(MARK + u64::from(std::process::id())))?;
    limit(
        Resource::Nproc,
        processes.map(|more| threads_of(runs_as) + more),
    )?;
    // Where memory runs out, the system ends the program and not what watches it. Not everywhere
    // is there such a choice.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    set_no_new_privs(true)?;
    let landlock = restrict(Path::new(&scratch)).map_err(io::Error::other)?;
    if let Some((uid, gid)) = user {
        become_user(User { uid, gid })?;
    }
    drop_capabilities()?;
    // After the change of user, which takes it back.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let has_parent =
        getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned().into()) == parent;
    has_parent.then_some(()).ok_or_else(invalid)?;
    Ok((landlock, program))
}

/// The descriptor that comes over the socket.
fn receive(control: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut files = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        control,
        &mut [IoSliceMut::new(&mut byte)],
        &mut files,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let file = files.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    file.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Limits a resource to `most`, or to less where it is limited already.
fn limit(resource: Resource, most: Option<u64>) -> io::Result<()> {
    let Some(most) = most else { return Ok(()) };
    let most = getrlimit(resource)
        .maximum
        .map_or(most, |maximum| maximum.min(most));
    let limits = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limits)?)
}

/// How many threads run as `uid`.
fn threads_of(uid: u32) -> u64 {
    let all = all_processes().into_iter().flatten().flatten();
    let own = all.filter(|process| process.uid().is_ok_and(|owner| owner == uid));
    own.filter_map(|process| process.stat().ok())
        .map(|stat| stat.num_threads.cast_unsigned())
        .sum()
}

/// Drops from root to `user`, without other groups.
fn become_user(user: User) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    // This process has one thread.
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}

/// The next program cannot get back what this one has dropped: it gains no privileges.
fn drop_capabilities() -> io::Result<()> {
    let kept = KEPT
        .into_iter()
        .fold(CapabilitySet::empty(), CapabilitySet::union);
    let mut sets = capabilities(None)?;
    for set in [
        &mut sets.effective,
        &mut sets.permitted,
        &mut sets.inheritable,
    ] {
        *set = set.intersection(kept);
    }
    Ok(set_capabilities(None, sets)?)
}

/// Forbids to write elsewhere, and to reach processes outside.
fn restrict(scratch: &Path) -> Result<&'static str, RulesetError> {
    let abi = ABI::V6;
    let writing = AccessFs::from_write(abi);
    let devices = [
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/tty",
        "/dev/shm",
    ];
    // A program may open its own terminal again, as `/dev/stderr` for one.
    let streams = ["/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"];
    let is_device =
        |path: &&str| fs::metadata(path).is_ok_and(|file| file.file_type().is_char_device());
    let streams = streams.into_iter().filter(is_device);
    let status = Ruleset::default()
        .handle_access(writing)?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules([scratch], writing))?
        .add_rules(path_beneath_rules(devices, writing))?
        .add_rules(path_beneath_rules(streams, writing))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "full",
        RulesetStatus::PartiallyEnforced => "partly",
        RulesetStatus::NotEnforced => "off",
    })
}
