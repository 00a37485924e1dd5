//! The outer layer: this executable again, in namespaces of its own.
//!
//! There are three steps, since a process namespace begins with the next child, and its `/proc`
//! can only be mounted from inside: the outer half starts the executable in `MODE`, which makes the
//! namespaces and starts it in `INIT`, which mounts what is to be new and becomes the inner half.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::process::{
    DumpableBehavior, Pid, Signal, getgid, getppid, getuid, kill_process_group,
    set_dumpable_behavior, set_parent_process_death_signal,
};
use rustix::thread::{
    CapabilitySet, capabilities, clear_ambient_capability_set, configure_capability_in_ambient_set,
    set_capabilities,
};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Half, INNER, Namespaces, network};
use crate::error::Error;
use crate::tree;

const MODE: &str = "--harness-namespaces";
const INIT: &str = "--harness-init";

/// Instead of the inner half's arguments: only try.
const PROBE: &str = "--harness-probe";

/// What the inner half has in a namespace of its user: without, it could not give a thread a
/// network of its own.
const KEPT: [CapabilitySet; 2] = [CapabilitySet::SYS_ADMIN, CapabilitySet::NET_ADMIN];

/// What a terminal and its user send.
const FORWARDED: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// How often a signal is forwarded until the inner half has ended.
const FORWARD_AGAIN: Duration = Duration::from_millis(50);

/// What the inner half prints beyond this is lost.
const MOST_TOLD: u64 = 64 << 20;

pub(super) fn enter(captured: bool) -> Result<Half, Error> {
    match env::var(INNER) {
        Ok(told) => become_inner(&told).map(Half::Inner),
        Err(_) => be_outer(captured).map(|(status, output)| Half::Outer { status, output }),
    }
    .map_err(Error::system("dividing the process in two"))
}

/// `told` is the number of the outer half, or 0 in namespaces, and why they were refused.
fn become_inner(told: &str) -> io::Result<Namespaces> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // What this process starts has no capabilities.
    clear_ambient_capability_set()?;
    let (outer, refusal) = told.split_once(' ').unwrap_or((told, ""));
    if outer == "0" {
        return Ok(Namespaces::On);
    }
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let parent = getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    if parent.to_string() != outer {
        return Err(io::Error::other("the outer half has ended"));
    }
    Ok(Namespaces::Refused(refusal.to_owned()))
}

fn be_outer(captured: bool) -> io::Result<(ExitCode, Vec<u8>)> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    tree::become_subreaper();
    let mut signals = Signals::new(FORWARDED.into_iter().chain([SIGCHLD]))?;
    let mut args = env::args_os();
    let name = args.next().unwrap_or_default();
    let mut command = Command::new("/proc/self/exe");
    match probe() {
        Ok(()) => command.args([MODE.into(), name]),
        Err(refusal) => command
            .arg0(name)
            .env(INNER, format!("{} {refusal}", std::process::id())),
    };
    // With glibc each thread keeps what it has freed for itself, which in the inner half, with its
    // many threads, comes to more than all that it uses. A program there does not inherit this.
    command.env("MALLOC_ARENA_MAX", "1");
    // In a group of its own: what the terminal sends is forwarded, and would come twice.
    if captured {
        command.stdout(Stdio::piped());
    }
    let mut child = command.args(args).process_group(0).spawn()?;
    let group = Pid::from_child(&child);
    let told = child
        .stdout
        .take()
        .map(|pipe| thread::spawn(|| listen(pipe)));
    // While the inner half is being started nobody there takes a signal: it is sent again.
    let mut forwarded = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let news: Vec<i32> = match forwarded {
            None => signals.wait().collect(),
            Some(_) => {
                thread::sleep(FORWARD_AGAIN);
                signals.pending().collect()
            }
        };
        let mut asked = news.into_iter().filter_map(Signal::from_named_raw);
        forwarded = asked.rfind(|signal| *signal != Signal::CHILD).or(forwarded);
        if let Some(signal) = forwarded {
            // It may have ended just now.
            let _ = kill_process_group(group, signal);
        }
    };
    tree::kill_all();
    let told = told.and_then(|told| told.join().ok());
    Ok((exit_code(status), told.unwrap_or_default()))
}

