//! The servers that are under load.

use std::ops::{Index, IndexMut};

/// One of the five servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    TcpServer,
    Lab3,
    Server,
    Mathserver,
    ServerS,
}

impl Subject {
    /// Those that serve clients concurrently. `server-s` serves one after another, so that
    /// a hostile client delays honest ones by design.
    pub(crate) const CONCURRENT: [Self; 4] =
        [Self::TcpServer, Self::Lab3, Self::Server, Self::Mathserver];

    /// All of them, in the order of the table's columns.
    pub(crate) const ALL: [Self; 5] = [
        Self::TcpServer,
        Self::Lab3,
        Self::Server,
        Self::Mathserver,
        Self::ServerS,
    ];

    /// The name of its program.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TcpServer => "tcp_server",
            Self::Lab3 => "lab3",
            Self::Server => "server",
            Self::Mathserver => "mathserver",
            Self::ServerS => "server-s",
        }
    }

    /// Whether it sends something to a client that has just connected.
    pub(crate) const fn speaks_first(self) -> bool {
        matches!(self, Self::Lab3 | Self::Mathserver | Self::ServerS)
    }
}

/// Something for each of the servers, in the order of [`Subject::ALL`].
#[derive(Debug)]
pub(crate) struct Each<T>(Vec<T>);

impl<T> Each<T> {
    /// Makes one for each.
    pub(crate) fn new(make: impl FnMut(Subject) -> T) -> Self {
        Self(Subject::ALL.into_iter().map(make).collect())
    }

    /// Makes one for each.
    ///
    /// # Errors
    /// The first error of `make`.
    pub(crate) fn try_new<E>(make: impl FnMut(Subject) -> Result<T, E>) -> Result<Self, E> {
        let made: Result<_, E> = Subject::ALL.into_iter().map(make).collect();
        Ok(Self(made?))
    }
}

impl<T> Index<Subject> for Each<T> {
    type Output = T;

    fn index(&self, subject: Subject) -> &T {
        &self.0[subject as usize]
    }
}

impl<T> IndexMut<Subject> for Each<T> {
    fn index_mut(&mut self, subject: Subject) -> &mut T {
        &mut self.0[subject as usize]
    }
}
