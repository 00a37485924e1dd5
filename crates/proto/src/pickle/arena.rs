//! All values of one object, as nodes that refer to each other by number. A value that is reached
//! twice is one node. Nothing is nested in memory, so nothing recurses, not even dropping it.

use std::num::NonZeroU32;
use std::ops::Range;

use super::{Error, MAX_NODES, MAX_TEXT_BUILT, MAX_TEXT_LEN, MAX_VALUES};

/// The number of a node in its arena, from 1 on: a place of the memo, which may be empty, takes four
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(NonZeroU32);

impl NodeId {
    pub(super) const NONE: Self = Self::at(0);
    pub(super) const TRUE: Self = Self::at(1);
    pub(super) const FALSE: Self = Self::at(2);
    pub(super) const EMPTY_TUPLE: Self = Self::at(3);

    const fn at(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A value; 16 bytes, whatever it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits, as its decimal digits.
    LongInt(Span),
    Float(f64),
    /// UTF-8 in which lone surrogates may stand, as three bytes each.
    Str(Span),
    Bytes(Span),
    ByteArray(Span),
    Container(Container, Links),
    /// Something that may be called; never part of a finished object.
    Callable(Callable),
}

/// A type of value that holds other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    List,
    Tuple,
    /// Its members are keys and values in turn.
    Dict,
    Set,
    FrozenSet,
}

/// A class or function that pickles of plain data call in older protocols (P-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Callable {
    Set,
    FrozenSet,
    Bytes,
    ByteArray,
    Encode,
}

impl Callable {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
            Self::Bytes => "bytes",
            Self::ByteArray => "bytearray",
            Self::Encode => "_codecs.encode",
        }
    }
}

/// A piece of the arena's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

/// The members of a container: a piece of the arena's links, with room to grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    start: u32,
    len: u32,
    capacity: u32,
}

impl Links {
    pub(super) fn len(self) -> usize {
        self.len as usize
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }

    /// The same place, with only the first `len` members. There must be at least `len`.
    pub(super) fn shortened(self, len: usize) -> Self {
        Self {
            len: narrow(len),
            ..self
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Arena {
    nodes: Vec<Node>,
    links: Vec<NodeId>,
    text: Vec<u8>,
    /// How many links were ever made.
    linked: usize,
}

/// Everything counted here is bounded by small multiples of the object's length, far below 2^32.
fn narrow(number: usize) -> u32 {
    debug_assert!(number <= u32::MAX as usize);
    number as u32
}

impl Default for Arena {
    fn default() -> Self {
        // In the order of the constants of `NodeId`.
        let nodes = vec![
            Node::None,
            Node::Bool(true),
            Node::Bool(false),
            Node::Container(Container::Tuple, Links::default()),
        ];
        Self {
            nodes,
            links: Vec::new(),
            text: Vec::new(),
            linked: 0,
        }
    }
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn add(&mut self, node: Node) -> Result<NodeId, Error> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Error::TooManyValues { limit: MAX_VALUES });
        }
        let id = NodeId::at(narrow(self.nodes.len()));
        self.nodes.push(node);
        Ok(id)
    }

    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    pub(super) fn replace(&mut self, id: NodeId, node: Node) {
        self.nodes[id.index()] = node;
    }

    /// Forgets the newest node if it is this one. Nothing may refer to it.
    pub(super) fn forget_newest(&mut self, id: NodeId) {
        if id.index() + 1 == self.nodes.len() {
            self.nodes.pop();
        }
    }

    /// Keeps a text. The bound includes texts that no value holds any more: a call, which is three
    /// bytes long, makes a new text from one that exists already.
    pub(super) fn add_text(&mut self, text: &[u8]) -> Result<Span, Error> {
        if self.text.len() + text.len() > MAX_TEXT_BUILT {
            return Err(Error::TooMuchText {
                limit: MAX_TEXT_LEN,
            });
        }
        let start = narrow(self.text.len());
        self.text.extend_from_slice(text);
        Ok(Span {
            start,
            len: narrow(text.len()),
        })
    }

    pub(super) fn text(&self, span: Span) -> &[u8] {
        &self.text[span.start as usize..][..span.len as usize]
    }

    pub(super) fn members(&self, links: Links) -> &[NodeId] {
        &self.links[links.range()]
    }

    pub(super) fn members_mut(&mut self, links: Links) -> &mut [NodeId] {
        &mut self.links[links.range()]
    }

    /// `links` with more members at its end. Members move to a place with twice the room when
    /// theirs is full, so that appending one at a time stays linear.
    pub(super) fn append(&mut self, mut links: Links, more: &[NodeId]) -> Result<Links, Error> {
        self.linked += more.len();
        // A dictionary entry is two values and two links: no allowed object needs more.
        if self.linked > 2 * MAX_VALUES {
            return Err(Error::TooManyValues { limit: MAX_VALUES });
        }
        let len = links.len() + more.len();
        if len > links.capacity as usize {
            let capacity = len.max(2 * links.len());
            let start = self.links.len();
            self.links.extend_from_within(links.range());
            self.links.resize(start + capacity, NodeId::NONE);
            links = Links {
                start: narrow(start),
                capacity: narrow(capacity),
                ..links
            };
        }
        let end = links.range().end;
        self.links[end..end + more.len()].copy_from_slice(more);
        links.len = narrow(len);
        Ok(links)
    }

    /// Gives back the memory that was set aside for growth.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.links.shrink_to_fit();
        self.text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_sixteen_bytes() {
        assert_eq!(size_of::<Node>(), 16);
    }

    #[test]
    fn lists_that_grow_in_turn_keep_their_own_members() {
        let mut arena = Arena::default();
        let (mut first, mut second) = (Links::default(), Links::default());
        for _ in 0..100 {
            first = arena.append(first, &[NodeId::TRUE]).unwrap();
            second = arena
                .append(second, &[NodeId::FALSE, NodeId::NONE])
                .unwrap();
        }
        assert_eq!(arena.members(first), [NodeId::TRUE; 100]);
        let expected: Vec<_> = [NodeId::FALSE, NodeId::NONE].repeat(100);
        assert_eq!(arena.members(second), expected);
        assert!(arena.links.len() < 4 * 300, "{}", arena.links.len());
    }
}
