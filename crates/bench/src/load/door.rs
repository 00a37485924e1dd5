use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Error;

/// A client that has not come, or says nothing, for so long never will.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Where a client under test connects to.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    port: u16,
}

impl Door {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn open() -> Result<Self, Error> {
        const DOING: &str = "listening for a client";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::system(DOING))?;
        let address = listener.local_addr().map_err(Error::system(DOING))?;
        Ok(Self {
            listener,
            port: address.port(),
        })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next client, which must come soon.
    ///
    /// # Errors
    /// [`Error::Wrong`] if none comes, [`Error::System`].
    pub fn accept(&self) -> Result<TcpStream, Error> {
        const DOING: &str = "accepting a client";
        let mut entry = [PollFd::new(&self.listener, PollFlags::IN)];
        let timeout = Timespec::try_from(TIMEOUT).ok();
        if poll(&mut entry, timeout.as_ref()).map_err(Error::system(DOING))? == 0 {
            return Err(Error::Wrong {
                who: "the client".to_owned(),
                wanted: "a connection".to_owned(),
                found: format!("none within {} seconds", TIMEOUT.as_secs()),
            });
        }
        let (client, _) = self.listener.accept().map_err(Error::system(DOING))?;
        client
            .set_read_timeout(Some(TIMEOUT))
            .and_then(|()| client.set_write_timeout(Some(TIMEOUT)))
            .and_then(|()| client.set_nodelay(true))
            .map_err(Error::system(DOING))?;
        Ok(client)
    }
}
