//! Cases of servers: what several clients do, one after another or one while another waits.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::thread;
use std::time::{Duration, Instant};

use super::pieces::{self, Cut, LONG, Pause};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller};
use crate::Conversation;

/// What one server understands, and what it has to answer.
pub(crate) trait Protocol: 'static {
    /// What a client sends as one.
    type Request: Clone + 'static;

    /// What the server remembers.
    type Memory: Default;

    /// The most requests on one connection.
    const MOST_REQUESTS: usize;

    /// How often one client may come again and do the same, where numbers of them matter.
    const TIMES: &[usize] = &[];

    /// The checks on which clients rest that do more than to send and to wait.
    const RESTS_ON: RestsOn;

    fn draw(draw: &mut Draw) -> Self::Request;

    fn smaller(request: &Self::Request) -> Vec<Self::Request>;

    /// See [`Model::rests_on`]. Nothing comes behind the last one on its connection.
    fn rests_on(request: &Self::Request, is_last: bool) -> Vec<&'static str>;

    /// The same for a client that leaves, and does not receive the response.
    fn rests_on_unanswered(request: &Self::Request, is_last: bool) -> Vec<&'static str> {
        Self::rests_on(request, is_last)
    }

    fn words(request: &Self::Request) -> String;

    fn bytes(request: &Self::Request) -> Vec<u8>;

    /// Receives the response, and judges it. The whole request was sent, in so long since the
    /// client connected.
    fn judge(
        request: &Self::Request,
        took: Duration,
        memory: &mut Self::Memory,
        client: &mut Conversation,
    ) -> Result<(), Fault>;

    /// The line that the server prints about this request of the client at this port, if it is
    /// looked at.
    fn line(_request: &Self::Request, _port: u16) -> Option<String> {
        None
    }

    /// What the server sends to a client that has connected.
    fn greet(_client: &mut Conversation) -> Result<(), Fault> {
        Ok(())
    }

    /// How many bytes make the request whole, if it has more: a server that gets those later may
    /// have served it already.
    fn whole_after(_request: &Self::Request) -> Option<usize> {
        None
    }

    /// Whether nothing comes behind this request, not even a response: the server closes.
    fn is_the_end(_request: &Self::Request) -> bool {
        false
    }

    /// Whether the server may close before all of the request has come, which takes so long.
    fn may_close_early(_request: &Self::Request, _took: Duration) -> bool {
        false
    }

    /// The client left without the response to a request that it had sent: whether the server
    /// acted on it is not known.
    fn forget(_request: &Self::Request, _memory: &mut Self::Memory) {}

    /// The client has ended its sending side, `inside` a request or behind the last one, and the
    /// responses to all whole ones were received.
    fn judge_end(inside: bool, client: &mut Conversation) -> Result<(), Fault>;
}

/// The checks on which a case rests, each if a client does this; nothing if any server has to bear
/// it.
pub(crate) struct RestsOn {
    /// It sends in pieces.
    pub(crate) pieces: &'static str,
    /// It sends the next request before it has the response to the one before.
    pub(crate) together: Option<&'static str>,
    /// It waits inside a request for so long that a person would notice.
    pub(crate) pause: &'static str,
    /// It is served while another one waits inside a request; that is not done if nothing.
    pub(crate) meanwhile: Option<&'static str>,
    /// It ends its sending side behind a request.
    pub(crate) half_close: Option<&'static str>,
    /// It ends its sending side inside a request.
    pub(crate) cut_off: &'static str,
    /// It comes, and closes without a word.
    pub(crate) visit: Option<&'static str>,
    /// It leaves inside a request.
    pub(crate) leaves: &'static str,
    /// It leaves without its response.
    pub(crate) undelivered: &'static str,
    /// It comes after another one.
    pub(crate) another: &'static str,
}

/// The [`Model`] of a server.
pub(crate) struct Clients<P>(PhantomData<P>);

#[derive(Clone)]
pub(crate) struct Client<R> {
    requests: Vec<R>,
    /// It comes so often.
    times: usize,
    /// It waits for each response before it sends the next request.
    in_turn: bool,
    /// Where its bytes are divided, in their order.
    cuts: Vec<Cut>,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// It closes when it has all responses.
    Closes,
    /// It ends its sending side behind its requests, and then receives.
    HalfCloses,
    /// It ends its sending side behind so many bytes, and then receives.
    IsCutOff(usize),
    /// It closes or resets behind so many bytes, and receives nothing.
    Leaves { after: usize, resets: bool },
}

/// It closes without a word.
const NO_WORD: End = End::Leaves {
    after: 0,
    resets: false,
};

/// More bytes than these are not sent before a response is received.
const MOST_AHEAD: usize = 60_000;

impl<P: Protocol> Model for Clients<P> {
    type Case = Vec<Client<P::Request>>;
    type Memory = P::Memory;

