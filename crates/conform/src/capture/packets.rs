use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use etherparse::{TcpHeader, TcpOptionElement};
use harness::{By, Ends, Happened, Recording, What};

/// With the headers a packet has at most 65,535 bytes.
const IPV4_SEGMENT: u16 = 65_495;
const IPV6_SEGMENT: u16 = 65_475;

/// Every segment is acknowledged before the next one: a window is never full.
const WINDOW: u16 = u16::MAX;

/// A wait that is shorter is not worth a comment.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// A packet without the bytes of its segment.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) at: Instant,
    pub(super) connection: usize,
    pub(super) by: By,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    /// The port of whom the client connected to.
    pub(super) server_port: u16,
    pub(super) header: TcpHeader,
    /// Where the bytes are in the recording.
    pub(super) segment: Range<u64>,
    /// The index of the last event that it shows, for events and not for what follows from them.
    pub(super) shows: Option<usize>,
    pub(super) comments: Vec<String>,
}

/// The packets of all connections, by time.
pub(super) fn packets(recording: &Recording) -> Vec<Packet> {
    let mut events = vec![Vec::new(); recording.connections.len()];
    for (index, event) in recording.events.iter().enumerate() {
        events[event.connection].push((index, event.clone()));
    }
    let mut packets = Vec::new();
    for (number, (ends, mut events)) in recording.connections.iter().zip(events).enumerate() {
        put_reset_last(&mut events);
        let mut connection = Connection::new(number, *ends);
        for (index, event) in events {
            connection.happened(index, event);
        }
        packets.extend(connection.finished());
    }
    packets.sort_by_key(|packet| packet.at);
    packets
}

/// The system reports a reset before it hands out what had arrived until then.
fn put_reset_last(events: &mut Vec<(usize, Happened)>) {
    let is_reset = |event: &Happened| event.what == What::Reset(By::Peer);
    let Some(first) = events.iter().position(|(_, event)| is_reset(event)) else {
        return;
    };
    let mut later = events.split_off(first);
    let (index, mut reset) = later.remove(0);
    later.retain(|(_, event)| matches!(event.what, What::Data(By::Peer, _)));
    if let Some((_, last)) = later.last() {
        reset.at = last.at;
    }
    events.extend(later);
    events.push((index, reset));
}

/// A wait in vain, until something is sent that shows how long it took.
struct Wait {
    since: Instant,
    until: Instant,
    index: usize,
}

/// Makes up the packets of a connection.
struct Connection {
    number: usize,
    ends: Ends,
    /// The sequence numbers of what each end sends next.
    next: [u32; 2],
    /// Which ends have closed their sending side.
    closed: [bool; 2],
    /// Whether it was reset.
    is_over: bool,
    waited: Option<Wait>,
    packets: Vec<Packet>,
}

impl Connection {
    fn new(number: usize, ends: Ends) -> Self {
        Self {
            number,
            ends,
            next: [By::Us, By::Peer].map(|by| first_sequence_number(number, by)),
            closed: [false; 2],
            is_over: false,
            waited: None,
            packets: Vec::new(),
        }
    }

    fn happened(&mut self, index: usize, event: Happened) {
        let (since, at) = (event.since, event.at);
        if self.is_over {
            return;
        }
        match event.what {
            What::Connected => {
                let client = self.ends.connected_by;
                self.syn(client, since);
                self.syn(other(client), at);
                self.shows(index);
                self.acknowledge(client, at);
            }
            What::Refused => {
                self.syn(By::Us, since);
                self.comment_on_port();
                // Who refuses has chosen no sequence number.
                self.next[By::Peer as usize] = 0;
                self.reset(By::Peer, at);
                self.shows(index);
            }
            What::Unanswered => {
                self.syn(By::Us, since);
                self.comment_on_port();
                self.shows(index);
            }
            What::Data(by, range) => {
                self.data(by, at, range, index);
            }
            What::Closed(by) if !self.closed[by as usize] => {
                self.closed[by as usize] = true;
                self.packet(by, at, 0..0, |header| header.fin = true);
                self.shows_of(by, index);
                self.acknowledge(other(by), at);
            }
            What::Closed(_) => {}
            What::Reset(by) => {
                self.reset(by, at);
                self.shows_of(by, index);
            }
            What::Silence => {
                let since = self.waited.take().map_or(since, |wait| wait.since);
                let until = at;
                self.waited = Some(Wait {
                    since,
                    until,
                    index,
                });
            }
        }
    }

