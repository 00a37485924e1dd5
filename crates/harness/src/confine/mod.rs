//! Two layers around programs that nobody trusts (Linux), each used as far as the system has it.
//!
//! The inner one is put around each program ([`Program::confined`](crate::Program::confined)):
//! limits, a session of its own, another user, no new privileges, Landlock. What a system call
//! between `fork` and `exec` would need `unsafe` for, a second start of this executable does: it
//! confines itself and then becomes the program, so that nothing stands between.
//!
//! The outer one is put around this process and all it starts ([`enter_namespaces`]).
//!
//! Both start this executable again, so its `main` has to begin with [`exec_if_asked`]:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use harness::confine::{self, Half};
//!
//! fn main() -> ExitCode {
//!     if let Some(code) = confine::exec_if_asked() {
//!         return code;
//!     }
//!     match confine::enter_namespaces(false) {
//!         Ok(Half::Outer { status, .. }) => status,
//!         Ok(Half::Inner(_namespaces)) => ExitCode::SUCCESS, // The work.
//!         Err(_) => ExitCode::FAILURE,
//!     }
//! }
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use crate::error::Error;

#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod stage;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
use elsewhere::{namespaces, network, stage};

pub(crate) use stage::{Control, Outcome, Settings};

/// Tells the inner half that it is one, and what is around it.
pub(crate) const INNER: &str = "HARNESS_INNER";

/// What a confined program may do.
///
/// It reads what its user may read, and runs what its user may run. It writes to `scratch`, to
/// `/dev/null` and its like, and to the streams that it is given. It cannot gain privileges (root has
/// few of its own left), signal processes that it did not start, or reach a terminal that it was not given; it ends with the
/// process that started it, and leaves no core dump. Of the environment it has `PATH`, `HOME`,
/// `LANG`, `TMPDIR` (which is `scratch`) and what [`Program::env`](crate::Program::env) sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// The folder that it may write to. It must exist, and belong to `user`.
    pub scratch: PathBuf,
    /// Who runs it; for root only.
    pub user: Option<User>,
    /// The most bytes of a file that it writes.
    pub file_size: Option<u64>,
    /// How many processes and threads it may add to those that its user has when it starts. Of
    /// root's only the processes count.
    pub processes: Option<u64>,
    /// Seconds of processor time of one process.
    pub cpu_seconds: Option<u64>,
    /// Descriptors of one process.
    pub open_files: Option<u64>,
    /// Bytes of memory that it and all that it starts may have resident. Over this, and over the
    /// next one and `processes`, it is ended ([`Process::exceeded`](crate::Process::exceeded)).
    pub memory: Option<u64>,
    /// Bytes that the files in `scratch` may have, and open ones that no folder has.
    pub disk: Option<u64>,
}

/// A user of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's own group.
    pub gid: u32,
}

impl User {
    /// Looks a user up, `None` if there is none of that name.
    ///
    /// # Errors
    /// [`Error::System`] if the system cannot tell.
    pub fn named(name: &str) -> Result<Option<Self>, Error> {
        let user =
            nix::unistd::User::from_name(name).map_err(Error::system("looking up a user"))?;
        Ok(user.map(|user| Self {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        }))
    }
}

/// How far the system's Landlock restricts where a program writes and whom it signals. Everything
/// else of a [`Confinement`] is on, or the program is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landlock {
    /// Wholly.
    Full,
    /// An older Linux: files (5.13), but not signals and abstract sockets (6.12).
    Partly,
    /// Not at all: the system has no Landlock, or the program is not confined.
    Off,
}

/// Whether the outer layer is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// Namespaces of its own for users (not for root), processes, mounts, IPC and the network.
    On,
    /// The system refused this.
    Refused(String),
}

/// Which of two processes this is, after [`enter_namespaces`].
#[derive(Debug)]
pub enum Half {
    /// The one that works.
    Inner(Namespaces),
    /// The one that was started. The inner half has ended, with this status, or 128 and the
    /// number of the signal that ended it, and all that it started has been ended too.
    Outer {
        /// That status.
        status: ExitCode,
        /// What the inner half printed on standard output, up to 64 MiB, if it was captured.
        output: Vec<u8>,
    },
}

/// To be called first in `main`: does what another part of this module has started this executable
/// again for. If it returns a status, `main` has to end with it.
#[must_use]
pub fn exec_if_asked() -> Option<ExitCode> {
    stage::run_if_asked().or_else(namespaces::run_if_asked)
}

/// Whether this process is the inner half, before it calls [`enter_namespaces`].
#[must_use]
pub fn is_inner_half() -> bool {
    std::env::var_os(INNER).is_some()
}

/// Divides this process in two: itself, which becomes the outer half, and the same program with
/// the same arguments in namespaces of its own, the inner half. Both get to this function.
///
/// The inner half sees no process but those that it starts, no terminal but its own, no network but
/// a loopback of its own, and none of the Unix sockets that are there now. Its user and group are
/// what they were, and the only ones. When it ends, the system ends all that it started. Where
/// namespaces are refused, the inner half is an ordinary process, and the outer one ends what is
/// left.
///
/// If `captured`, what the inner half prints on standard output goes to the outer half, which alone
/// has the standard output of before. SIGINT, SIGTERM and SIGHUP go to the inner half. It ends when the outer one is killed: in
/// namespaces with all that it started, otherwise by SIGTERM. Neither lets another process of the
/// same user look into it.
///
/// To be called before threads or programs are started. Elsewhere than on Linux there is only an
/// inner half.
///
/// # Errors
/// [`Error::System`] if the inner half cannot be started.
pub fn enter_namespaces(captured: bool) -> Result<Half, Error> {
    namespaces::enter(captured)
}

/// Runs `run` in a thread whose network is its own, with nothing in it but loopback, and returns
/// what it returns (Linux).
///
/// Every port is free there. Sockets that the thread opens belong to that network, and so do the
/// threads and programs that it starts. It needs root, or [`Namespaces::On`].
///
/// # Errors
/// [`Error::System`] if the system refuses; then `run` did not run.
///
/// ```
/// use harness::Listener;
/// use harness::confine::in_own_network;
///
/// let address = "127.0.0.1:80".parse().unwrap();
/// let port = in_own_network(|| Listener::at(address).map(|listener| listener.port()));
/// assert!(port.is_err() || port.is_ok_and(|port| port.unwrap() == 80));
/// ```
pub fn in_own_network<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, Error> {
    network::in_own(run)
}