    fn draw(draw: &mut Draw) -> Self::Case {
        // What is remembered shows in those who come later.
        let count = match size_of::<P::Memory>() {
            0 => draw.few(4),
            _ => draw.number(2..8),
        };
        let mut clients: Vec<_> = (0..count).map(|_| drawn::<P>(draw)).collect();
        // Whether the server goes on after one that leaves is seen by another.
        if clients
            .last()
            .is_some_and(|last| matches!(last.end, End::Leaves { .. }))
        {
            clients.push(Client {
                cuts: Vec::new(),
                end: End::Closes,
                ..drawn::<P>(draw)
            });
        }
        clients
    }

    fn smaller(case: &Self::Case) -> Vec<Self::Case> {
        let mut all = smaller::lists(case, 1);
        if case.iter().any(|client| client.end != NO_WORD) {
            let mut silent = case.clone();
            silent.iter_mut().for_each(|client| client.end = NO_WORD);
            all.push(silent);
        }
        all.extend(smaller::items(case, smaller_client::<P>));
        all
    }

    fn rests_on(case: &Self::Case) -> Vec<&'static str> {
        let rules = P::RESTS_ON;
        let mut all = Vec::new();
        for client in case {
            let length = client.bytes::<P>().len();
            let sent = match client.end {
                End::Closes | End::HalfCloses => length,
                End::IsCutOff(after) | End::Leaves { after, .. } => after.min(length),
            };
            for cut in client.cuts.iter().filter(|cut| cut.at < sent) {
                all.extend(match cut.pause {
                    Pause::Another => rules.meanwhile,
                    Pause::Millis(LONG..) => Some(rules.pause),
                    Pause::Millis(_) => None,
                });
                all.push(rules.pieces);
            }
            let is_over = client.requests.iter().any(P::is_the_end);
            let rests_on = match client.end {
                End::Leaves { .. } => P::rests_on_unanswered,
                _ => P::rests_on,
            };
            match client.end {
                End::Closes => {}
                End::HalfCloses => all.extend(rules.half_close),
                End::IsCutOff(_) => all.push(rules.cut_off),
                NO_WORD => {
                    all.extend(rules.visit);
                    continue;
                }
                End::Leaves { .. } if sent < length => all.push(rules.leaves),
                End::Leaves { .. } if is_over => {}
                End::Leaves { .. } => all.push(rules.undelivered),
            }
            let last = client.requests.len() - 1;
            if last > 0 && !client.in_turn {
                all.extend(rules.together);
            }
            for (index, request) in client.requests.iter().enumerate() {
                all.extend(rests_on(request, index == last));
            }
        }
        // It needs pieces too, but they alone do not show it.
        all.sort_by_key(|id| Some(*id) != rules.meanwhile);
        all
    }

    /// A server that serves nobody meanwhile shows nothing else of the next client.
    fn hides_others(check: &str) -> bool {
        P::RESTS_ON.meanwhile == Some(check)
    }

    fn words(case: &Self::Case) -> String {
        let mut text = String::new();
        for (index, client) in case.iter().enumerate() {
            client_words::<P>(&mut text, index + 1, client);
        }
        text
    }

    fn play(
        case: &Self::Case,
        memory: &mut Self::Memory,
        stage: &mut Stage<'_>,
    ) -> Result<(), Fault> {
        let mut coming = case.iter().collect();
        let mut play = Play::<P> {
            memory,
            deadline: Instant::now()
                + if stage.is_careful() {
                    3 * LONGEST
                } else {
                    LONGEST
                },
            stage,
            coming: &mut coming,
        };
        while play.next()? {}
        Ok(())
    }
}

impl<R: Clone> Client<R> {
    /// All that it would send.
    fn bytes<P: Protocol<Request = R>>(&self) -> Vec<u8> {
        self.requests.iter().flat_map(P::bytes).collect()
    }
}

fn drawn<P: Protocol>(draw: &mut Draw) -> Client<P::Request> {
    let count = draw.few(P::MOST_REQUESTS);
    let mut requests: Vec<_> = (0..count).map(|_| P::draw(draw)).collect();
    if let Some(end) = requests.iter().position(P::is_the_end) {
        requests.truncate(end + 1);
    }
    let many = !P::TIMES.is_empty() && draw.one_in(25);
    let mut client = Client {
        requests,
        times: if many { draw.pick(P::TIMES) } else { 1 },
        in_turn: draw.one_in(2),
        cuts: Vec::new(),
        end: End::Closes,
    };
    let length = client.bytes::<P>().len();
    client.in_turn |= length > MOST_AHEAD;
    if many {
        return client;
    }
    client.cuts = pieces::draw(draw, length, P::RESTS_ON.meanwhile.is_some());
    let part = |draw: &mut Draw| draw.number(0..length.max(1));
    client.end = match draw.number(0..16) {
        0 | 1 => End::HalfCloses,
        2 => End::IsCutOff(part(draw)),
        3 => End::Leaves {
            after: part(draw),
            resets: draw.one_in(2),
        },
        4 => End::Leaves {
            after: length,
            resets: draw.one_in(2),
        },
        _ => End::Closes,
    };
    with_surplus_undivided::<P>(client)
}

