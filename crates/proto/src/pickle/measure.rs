//! Walks through a finished object once, without recursion: counts its values and text with their
//! repetitions, measures its depth, finds objects that contain themselves, and drops the entries
//! of dictionaries and sets that Python would replace.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use super::arena::{Arena, Container, Links, Node, NodeId};
use super::number::{self, Integer};
use super::{Error, MAX_DEPTH, MAX_TEXT_LEN, MAX_VALUES};

/// A byte of text is written as four at most, as `\x00`.
const LONGEST_ESCAPE: usize = 4;

/// What a value takes besides its text: a float has 24 characters, a bytearray 14, a container
/// fewer, and a comma and a space follow.
const LONGEST_VALUE: usize = 26;

/// What is known of a node once all that it contains is known.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    state: State,
    /// Whether it may be a key.
    hashable: bool,
    depth: u16,
    values: u32,
    text: u32,
    /// Equal for values that are equal as keys (`1 == 1.0 == True`). Others collide with a
    /// probability of 1 in 2^64; the hash is keyed at random, so no sender can prepare a collision.
    digest: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    New,
    /// On the path from the root to the current node.
    Open,
    Done,
}

/// A container on that path, and how many of its members have been visited.
struct Frame {
    id: NodeId,
    container: Container,
    links: Links,
    next: usize,
}

/// Checks an object against the limits of P-8, and drops the entries of dictionaries and sets that
/// Python would replace. Returns how many bytes its `repr` has at most.
pub(super) fn measure(arena: &mut Arena, root: NodeId) -> Result<usize, Error> {
    let measures = vec![Measure::default(); arena.len()];
    Survey {
        arena,
        measures,
        keys: RandomState::new(),
    }
    .run(root)
}

struct Survey<'a> {
    arena: &'a mut Arena,
    measures: Vec<Measure>,
    keys: RandomState,
}

impl Survey<'_> {
    fn run(mut self, root: NodeId) -> Result<usize, Error> {
        let mut path = Vec::new();
        self.enter(root, &mut path)?;
        while let Some(mut frame) = path.pop() {
            match self.arena.members(frame.links).get(frame.next).copied() {
                Some(member) => {
                    frame.next += 1;
                    path.push(frame);
                    self.enter(member, &mut path)?;
                }
                None => self.leave(frame)?,
            }
        }
        let Measure { values, text, .. } = self.measures[root.index()];
        Ok(LONGEST_ESCAPE * text as usize + LONGEST_VALUE * values as usize)
    }

    fn enter(&mut self, id: NodeId, path: &mut Vec<Frame>) -> Result<(), Error> {
        let measure = self.measures[id.index()];
        match measure.state {
            State::Open => return Err(Error::ContainsItself),
            State::Done => return check_depth(path.len() + usize::from(measure.depth)),
            State::New => {}
        }
        let (digest, text) = match self.arena.node(id) {
            Node::Container(container, links) => {
                self.measures[id.index()].state = State::Open;
                path.push(Frame {
                    id,
                    container,
                    links,
                    next: 0,
                });
                return check_depth(path.len());
            }
            Node::Callable(callable) => {
                return Err(Error::HoldsCallable {
                    callable: callable.name(),
                });
            }
            Node::None => (Some(self.hash(b'N', ())), 0),
            Node::Bool(value) => (Some(self.hash(b'I', i64::from(value))), 0),
            Node::Int(value) => (Some(self.hash(b'I', value)), 0),
            Node::Float(value) => (Some(self.float(id, value)), 0),
            Node::LongInt(span) => (Some(self.hash(b'L', self.arena.text(span))), span.len()),
            Node::Str(span) => (Some(self.hash(b'S', self.arena.text(span))), span.len()),
            Node::Bytes(span) => (Some(self.hash(b'B', self.arena.text(span))), span.len()),
            Node::ByteArray(span) => (None, span.len()),
        };
        self.measures[id.index()] = Measure {
            state: State::Done,
            hashable: digest.is_some(),
            depth: 0,
            values: 1,
            text: text as u32,
            digest: digest.unwrap_or(0),
        };
        Ok(())
    }

    fn float(&self, id: NodeId, value: f64) -> u64 {
        match number::whole(value) {
            Some(Integer::Small(whole)) => self.hash(b'I', whole),
            Some(Integer::Large(digits)) => self.hash(b'L', digits.as_bytes()),
            // Python's `nan` is equal to nothing but, as a key, to itself.
            None if value.is_nan() => self.hash(b'n', id.index()),
            None => self.hash(b'F', value.to_bits()),
        }
    }

    fn hash(&self, kind: u8, value: impl Hash) -> u64 {
        self.keys.hash_one((kind, value))
    }

    /// Measures a container from its members, each of which is measured.
    fn leave(&mut self, frame: Frame) -> Result<(), Error> {
        let Frame { id, container, .. } = frame;
        let links = self.collapsed(container, frame.links)?;
        self.arena.replace(id, Node::Container(container, links));
        let ids = self.arena.members(links);
        let members = ids.iter().map(|member| self.measures[member.index()]);
        let mut total = Measure {
            state: State::Done,
            values: 1,
            ..Measure::default()
        };
        for member in members.clone() {
            total.values = total.values.saturating_add(member.values);
            total.text = total.text.saturating_add(member.text);
            total.depth = total.depth.max(member.depth);
        }
        total.depth += 1;
        if total.values as usize > MAX_VALUES {
            return Err(Error::TooManyValues { limit: MAX_VALUES });
        }
        if total.text as usize > MAX_TEXT_LEN {
            return Err(Error::TooMuchText {
                limit: MAX_TEXT_LEN,
            });
        }
        let digests = members.clone().map(|member| member.digest);
        (total.hashable, total.digest) = match container {
            Container::Tuple => (
                members.clone().all(|member| member.hashable),
                self.hash(b'T', digests.collect::<Vec<_>>()),
            ),
            // The order of a frozenset's members makes no difference.
            Container::FrozenSet => {
                let hashes = digests.map(|digest| self.hash(b'f', digest));
                let sum = hashes.fold(0, u64::wrapping_add);
                (true, self.hash(b'Z', (sum, ids.len())))
            }
            _ => (false, 0),
        };
        self.measures[id.index()] = total;
        Ok(())
    }

    /// The members of a dictionary or set with each key once: the first of equal keys stays, with
    /// the last value. Other containers keep theirs.
    fn collapsed(&mut self, container: Container, links: Links) -> Result<Links, Error> {
        let width = match container {
            Container::Dict => 2,
            Container::Set | Container::FrozenSet => 1,
            Container::List | Container::Tuple => return Ok(links),
        };
        let measures = &self.measures;
        let members = self.arena.members_mut(links);
        let mut places = HashMap::with_capacity(members.len() / width);
        let mut kept = 0;
        for entry in (0..members.len()).step_by(width) {
            let key = measures[members[entry].index()];
            if !key.hashable {
                return Err(Error::Unhashable);
            }
            let place = *places.entry(key.digest).or_insert(kept);
            if place == kept {
                members[place] = members[entry];
                kept += width;
            }
            if width == 2 {
                members[place + 1] = members[entry + 1];
            }
        }
        Ok(links.shortened(kept))
    }
}

fn check_depth(depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep { limit: MAX_DEPTH });
    }
    Ok(())
}
