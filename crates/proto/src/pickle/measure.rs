//! Looks through a finished object once, without recursion: counts its values and text with their
//! repetitions, measures its depth, finds objects that contain themselves, and drops the entries
//! of dictionaries and sets that Python would replace.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use super::arena::{Arena, Links, Node, NodeId};
use super::number::{self, Integer};
use super::{Error, MAX_DEPTH, MAX_TEXT_LEN, MAX_VALUES};

/// What is known of a node once all that it contains is known.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    state: State,
    /// Whether it may be a key.
    hashable: bool,
    depth: u16,
    values: u32,
    text: u32,
    /// Equal for values that are equal as keys (`1 == 1.0 == True`), and for others by an
    /// accident of 1 in 2^64 only: it is keyed at random, so that nobody can prepare one.
    digest: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    New,
    /// On the path from the root to the node that is looked at.
    Open,
    Done,
}

/// A container on that path, and how many of its members have been looked at.
struct Frame {
    id: NodeId,
    links: Links,
    next: usize,
}

pub(super) fn measure(arena: &mut Arena, root: NodeId) -> Result<(), Error> {
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
    fn run(&mut self, root: NodeId) -> Result<(), Error> {
        let mut path = Vec::new();
        self.enter(root, &mut path)?;
        while let Some(frame) = path.last_mut() {
            match self.arena.members(frame.links).get(frame.next).copied() {
                Some(member) => {
                    frame.next += 1;
                    self.enter(member, &mut path)?;
                }
                None => {
                    let id = frame.id;
                    path.pop();
                    self.leave(id)?;
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, id: NodeId, path: &mut Vec<Frame>) -> Result<(), Error> {
        let measure = self.measures[id.index()];
        match measure.state {
            State::Open => return Err(Error::ContainsItself),
            State::Done => return check_depth(path.len() + usize::from(measure.depth)),
            State::New => {}
        }
        match links_of(self.arena.node(id)) {
            Some(links) => {
                self.measures[id.index()].state = State::Open;
                path.push(Frame { id, links, next: 0 });
                check_depth(path.len())
            }
            None => {
                self.measures[id.index()] = self.scalar(id)?;
                Ok(())
            }
        }
    }

    fn scalar(&self, id: NodeId) -> Result<Measure, Error> {
        let node = self.arena.node(id);
        let (digest, text) = match node {
            Node::None => (self.hash(b'N', ()), 0),
            Node::Bool(value) => (self.hash(b'I', i64::from(value)), 0),
            Node::Int(value) => (self.hash(b'I', value), 0),
            Node::LongInt(digits) => (self.hash(b'L', self.arena.text(digits)), digits.len()),
            Node::Float(value) => (self.float(id, value), 0),
            Node::Str(text) => (self.hash(b'S', self.arena.text(text)), text.len()),
            Node::Bytes(text) => (self.hash(b'B', self.arena.text(text)), text.len()),
            Node::ByteArray(text) => (0, text.len()),
            Node::Callable(callable) => {
                return Err(Error::HoldsCallable {
                    callable: callable.name(),
                });
            }
            Node::List(_) | Node::Tuple(_) | Node::Dict(_) | Node::Set(_) | Node::FrozenSet(_) => {
                (0, 0)
            }
        };
        let hashable = !matches!(node, Node::ByteArray(_));
        let text = u32::try_from(text).unwrap_or(u32::MAX);
        Ok(Measure {
            state: State::Done,
            hashable,
            depth: 0,
            values: 1,
            text,
            digest,
        })
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

    fn leave(&mut self, id: NodeId) -> Result<(), Error> {
        let node = self.collapsed(self.arena.node(id))?;
        self.arena.replace(id, node);
        let Some(links) = links_of(node) else {
            return Ok(());
        };
        let members = self.arena.members(links);
        let mut total = Measure {
            state: State::Done,
            values: 1,
            ..Measure::default()
        };
        for member in members {
            let member = self.measures[member.index()];
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
        let digests = members
            .iter()
            .map(|member| self.measures[member.index()].digest);
        let all_hashable = || {
            members
                .iter()
                .all(|member| self.measures[member.index()].hashable)
        };
        (total.hashable, total.digest) = match node {
            Node::Tuple(_) => (all_hashable(), self.hash(b'T', digests.collect::<Vec<_>>())),
            // The order of a frozenset's members makes no difference.
            Node::FrozenSet(_) => {
                let sum = digests.fold(0_u64, |sum, digest| {
                    sum.wrapping_add(self.hash(b'f', digest))
                });
                (true, self.hash(b'Z', (sum, members.len())))
            }
            _ => (false, 0),
        };
        self.measures[id.index()] = total;
        Ok(())
    }

    /// A dictionary or set with each key once: the first of equal keys stays, with the last value.
    fn collapsed(&mut self, node: Node) -> Result<Node, Error> {
        let (links, width) = match node {
            Node::Dict(links) => (links, 2),
            Node::Set(links) | Node::FrozenSet(links) => (links, 1),
            _ => return Ok(node),
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
        let links = links.shortened(kept);
        Ok(match node {
            Node::Dict(_) => Node::Dict(links),
            Node::Set(_) => Node::Set(links),
            _ => Node::FrozenSet(links),
        })
    }
}

fn check_depth(depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        Err(Error::TooDeep { limit: MAX_DEPTH })
    } else {
        Ok(())
    }
}

/// The members of a container; `None` for a value without any.
pub(super) fn links_of(node: Node) -> Option<Links> {
    match node {
        Node::List(links)
        | Node::Tuple(links)
        | Node::Dict(links)
        | Node::Set(links)
        | Node::FrozenSet(links) => Some(links),
        _ => None,
    }
}