/// The same client, which sends bytes that are too many together with the byte before them, or
/// neither.
fn with_surplus_undivided<P: Protocol>(mut client: Client<P::Request>) -> Client<P::Request> {
    let mut start = 0;
    for request in &client.requests {
        let end = start + P::bytes(request).len();
        let surplus = P::whole_after(request).map_or(end, |at| start + at)..end;
        client.cuts.retain(|cut| !surplus.contains(&cut.at));
        if let End::IsCutOff(after) | End::Leaves { after, .. } = &mut client.end
            && surplus.contains(after)
        {
            *after = surplus.start - 1;
        }
        start = end;
    }
    client
}

fn smaller_client<P: Protocol>(client: &Client<P::Request>) -> Vec<Client<P::Request>> {
    let with_requests = |requests| Client {
        requests,
        ..client.clone()
    };
    let with_cuts = |cuts| Client {
        cuts,
        ..client.clone()
    };
    let mut all = Vec::new();
    let plainer: &[End] = match client.end {
        NO_WORD => &[],
        End::Closes => &[NO_WORD],
        _ => &[NO_WORD, End::Closes],
    };
    all.extend(plainer.iter().map(|end| Client {
        end: *end,
        ..client.clone()
    }));
    all.extend(
        smaller::lists(&client.requests, 1)
            .into_iter()
            .map(with_requests),
    );
    all.extend(pieces::fewer(&client.cuts).into_iter().map(with_cuts));
    all.extend(
        smaller::items(&client.requests, P::smaller)
            .into_iter()
            .map(with_requests),
    );
    all.extend(pieces::smaller(&client.cuts).into_iter().map(with_cuts));
    all.extend(
        smaller::numbers(client.times, 1)
            .into_iter()
            .map(|times| Client {
                times,
                ..client.clone()
            }),
    );
    if !client.in_turn {
        all.push(Client {
            in_turn: true,
            ..client.clone()
        });
    }
    all.into_iter().map(with_surplus_undivided::<P>).collect()
}

fn client_words<P: Protocol>(text: &mut String, number: usize, client: &Client<P::Request>) {
    // Writing into a `String` cannot fail.
    if client.end == NO_WORD && client.times == 1 {
        let _ = writeln!(text, "client {number} closes without a word");
        return;
    }
    let length = client.bytes::<P>().len();
    let requests: Vec<_> = client.requests.iter().map(P::words).collect();
    let how = match (client.in_turn, requests.len()) {
        (_, 1) => "",
        (true, _) => " one after another",
        (false, _) => " together",
    };
    let requests = requests.join(", then ");
    let _ = match client.times {
        1 => writeln!(text, "client {number} sends{how} {requests}"),
        times => writeln!(
            text,
            "client {number} comes {times} times and sends{how} {requests}"
        ),
    };
    pieces::words(text, &client.cuts, length);
    let _ = match client.end {
        End::Closes => Ok(()),
        End::HalfCloses => writeln!(text, "  and ends its sending side"),
        End::IsCutOff(after) => writeln!(
            text,
            "  but ends its sending side behind byte {after} of {length}"
        ),
        End::Leaves { after, resets } => {
            let how = if resets { "resets" } else { "closes" };
            let after = after.min(length);
            writeln!(
                text,
                "  but {how} its connection behind byte {after} of {length}"
            )
        }
    };
}

/// A case while it is played.
struct Play<'p, 'a, P: Protocol> {
    memory: &'p mut P::Memory,
    stage: &'p mut Stage<'a>,
    /// When the rest of the case is left out: a server may take long for each of many clients.
    deadline: Instant,
    coming: &'p mut VecDeque<&'p Client<P::Request>>,
}

impl<P: Protocol> Play<'_, '_, P> {
    /// Plays the next client, if there is one.
    fn next(&mut self) -> Result<bool, Fault> {
        let Some(client) = self.coming.pop_front() else {
            return Ok(false);
        };
        for _ in 0..client.times {
            if Instant::now() > self.deadline {
                return Ok(false);
            }
            self.visit(client)?;
        }
        Ok(true)
    }

