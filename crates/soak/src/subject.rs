//! The servers that are under load.

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
    /// Those that serve clients side by side. `server-s` serves one after another, so that
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

/// Something for each of the servers.
#[derive(Debug, Default)]
pub(crate) struct Each<T> {
    tcp_server: T,
    lab3: T,
    server: T,
    mathserver: T,
    server_s: T,
}

impl<T> Each<T> {
    /// Makes one for each.
    ///
    /// # Errors
    /// The first of those that `make` gives.
    pub(crate) fn try_new<E>(mut make: impl FnMut(Subject) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self {
            tcp_server: make(Subject::TcpServer)?,
            lab3: make(Subject::Lab3)?,
            server: make(Subject::Server)?,
            mathserver: make(Subject::Mathserver)?,
            server_s: make(Subject::ServerS)?,
        })
    }

    /// That of one.
    pub(crate) fn of(&self, subject: Subject) -> &T {
        match subject {
            Subject::TcpServer => &self.tcp_server,
            Subject::Lab3 => &self.lab3,
            Subject::Server => &self.server,
            Subject::Mathserver => &self.mathserver,
            Subject::ServerS => &self.server_s,
        }
    }

    /// That of one, to be changed.
    pub(crate) fn of_mut(&mut self, subject: Subject) -> &mut T {
        match subject {
            Subject::TcpServer => &mut self.tcp_server,
            Subject::Lab3 => &mut self.lab3,
            Subject::Server => &mut self.server,
            Subject::Mathserver => &mut self.mathserver,
            Subject::ServerS => &mut self.server_s,
        }
    }
}