/// All that the inner half prints.
fn listen(pipe: ChildStdout) -> Vec<u8> {
    let mut told = Vec::new();
    // What came until an error counts.
    let _ = pipe.take(MOST_TOLD).read_to_end(&mut told);
    told
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).unwrap_or_default();
    ExitCode::from(code as u8)
}

/// Whether namespaces can be had: does everything, except starting the inner half.
fn probe() -> Result<(), String> {
    let probe = Command::new("/proc/self/exe").args([MODE, PROBE]).output();
    match probe {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn run_if_asked() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    let mode = args.next()?;
    let done = match mode.to_str()? {
        MODE => make_namespaces(args),
        INIT => Err(become_inner_half(args)),
        _ => return None,
    };
    Some(done.unwrap_or_else(|error| {
        use io::Write as _;
        // If nobody reads it, the status tells enough.
        let _ = writeln!(io::stderr(), "{error}");
        ExitCode::FAILURE
    }))
}

/// Makes the namespaces, starts the next step in them and waits for its end.
fn make_namespaces(args: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // They reach the inner half by themselves, which is in the same group.
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in FORWARDED {
        signal_hook::flag::register(signal, Arc::clone(&ignored))?;
    }
    let sockets = procfs::net::unix().unwrap_or_default();
    let (uid, gid) = (getuid(), getgid());
    let own = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    if !uid.is_root() || unshare(own).is_err() {
        doing("user namespace", unshare(own | CloneFlags::CLONE_NEWUSER))?;
        // The user and its group are what they were, and the only ones.
        let mapped = fs::write("/proc/self/setgroups", "deny")
            .and_then(|()| {
                fs::write(
                    "/proc/self/uid_map",
                    format!("{uid} {uid} 1", uid = uid.as_raw()),
                )
            })
            .and_then(|()| {
                fs::write(
                    "/proc/self/gid_map",
                    format!("{gid} {gid} 1", gid = gid.as_raw()),
                )
            });
        doing("mapping the user", mapped)?;
        doing("capabilities", keep_capabilities())?;
    }
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    doing("mounts", mount_change("/", flags))?;
    // A network of its own does not keep anybody from a socket that has a path, that of a daemon
    // which obeys root for one: nothing is there instead. One may be gone by now, or out of reach.
    let paths: HashSet<_> = sockets
        .into_iter()
        .filter_map(|socket| socket.path)
        .collect();
    for path in paths.iter().filter(|path| path.is_absolute()) {
        let _ = mount_bind("/dev/null", path);
    }
    doing("loopback", network::loopback_up())?;
    let next = Command::new("/proc/self/exe").arg(INIT).args(args).status();
    doing("process namespace", next).map(exit_code)
}

/// Keeps capabilities although the next program is started by an ordinary user.
fn keep_capabilities() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.inheritable = sets.inheritable.union(KEPT[0]).union(KEPT[1]);
    set_capabilities(None, sets)?;
    for capability in KEPT {
        configure_capability_in_ambient_set(capability, true)?;
    }
    Ok(())
}

/// As the first process of its namespace: mounts what shows its processes and its shared memory,
/// and becomes the inner half. Returns why not.
fn become_inner_half(mut args: impl Iterator<Item = OsString>) -> io::Error {
    let mounted = || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        doing(
            "mounting /proc",
            mount("proc", "/proc", "proc", flags | MountFlags::NOEXEC, None),
        )?;
        let size = Some(c"size=64m");
        doing(
            "mounting /dev/shm",
            mount("tmpfs", "/dev/shm", "tmpfs", flags, size),
        )?;
        // Without the terminals of others.
        let options = Some(c"newinstance,ptmxmode=0666");
        let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
        doing(
            "mounting /dev/pts",
            mount("devpts", "/dev/pts", "devpts", flags, options),
        )
    };
    if let Err(error) = mounted() {
        return error;
    }
    let name = args.next().unwrap_or_default();
    if name == PROBE {
        return Command::new("true").exec();
    }
    let mut inner = Command::new("/proc/self/exe");
    inner.arg0(name).args(args).env(INNER, "0").exec()
}

fn doing<T, E: Into<io::Error>>(what: &str, result: Result<T, E>) -> io::Result<T> {
    result.map_err(|error| {
        let error: io::Error = error.into();
        io::Error::new(error.kind(), format!("{what}: {error}"))
    })
}