    fn visit(&mut self, client: &Client<P::Request>) -> Result<(), Fault> {
        let start = Instant::now();
        let mut connection = self.stage.connect().breaks(P::RESTS_ON.another)?;
        P::greet(&mut connection)?;
        let sent = self.send_and_receive(client, start, &mut connection);
        let End::Leaves { resets, .. } = client.end else {
            return sent;
        };
        // A server may close before a client that leaves has sent all.
        if resets {
            connection.reset().breaks(P::RESTS_ON.leaves)?;
        } else {
            drop(connection);
        }
        if self.stage.is_careful() {
            thread::sleep(NOTICED);
        }
        Ok(())
    }

    fn send_and_receive(
        &mut self,
        client: &Client<P::Request>,
        start: Instant,
        connection: &mut Conversation,
    ) -> Result<(), Fault> {
        let all: Vec<Vec<u8>> = client.requests.iter().map(P::bytes).collect();
        let bytes = all.concat();
        let end = match client.end {
            End::Closes | End::HalfCloses => bytes.len(),
            End::IsCutOff(after) | End::Leaves { after, .. } => after.min(bytes.len()),
        };
        let receives = !matches!(client.end, End::Leaves { .. });
        let (mut sent, mut whole, mut behind) = (0, Vec::new(), 0);
        for (request, length) in client.requests.iter().zip(all.iter().map(Vec::len)) {
            behind += length;
            // In turn, each request is sent by itself; else all with the first.
            let until = if client.in_turn { behind.min(end) } else { end };
            let taken = self.send(&client.cuts, &bytes[..until], sent, connection);
            let took = start.elapsed();
            let mut requests = client.requests.iter();
            if taken.is_err() && requests.any(|request| P::may_close_early(request, took)) {
                client
                    .requests
                    .iter()
                    .for_each(|request| P::forget(request, self.memory));
                return Ok(());
            }
            taken?;
            sent = until;
            if behind > end {
                break;
            } else if !receives {
                P::forget(request, self.memory);
            } else if client.in_turn {
                P::judge(request, took, self.memory, connection)?;
            } else {
                whole.push((request, took));
            }
        }
        if matches!(client.end, End::HalfCloses | End::IsCutOff(_)) {
            // Where it is reset already, what is missing shows it.
            let _ = connection.shutdown_write();
        }
        for (request, took) in whole {
            P::judge(request, took, self.memory, connection)?;
        }
        let is_whole = matches!(client.end, End::Closes | End::HalfCloses);
        let is_seen = is_whole && self.stage.restarts();
        for request in client.requests.iter().filter(|_| is_seen) {
            if let Some(line) = P::line(request, connection.local_address().port()) {
                let another = P::RESTS_ON.another;
                let server = self.stage.running().breaks(another)?;
                server.wait_recent_line(&line).breaks(another)?;
            }
        }
        match client.end {
            End::HalfCloses => P::judge_end(false, connection),
            End::IsCutOff(_) => {
                let starts = starts(&all);
                P::judge_end(!starts.contains(&end), connection)
            }
            End::Closes | End::Leaves { .. } => Ok(()),
        }
    }

    /// Sends the bytes behind those that were sent before, in pieces.
    fn send(
        &mut self,
        cuts: &[Cut],
        bytes: &[u8],
        sent: usize,
        connection: &mut Conversation,
    ) -> Result<(), Fault> {
        let taken = P::RESTS_ON.another;
        for (piece, pause) in pieces::of(cuts, bytes, sent) {
            connection.send(piece).breaks(taken)?;
            match pause {
                Pause::Millis(_) => pause.wait(),
                Pause::Another => drop(self.next()?),
            }
        }
        Ok(())
    }
}

/// How long a case is played in a hurry.
const LONGEST: Duration = Duration::from_secs(3);

/// How long a server may take to notice that a client is gone.
const NOTICED: Duration = Duration::from_millis(60);

/// Where a request begins, or the last one ends.
pub(super) fn starts(requests: &[Vec<u8>]) -> Vec<usize> {
    let mut starts = vec![0];
    for request in requests {
        starts.push(starts[starts.len() - 1] + request.len());
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::super::server::Server;
    use super::*;

    #[test]
    fn bytes_too_many_come_with_the_last_byte_of_their_request_or_never() {
        let mut count = 0;
        for number in 0..1000 {
            let case = Clients::<Server>::draw(&mut Draw::new(number));
            let smaller = Clients::<Server>::smaller(&case);
            for client in smaller.iter().flatten().chain(&case) {
                let Some(whole_after) = client.requests.first().and_then(Server::whole_after)
                else {
                    continue;
                };
                count += 1;
                let surplus = whole_after..client.bytes::<Server>().len();
                assert!(!surplus.is_empty());
                assert!(client.cuts.iter().all(|cut| !surplus.contains(&cut.at)));
                if let End::IsCutOff(after) | End::Leaves { after, .. } = client.end {
                    assert!(!surplus.contains(&after));
                }
            }
        }
        assert!(count > 100);
    }
}
