use std::borrow::Cow;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::UNIX_EPOCH;

use etherparse::PacketBuilder;
use harness::Recording;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, PcapResult};

use super::packets::Packet;

const TIME_TO_LIVE: u8 = 64;

/// The only resolution of time that the crate writes, as an exponent of 10.
const NANOSECONDS: u8 = 9;

/// Writes the packets, with `about` as the comment of the file. Each server's port has an interface,
/// whose name tells the dissectors what is spoken there.
pub(super) fn write(
    to: impl Write,
    assignment: &str,
    about: &str,
    packets: &[Packet],
    recording: &mut Recording,
) -> io::Result<()> {
    let mut ports: Vec<u16> = packets.iter().map(|packet| packet.server_port).collect();
    ports.sort_unstable();
    ports.dedup();
    let mut writer = writer(to, assignment, about, &ports).map_err(io::Error::other)?;
    let (start, started) = recording.started;
    // A clock that is set to a time before 1970 shows 1970.
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default();
    for packet in packets {
        let interface = ports.partition_point(|port| *port < packet.server_port);
        let data = bytes(packet, recording)?;
        let comments = packet.comments.iter();
        let block = EnhancedPacketBlock {
            interface_id: interface as u32,
            timestamp: started + packet.at.saturating_duration_since(start),
            original_len: data.len() as u32,
            data: Cow::Owned(data),
            options: comments
                .map(|text| EnhancedPacketOption::Comment(text.into()))
                .collect(),
        };
        writer.write_pcapng_block(block).map_err(io::Error::other)?;
    }
    writer.get_mut().flush()
}

/// A writer that has described the file and its interfaces.
fn writer<W: Write>(
    to: W,
    assignment: &str,
    about: &str,
    ports: &[u16],
) -> PcapResult<PcapNgWriter<W>> {
    let application = concat!("conform ", env!("CARGO_PKG_VERSION"));
    let section = SectionHeaderBlock {
        options: vec![
            SectionHeaderOption::Comment(about.to_owned().into()),
            SectionHeaderOption::UserApplication(application.into()),
        ],
        ..SectionHeaderBlock::default()
    };
    let mut writer = PcapNgWriter::with_section_header(to, section)?;
    for port in ports {
        let name = format!("conform:{assignment}:{port}");
        writer.write_pcapng_block(InterfaceDescriptionBlock {
            linktype: DataLink::RAW,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName(name.into()),
                InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
            ],
        })?;
    }
    Ok(writer)
}

/// A packet with all its headers.
fn bytes(packet: &Packet, recording: &mut Recording) -> io::Result<Vec<u8>> {
    let segment = recording.read(&packet.segment)?;
    let builder = match (packet.from, packet.to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), TIME_TO_LIVE)
        }
        (from, to) => PacketBuilder::ipv6(octets(from), octets(to), TIME_TO_LIVE),
    };
    let builder = builder.tcp_header(packet.header.clone());
    let mut bytes = Vec::with_capacity(builder.size(segment.len()));
    builder
        .write(&mut bytes, &segment)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

fn octets(address: SocketAddr) -> [u8; 16] {
    match address {
        SocketAddr::V4(address) => address.ip().to_ipv6_mapped().octets(),
        SocketAddr::V6(address) => address.ip().octets(),
    }
}
