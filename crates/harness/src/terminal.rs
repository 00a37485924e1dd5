//! A pseudo-terminal for a program that behaves differently on one.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

const SIZE: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// Closed in the programs that other threads start meanwhile: one that held it would keep the
/// terminal open.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const FLAGS: OpenptFlags = OpenptFlags::RDWR
    .union(OpenptFlags::NOCTTY)
    .union(OpenptFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const FLAGS: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY);

/// Both ends of a terminal of 24 lines and 80 columns.
pub(crate) struct Terminal {
    /// The harness's end: reads what the program prints, writes what it is typed.
    pub(crate) outer: File,
    /// The program's end.
    pub(crate) inner: File,
}

impl Terminal {
    /// Opens one that neither echoes input nor rewrites output, so that what is read from it is
    /// exactly what the program printed. Input still comes in lines, and `^D` ends it.
    pub(crate) fn open() -> io::Result<Self> {
        let outer = openpt(FLAGS)?;
        grantpt(&outer)?;
        unlockpt(&outer)?;
        let path = ptsname(&outer, Vec::new())?;
        let inner = File::options()
            .read(true)
            .write(true)
            // Must not become the terminal that controls the harness itself.
            .custom_flags(OpenptFlags::NOCTTY.bits().cast_signed())
            .open(OsStr::from_bytes(path.as_bytes()))?;
        let mut modes = tcgetattr(&inner)?;
        modes.local_modes.remove(LocalModes::ECHO);
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&inner, OptionalActions::Now, &modes)?;
        tcsetwinsize(&inner, SIZE)?;
        Ok(Self {
            outer: outer.into(),
            inner,
        })
    }
}
