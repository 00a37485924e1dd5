//! Sockets that no program under test inherits, and who listens for TCP connections in the network
//! of the thread that asks, which only Linux tells.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

#[cfg(target_os = "linux")]
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};

#[cfg(target_os = "linux")]
use linux::{dumped, of_process, read};

/// A TCP socket over IPv4. A program that another thread starts now does not get it too.
#[cfg(target_os = "linux")]
pub(crate) fn tcp_socket() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)
}

/// The same, but for a moment.
#[cfg(not(target_os = "linux"))]
pub(crate) fn tcp_socket() -> rustix::io::Result<OwnedFd> {
    use rustix::io::{FdFlags, fcntl_setfd};
    use rustix::net::{AddressFamily, SocketType, socket};

    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Claims a name among the processes of this machine, or of this network, until it is dropped
/// (unix(7), abstract sockets).
#[cfg(target_os = "linux")]
pub(crate) fn claimed(name: &str) -> rustix::io::Result<OwnedFd> {
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes())?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    bind(&socket, &address)?;
    Ok(socket)
}

/// Nothing can be claimed.
#[cfg(not(target_os = "linux"))]
pub(crate) fn claimed(_: &str) -> rustix::io::Result<OwnedFd> {
    Err(rustix::io::Errno::NOSYS)
}

/// A listening socket.
#[derive(Debug)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
struct Listener {
    address: SocketAddr,
    inode: u64,
    user: u32,
}

/// The listening sockets that were there when they were looked at.
#[derive(Debug)]
pub(crate) struct Listeners(Vec<Listener>);

impl Listeners {
    /// All of them, or those at one port.
    pub(crate) fn look(port: Option<u16>) -> Self {
        let mut all = all();
        all.retain(|listener| port.is_none_or(|port| port == listener.address.port()));
        Self(all)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().map(|listener| listener.address).collect()
    }

    /// Where `pid` listens.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(&self, pid: i32) -> Vec<SocketAddr> {
        let its = of_process(pid, &self.0);
        its.map(|listener| listener.address).collect()
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(&self, _: i32) -> Vec<SocketAddr> {
        Vec::new()
    }
}

/// The tables in `/proc` take milliseconds of processor time each: to the end, where there is often
/// nothing, the system looks through all connections that there could be.
#[cfg(target_os = "linux")]
fn all() -> Vec<Listener> {
    dumped().unwrap_or_else(|_| read())
}

