//! A network of its own for a thread.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use crate::error::Error;

pub(super) fn in_own<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let in_thread = || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        loopback_up()?;
        Ok::<T, io::Error>(run())
    };
    let result = thread::scope(|scope| scope.spawn(in_thread).join());
    result
        .unwrap_or_else(|panic| resume_unwind(panic))
        .map_err(Error::system("making a network of its own"))
}

/// Brings up the loopback device, which is down in a new network.
///
/// rtnetlink(7): a header (length, RTM_NEWLINK, NLM_F_REQUEST and NLM_F_ACK, sequence, port) and
/// a `struct ifinfomsg` (family, type, index, flags, the flags to change). The answer is a header
/// and an error number, 0 or negative.
pub(super) fn loopback_up() -> io::Result<()> {
    const LENGTH: u32 = 32;
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const LOOPBACK: u32 = 1;
    const IFF_UP: u32 = 1;
    let mut message = Vec::new();
    message.extend(LENGTH.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    for word in [LOOPBACK, IFF_UP, IFF_UP] {
        message.extend(word.to_ne_bytes());
    }
    // Protocol 0 is NETLINK_ROUTE.
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    sendto(
        &socket,
        &message,
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 0),
    )?;
    let mut answer = [0; 64];
    recv(&socket, &mut answer[..], RecvFlags::empty())?;
    let [.., a, b, c, d] = *answer.first_chunk::<20>().ok_or(Errno::PROTO)?;
    match i32::from_ne_bytes([a, b, c, d]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}
