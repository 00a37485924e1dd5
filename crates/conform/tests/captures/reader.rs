//! Reads a capture back: the file with another crate than wrote it, the packets by hand. It panics
//! where a checksum, a length or a sequence number is wrong.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use pcap_parser::pcapng::OptionCode;
use pcap_parser::{Block, Linktype, PcapNGOption, parse_pcapng};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// What is in a capture file.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    pub(crate) comment: String,
    pub(crate) packets: Vec<Packet>,
}

/// A packet that is right by itself.
#[derive(Debug)]
pub(crate) struct Packet {
    /// In nanoseconds since 1970.
    pub(crate) at: u64,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    pub(crate) data: Vec<u8>,
    pub(crate) comments: Vec<String>,
}

/// A connection: of the client and of the server, in this order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) ends: [SocketAddr; 2],
    pub(crate) data: [Vec<u8>; 2],
    pub(crate) closed: [bool; 2],
    pub(crate) reset: [bool; 2],
}

pub(crate) fn read(file: &[u8]) -> Capture {
    let mut capture = Capture::default();
    let mut ports = Vec::new();
    let (rest, file) = parse_pcapng(file).unwrap();
    assert!(rest.is_empty(), "{} bytes behind the blocks", rest.len());
    for block in file.sections.into_iter().flat_map(|one| one.blocks) {
        match block {
            Block::SectionHeader(block) => {
                assert!(
                    block
                        .shb_userappl()
                        .unwrap()
                        .unwrap()
                        .starts_with("conform ")
                );
                capture.comment = comments(&block.options).concat();
            }
            Block::InterfaceDescription(block) => {
                assert_eq!((block.linktype, block.if_tsresol), (Linktype::RAW, 9));
                let name = block.if_name().unwrap().unwrap();
                let (_, port) = name.rsplit_once(':').unwrap();
                ports.push(port.parse::<u16>().unwrap());
            }
            Block::EnhancedPacket(block) => {
                assert_eq!(block.caplen, block.origlen);
                let data = &block.data[..block.caplen as usize];
                let at = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                let packet = Packet {
                    at,
                    comments: comments(&block.options),
                    ..packet(data)
                };
                assert!(capture.packets.last().is_none_or(|last| last.at <= at));
                let port = ports[block.if_id as usize];
                assert!(
                    packet.from.port() == port || packet.to.port() == port,
                    "{port}"
                );
                capture.packets.push(packet);
            }
            other => panic!("an unexpected block: {other:?}"),
        }
    }
    capture
}

fn comments(options: &[PcapNGOption<'_>]) -> Vec<String> {
    let comments = options
        .iter()
        .filter(|option| option.code == OptionCode::Comment);
    comments
        .map(|option| option.as_str().unwrap().to_owned())
        .collect()
}

fn packet(bytes: &[u8]) -> Packet {
    let (from, to, pseudo_header, segment) = match bytes[0] >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        other => panic!("IP version {other}"),
    };
    assert_eq!(
        sum(&[&pseudo_header[..], segment].concat()),
        0xffff,
        "TCP checksum"
    );
    let port = |at: usize| u16::from_be_bytes([segment[at], segment[at + 1]]);
    let word = |at: usize| u32::from_be_bytes(segment[at..at + 4].try_into().unwrap());
    Packet {
        at: 0,
        from: SocketAddr::new(from, port(0)),
        to: SocketAddr::new(to, port(2)),
        sequence: word(4),
        acknowledged: word(8),
        flags: segment[13],
        data: segment[usize::from(segment[12] >> 4) * 4..].to_vec(),
        comments: Vec::new(),
    }
}

type Parsed<'a> = (std::net::IpAddr, std::net::IpAddr, Vec<u8>, &'a [u8]);

fn ipv4(bytes: &[u8]) -> Parsed<'_> {
    let (header, segment) = bytes.split_at(20);
    assert_eq!(sum(header), 0xffff, "IPv4 checksum");
    assert_eq!(header[0], 0x45, "options");
    assert_eq!(
        usize::from(u16::from_be_bytes([header[2], header[3]])),
        bytes.len()
    );
    assert_eq!(header[9], 6, "not TCP");
    let address = |at: usize| {
        let octets: [u8; 4] = header[at..at + 4].try_into().unwrap();
        Ipv4Addr::from(octets).into()
    };
    let mut pseudo_header = header[12..20].to_vec();
    pseudo_header.extend([0, 6]);
    pseudo_header.extend(u16::try_from(segment.len()).unwrap().to_be_bytes());
    (address(12), address(16), pseudo_header, segment)
}