#[cfg(not(target_os = "linux"))]
fn all() -> Vec<Listener> {
    Vec::new()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashSet;
    use std::fs::{self, File};
    use std::io::{self, BufRead, BufReader};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
    use netlink_packet_sock_diag::SockDiagMessage;
    use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
    use netlink_packet_sock_diag::inet::nlas::Nla;
    use netlink_packet_sock_diag::inet::{
        ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
    };
    use procfs::FromBufReadSI as _;
    use procfs::net::{TcpNetEntries, TcpNetEntry, TcpState};
    use procfs::process::Process;
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send,
        socket_with,
    };

    use super::Listener;

    /// What the system answers when it is asked for what listens.
    pub(super) fn dumped() -> io::Result<Vec<Listener>> {
        let mut all = dumped_of(AF_INET, SocketId::new_v4())?;
        all.extend(dumped_of(AF_INET6, SocketId::new_v6())?);
        Ok(all)
    }

    fn dumped_of(family: u8, socket_id: SocketId) -> io::Result<Vec<Listener>> {
        let flags = SocketFlags::CLOEXEC;
        let protocol = Some(netlink::SOCK_DIAG);
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
        send(&socket, &request(family, socket_id), SendFlags::empty())?;
        let mut all = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let (length, _) = recv(&socket, &mut *buffer, RecvFlags::empty())?;
            let mut rest = &buffer[..length];
            while !rest.is_empty() {
                let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest);
                let message = message.map_err(io::Error::other)?;
                // Each begins at a multiple of four.
                let behind = (message.header.length as usize).next_multiple_of(4);
                rest = &rest[behind.min(rest.len())..];
                match message.payload {
                    NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) => {
                        all.push(Listener::from(*found));
                    }
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    NetlinkPayload::Done(_) => return Ok(all),
                    _ => {}
                }
            }
        }
    }

    fn request(family: u8, socket_id: SocketId) -> Vec<u8> {
        let inet = InetRequest {
            family,
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::empty(),
            states: StateFlags::LISTEN,
            socket_id,
        };
        let mut message = NetlinkMessage::from(SockDiagMessage::InetRequest(inet));
        message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }

    impl From<InetResponse> for Listener {
        fn from(response: InetResponse) -> Self {
            let InetResponse { header, nlas } = response;
            let id = header.socket_id;
            // One for both families is one for IPv4, which the clients of the assignments use.
            let is_for_both = id.source_address == IpAddr::from(Ipv6Addr::UNSPECIFIED)
                && nlas.contains(&Nla::SkV6Only(false));
            let address = match is_for_both {
                true => Ipv4Addr::UNSPECIFIED.into(),
                false => id.source_address,
            };
            Self {
                address: SocketAddr::new(address, id.source_port),
                inode: header.inode.into(),
                user: header.uid,
            }
        }
    }

    /// What the tables in `/proc` say, where the system cannot be asked.
    pub(super) fn read() -> Vec<Listener> {
        let tables = ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"];
        let tables = tables.into_iter().filter_map(|path| File::open(path).ok());
        tables
            .flat_map(|table| listening(BufReader::new(table)))
            .collect()
    }

    /// What listens comes first. What is left of former connections (TIME_WAIT), often tens of
    /// thousands of lines, comes last and is not read.
    fn listening(table: impl BufRead) -> Vec<Listener> {
        let lines = table.lines().map_while(Result::ok);
        let wanted = lines.take_while(|line| line.split_whitespace().nth(3) != Some("06"));
        let text: String = wanted.flat_map(|line| [line, "\n".to_owned()]).collect();
        let system = procfs::current_system_info();
        let entries = TcpNetEntries::from_buf_read(text.as_bytes(), system);
        let entries = entries.map_or(Vec::new(), |entries| entries.0).into_iter();
        entries
            .filter(|entry| entry.state == TcpState::Listen)
            .map(Listener::from)
            .collect()
    }

    impl From<TcpNetEntry> for Listener {
        fn from(entry: TcpNetEntry) -> Self {
            Self {
                address: entry.local_address,
                inode: entry.inode,
                user: entry.uid,
            }
        }
    }

    /// Those that `pid` holds.
    pub(super) fn of_process(pid: i32, all: &[Listener]) -> impl Iterator<Item = &Listener> {
        let held = held_by(pid);
        // Another user's: then what its user listens on is taken for its own.
        let user = || Process::new(pid).and_then(|process| Ok(process.status()?.euid));
        let user = held.is_err().then(user).and_then(Result::ok);
        let held = held.unwrap_or_default();
        all.iter()
            .filter(move |listener| held.contains(&listener.inode) || user == Some(listener.user))
    }

    /// The numbers of the sockets that a process holds.
    fn held_by(pid: i32) -> io::Result<HashSet<u64>> {
        let number = |file: fs::DirEntry| {
            let target = fs::read_link(file.path()).ok()?;
            let number = target.to_str()?.strip_prefix("socket:[")?;
            number.strip_suffix(']')?.parse().ok()
        };
        let files = fs::read_dir(format!("/proc/{pid}/fd"))?;
        Ok(files.flatten().filter_map(number).collect())
    }

    #[cfg(test)]
    mod tests {
        use std::net::TcpListener;

        use super::*;

        const HEADING: &str =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";

        fn line(local: &str, remote: &str, state: &str, inode: u64) -> String {
            format!(
                "   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 \
                 1000        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
            )
        }

        fn found(lines: &[String]) -> Vec<(u64, SocketAddr)> {
            let table = [HEADING, &lines.concat()].concat();
            let entries = listening(table.as_bytes());
            entries.iter().map(|e| (e.inode, e.address)).collect()
        }

        #[test]
        #[cfg(target_endian = "little")]
        fn reads_the_table_of_sockets() {
            let four = line("0100007F:1F90", "00000000:0000", "0A", 12345);
            assert_eq!(found(&[four]), [(12345, "127.0.0.1:8080".parse().unwrap())]);
            let (local, remote) = (
                "0000000000000000000000000100".to_owned() + "0000",
                "0".repeat(32),
            );
            let six = line(
                &format!("{local}:2EE0"),
                &format!("{remote}:0000"),
                "0A",
                99,
            );
            assert_eq!(found(&[six]), [(99, "[::1]:12000".parse().unwrap())]);
        }

        #[test]
        fn what_is_left_of_former_connections_is_not_read() {
            let nobody = "00000000:0000";
            let lines = [
                line("0100007F:1F90", nobody, "0A", 11),
                line("0100007F:1F91", "0100007F:9000", "01", 12),
                line("0100007F:1F92", nobody, "0A", 13),
                line("0100007F:1F93", nobody, "06", 0),
                line("0100007F:1F94", nobody, "0A", 14),
            ];
            let inodes: Vec<u64> = found(&lines).into_iter().map(|(inode, _)| inode).collect();
            assert_eq!(inodes, [11, 13]);
        }

        #[test]
        fn the_system_answers_what_the_tables_say() {
            let four = TcpListener::bind("127.0.0.1:0").unwrap();
            let six = TcpListener::bind("[::1]:0");
            let addresses: Vec<_> = [four.local_addr()]
                .into_iter()
                .chain(six.iter().map(TcpListener::local_addr))
                .map(Result::unwrap)
                .collect();
            let own = std::process::id().cast_signed();
            let held = |all: Vec<Listener>| -> Vec<_> {
                let its = of_process(own, &all).map(|listener| (listener.address, listener.user));
                its.filter(|(address, _)| addresses.contains(address))
                    .collect()
            };
            assert_eq!(held(read()).len(), addresses.len());
            match dumped() {
                Ok(all) => assert_eq!(held(all), held(read())),
                // Where it cannot be asked, the tables are all that there is.
                Err(error) => eprintln!("skipped: {error}"),
            }
        }
    }
}
