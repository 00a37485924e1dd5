use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;

/// Standard input or output, as the program was given it (G-1).
pub(crate) struct Stream {
    was_closed: AtomicBool,
    descriptor: fn() -> BorrowedFd<'static>,
}

pub(crate) static STDIN: Stream = Stream::new(rustix::stdio::stdin);
pub(crate) static STDOUT: Stream = Stream::new(rustix::stdio::stdout);

ctor::declarative::ctor! {
    /// Before `main`, the standard library opens `/dev/null` in place of a stream that is closed.
    /// The result looks as what other programs pass on purpose, such as Python's `DEVNULL`. So this
    /// looks before the standard library does.
    #[ctor(unsafe)]
    fn look_at_streams() {
        STDIN.look();
        STDOUT.look();
    }
}

impl Stream {
    const fn new(descriptor: fn() -> BorrowedFd<'static>) -> Self {
        Self {
            was_closed: AtomicBool::new(false),
            descriptor,
        }
    }

    fn look(&self) {
        let is_closed = rustix::io::fcntl_getfd((self.descriptor)()) == Err(Errno::BADF);
        self.was_closed.store(is_closed, Ordering::Relaxed);
    }

    /// # Errors
    /// It was closed when the program started.
    pub(crate) fn descriptor(&self) -> io::Result<BorrowedFd<'static>> {
        if self.was_closed.load(Ordering::Relaxed) {
            return Err(io::Error::other("it was closed when the program started"));
        }
        Ok((self.descriptor)())
    }
}
