//! Elsewhere than on Linux: nothing can be confined.

pub(super) mod namespaces {
    use std::process::ExitCode;

    use crate::confine::{Half, Namespaces};
    use crate::error::Error;

    pub(in crate::confine) fn run_if_asked() -> Option<ExitCode> {
        None
    }

    pub(in crate::confine) fn enter(_: bool) -> Result<Half, Error> {
        let refusal = "only Linux has namespaces".to_owned();
        Ok(Half::Inner(Namespaces::Refused(refusal)))
    }
}

pub(super) mod network {
    use std::io;

    use crate::error::Error;

    pub(in crate::confine) fn in_own<T>(_: impl FnOnce() -> T) -> Result<T, Error> {
        let error = io::Error::from(io::ErrorKind::Unsupported);
        Err(Error::system("making a network of its own")(error))
    }
}

pub(super) mod stage {
    use std::ffi::OsStr;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::process::{Command, ExitCode};

    use crate::confine::{Confinement, Landlock};

    #[allow(dead_code)]
    pub(crate) struct Settings<'a>(pub(crate) &'a Confinement);

    impl Settings<'_> {
        pub(crate) fn command(&self, _: &OsStr) -> io::Result<Command> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    pub(crate) struct Control;

    #[allow(dead_code)]
    pub(crate) enum Outcome {
        Started(Landlock),
        NotStarted(io::Error),
        NotConfined(io::Error),
    }

    impl Control {
        pub(crate) fn new(_: &OwnedFd) -> io::Result<(Self, OwnedFd)> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) fn outcome(self) -> Outcome {
            Outcome::Started(Landlock::Off)
        }
    }

    pub(in crate::confine) fn run_if_asked() -> Option<ExitCode> {
        None
    }
}
