//! Capture files of made-up connections.

use std::fs;
use std::path::{Path, PathBuf};

use Side::{Client, Server};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What the two sides of a connection send, one segment after the other.
pub(crate) type Segments = Vec<(Side, Vec<u8>)>;

/// A capture file, which is removed in the end.
pub(crate) struct Capture {
    pub(crate) path: PathBuf,
    /// The server's.
    pub(crate) port: u16,
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Capture {
    /// Each connection goes to the server's `port`, complete with SYN and FIN.
    pub(crate) fn new(name: &str, port: u16, connections: &[Segments]) -> Self {
        const RAW_IP: u32 = 101;
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0x0004_0000, RAW_IP] {
            file.extend_from_slice(&u32::to_le_bytes(word));
        }
        for (number, segments) in connections.iter().enumerate() {
            let client = 20_000 + u16::try_from(number).unwrap();
            Connection::new(client, port).write(segments, &mut file);
        }
        let name = format!("{name}-{}.pcap", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, file).unwrap();
        Self { path, port }
    }
}

/// A connection whose packets are made up; the client's end and the server's.
struct Connection {
    ports: [u16; 2],
    /// The sequence numbers of what they send next.
    next: [u32; 2],
}

impl Connection {
    const FIN: u8 = 0x01;
    const SYN: u8 = 0x02;
    const PSH: u8 = 0x08;
    const ACK: u8 = 0x10;

    fn new(client: u16, server: u16) -> Self {
        Self {
            ports: [client, server],
            next: [1_000, 2_000],
        }
    }

    fn write(mut self, segments: &Segments, file: &mut Vec<u8>) {
        self.packet(Client, Self::SYN, b"", file);
        self.packet(Server, Self::SYN | Self::ACK, b"", file);
        self.packet(Client, Self::ACK, b"", file);
        for (side, bytes) in segments {
            self.packet(*side, Self::PSH | Self::ACK, bytes, file);
        }
        self.packet(Client, Self::FIN | Self::ACK, b"", file);
        self.packet(Server, Self::FIN | Self::ACK, b"", file);
        self.packet(Client, Self::ACK, b"", file);
    }

    fn packet(&mut self, side: Side, flags: u8, payload: &[u8], file: &mut Vec<u8>) {
        let (from, to) = match side {
            Client => (0, 1),
            Server => (1, 0),
        };
        let length = 40 + payload.len();
        // Time 0, and the same length captured as there was.
        file.extend_from_slice(&[0; 8]);
        file.extend_from_slice(&(length as u32).to_le_bytes().repeat(2));
        // IPv4, TCP, 127.0.0.1 to 127.0.0.1.
        file.extend_from_slice(&[0x45, 0]);
        file.extend_from_slice(&(length as u16).to_be_bytes());
        file.extend_from_slice(&[0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        file.extend_from_slice(&self.ports[from].to_be_bytes());
        file.extend_from_slice(&self.ports[to].to_be_bytes());
        let acknowledged = if flags & Self::ACK == 0 {
            0
        } else {
            self.next[to]
        };
        file.extend_from_slice(&self.next[from].to_be_bytes());
        file.extend_from_slice(&acknowledged.to_be_bytes());
        file.extend_from_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        file.extend_from_slice(payload);
        let opens_or_ends = flags & (Self::SYN | Self::FIN) != 0;
        self.next[from] += payload.len() as u32 + u32::from(opens_or_ends);
    }
}
