use std::io;
use std::os::fd::AsFd;

/// How many of the bytes that were written to a connection have been acknowledged by the peer's
/// system. The end of the sending side counts as one.
///
/// The others may still wait in the send buffer. Whether the peer's program has read what its
/// system acknowledged is not known; a reset shows that it has not.
///
/// Elsewhere than on Linux the system is not asked, and everything counts as acknowledged.
///
/// # Errors
/// What the system reported.
pub fn acknowledged(stream: &impl AsFd) -> io::Result<u64> {
    imp::acknowledged(stream)
}

#[cfg(target_os = "linux")]
mod imp {
    use std::io;
    use std::os::fd::AsFd;

    use nix::{getsockopt_impl, sockopt_impl};

    sockopt_impl!(
        /// The first 128 bytes of `struct tcp_info` (linux/tcp.h); `tcpi_bytes_acked` is the last.
        TcpInfo,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        [u8; 128]
    );

    pub(super) fn acknowledged(stream: &impl AsFd) -> io::Result<u64> {
        let [.., a, b, c, d, e, f, g, h] = nix::sys::socket::getsockopt(stream, TcpInfo)?;
        Ok(u64::from_ne_bytes([a, b, c, d, e, f, g, h]))
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    pub(super) fn acknowledged(_: &impl std::os::fd::AsFd) -> std::io::Result<u64> {
        Ok(u64::MAX)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::thread;

    use super::*;

    #[test]
    fn bytes_that_the_peer_has_no_room_for_are_not_acknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut writer = listener.accept().unwrap().0;
        writer.set_nonblocking(true).unwrap();
        let mut written = 0;
        while let Ok(length) = writer.write(&[0; 1 << 16]) {
            written += length as u64;
        }
        let taken = acknowledged(&writer).unwrap();
        assert!(0 < taken && taken < written, "{taken} of {written}");

        writer.shutdown(Shutdown::Write).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        while acknowledged(&writer).unwrap() <= written {
            thread::yield_now();
        }
        assert_eq!(acknowledged(&writer).unwrap(), written + 1);
    }
}