fn ipv6(bytes: &[u8]) -> Parsed<'_> {
    let (header, segment) = bytes.split_at(40);
    assert_eq!(
        usize::from(u16::from_be_bytes([header[4], header[5]])),
        segment.len()
    );
    assert_eq!(header[6], 6, "not TCP");
    let address = |at: usize| {
        let octets: [u8; 16] = header[at..at + 16].try_into().unwrap();
        Ipv6Addr::from(octets).into()
    };
    let mut pseudo_header = header[8..40].to_vec();
    pseudo_header.extend(u32::try_from(segment.len()).unwrap().to_be_bytes());
    pseudo_header.extend([0, 0, 0, 6]);
    (address(8), address(24), pseudo_header, segment)
}

/// The sum in ones' complement, which is all ones where the checksum is among the bytes.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

/// A connection as far as it was read.
struct Followed {
    connection: Connection,
    /// The sequence numbers that come next.
    next: [u32; 2],
    /// How far each was acknowledged by the other.
    acknowledged: [u32; 2],
    syn: [bool; 2],
}

/// The connections in the order of their first packets.
pub(crate) fn connections(capture: &Capture) -> Vec<Connection> {
    let mut all: Vec<Followed> = Vec::new();
    for packet in &capture.packets {
        if packet.flags & (SYN | ACK) == SYN {
            all.push(Followed {
                connection: Connection {
                    ends: [packet.from, packet.to],
                    data: Default::default(),
                    closed: [false; 2],
                    reset: [false; 2],
                },
                next: [packet.sequence, 0],
                acknowledged: [packet.sequence, 0],
                syn: [false; 2],
            });
        }
        let ends = [packet.from, packet.to];
        let is_on = |one: &&mut Followed| {
            let [client, server] = one.connection.ends;
            ends == [client, server] || ends == [server, client]
        };
        // The last of those that used the same ports.
        match all.iter_mut().rev().find(is_on) {
            Some(one) => one.follow(packet),
            None => panic!("no SYN before {packet:?}"),
        }
    }
    all.into_iter().map(|one| one.connection).collect()
}

impl Followed {
    fn follow(&mut self, packet: &Packet) {
        let connection = &mut self.connection;
        let from = usize::from(packet.from != connection.ends[0]);
        let to = 1 - from;
        assert!(
            connection.reset == [false; 2],
            "after the reset: {packet:?}"
        );
        if packet.flags & SYN != 0 {
            assert!(!self.syn[from], "a second SYN");
            self.syn[from] = true;
            self.next[from] = packet.sequence;
            self.acknowledged[from] = packet.sequence;
        } else if packet.flags & RST == 0 {
            assert!(
                self.syn[from] && self.syn[to],
                "no handshake before {packet:?}"
            );
        }
        let is_first = !self.syn[from];
        assert!(
            is_first || packet.sequence == self.next[from],
            "sequence number of {packet:?}"
        );
        assert_eq!(
            packet.flags & ACK == 0,
            packet.flags & SYN != 0 && !self.syn[to]
        );
        if packet.flags & ACK != 0 {
            assert_eq!(
                packet.acknowledged, self.next[to],
                "acknowledgement of {packet:?}"
            );
            self.acknowledged[to] = packet.acknowledged;
        }
        let takes_number = !packet.data.is_empty() || packet.flags & FIN != 0;
        assert!(
            !takes_number || !connection.closed[from],
            "after the end: {packet:?}"
        );
        connection.data[from].extend(&packet.data);
        connection.closed[from] |= packet.flags & FIN != 0;
        connection.reset[from] |= packet.flags & RST != 0;
        let counted = packet.data.len() as u32
            + u32::from(packet.flags & SYN != 0)
            + u32::from(packet.flags & FIN != 0);
        self.next[from] = packet.sequence.wrapping_add(counted);
        // What fits into a window of 64 KiB without its scaling.
        let in_flight = self.next[from].wrapping_sub(self.acknowledged[from]);
        assert!(in_flight <= 0xffff, "{in_flight} bytes in flight");
    }
}