    fn finished(mut self) -> Vec<Packet> {
        if let (Some(wait), Some(last)) = (self.waited.take(), self.packets.last_mut()) {
            wait.tell(last, "After");
        }
        self.packets
    }

    fn syn(&mut self, by: By, at: Instant) {
        let size = self.segment_size();
        self.packet(by, at, 0..0, |header| {
            header.syn = true;
            // One option has room.
            let _ = header.set_options(&[TcpOptionElement::MaximumSegmentSize(size)]);
        });
    }

    fn reset(&mut self, by: By, at: Instant) {
        self.packet(by, at, 0..0, |header| header.rst = true);
        self.is_over = true;
    }

    fn acknowledge(&mut self, by: By, at: Instant) {
        self.packet(by, at, 0..0, |_| ());
    }

    fn data(&mut self, by: By, at: Instant, range: Range<u64>, index: usize) {
        let size = u64::from(self.segment_size());
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + size);
            self.packet(by, at, start..end, |header| header.psh = end == range.end);
            self.shows(index);
            self.acknowledge(other(by), at);
            start = end;
        }
    }

    fn packet(
        &mut self,
        by: By,
        at: Instant,
        segment: Range<u64>,
        set: impl FnOnce(&mut TcpHeader),
    ) {
        let (from, to) = match by {
            By::Us => (self.ends.local, self.ends.remote),
            By::Peer => (self.ends.remote, self.ends.local),
        };
        let next = self.next[by as usize];
        let mut header = TcpHeader::new(from.port(), to.port(), next, WINDOW);
        set(&mut header);
        // Only what opens a connection acknowledges nothing.
        if !header.syn || by != self.ends.connected_by {
            header.ack = true;
            header.acknowledgment_number = self.next[other(by) as usize];
        }
        let length = segment.end - segment.start + u64::from(header.syn) + u64::from(header.fin);
        // Sequence numbers begin again after 2^32.
        self.next[by as usize] = next.wrapping_add(length as u32);
        let mut packet = Packet {
            at,
            connection: self.number,
            by,
            from,
            to,
            server_port: match self.ends.connected_by {
                By::Us => self.ends.remote.port(),
                By::Peer => self.ends.local.port(),
            },
            header,
            segment,
            shows: None,
            comments: Vec::new(),
        };
        if let Some(wait) = self.waited.take() {
            wait.tell(&mut packet, "Before");
        }
        self.packets.push(packet);
    }

    /// The last packet shows this event.
    fn shows(&mut self, index: usize) {
        if let Some(packet) = self.packets.last_mut() {
            packet.shows = packet.shows.max(Some(index));
        }
    }

    /// How `conform` ends a connection is not what it saw.
    fn shows_of(&mut self, by: By, index: usize) {
        if by == By::Peer {
            self.shows(index);
        }
    }

    fn comment_on_port(&mut self) {
        if let Some(packet) = self.packets.last_mut() {
            let text = "Port 0 stands for one that the system did not tell.";
            packet.comments.push(text.to_owned());
        }
    }

    fn segment_size(&self) -> u16 {
        match self.ends.remote {
            SocketAddr::V4(_) => IPV4_SEGMENT,
            SocketAddr::V6(_) => IPV6_SEGMENT,
        }
    }
}

impl Wait {
    fn tell(&self, packet: &mut Packet, place: &str) {
        packet.shows = packet.shows.max(Some(self.index));
        let took = self.until.saturating_duration_since(self.since);
        if took >= WORTH_TELLING {
            packet.comments.push(format!(
                "{place} this, conform waited for {:.3} s, and nothing came.",
                took.as_secs_f64()
            ));
        }
    }
}

fn other(by: By) -> By {
    match by {
        By::Us => By::Peer,
        By::Peer => By::Us,
    }
}

/// Others for each connection: a port that is used again is then known as such. They are so low
/// that no recording comes to the end of the sequence numbers.
fn first_sequence_number(connection: usize, by: By) -> u32 {
    const GOLDEN: u32 = 0x9e37_79b1;
    let number = 2 * connection as u32 + by as u32 + 1;
    number.wrapping_mul(GOLDEN) >> 2
}
