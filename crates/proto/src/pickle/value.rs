use std::fmt;

use super::arena::{Arena, Container, Node, NodeId};
use super::{repr, text};

/// An object that was read from a pickle: plain data, however nested, within the limits of P-8.
///
/// Its [`Display`](fmt::Display) is what Python's `repr` shows, on one line whatever it holds
/// (P-5); the members of a set come in the order of the pickle.
#[derive(Clone)]
pub struct Value {
    arena: Arena,
    root: NodeId,
}

impl Value {
    pub(super) fn new(arena: Arena, root: NodeId) -> Self {
        Self { arena, root }
    }

    /// The object as a value that can be looked into.
    pub fn as_ref(&self) -> ValueRef<'_> {
        ValueRef {
            arena: &self.arena,
            id: self.root,
        }
    }

    /// The value of a key; `None` if there is no such key, or if this is no dictionary.
    pub fn get(&self, key: &str) -> Option<ValueRef<'_>> {
        let Node::Container(Container::Dict, links) = self.arena.node(self.root) else {
            return None;
        };
        let value = |id| ValueRef {
            arena: &self.arena,
            id,
        };
        let (entries, _) = self.arena.members(links).as_chunks();
        entries
            .iter()
            .find(|&&[name, _]| value(name).as_text() == Some(key.as_bytes()))
            .map(|&[_, found]| value(found))
    }

    /// This value, if it is an integer of up to 64 bits. A bool is not an integer here.
    pub fn as_integer(&self) -> Option<i64> {
        self.as_ref().as_integer()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({self})")
    }
}

/// A value inside an object. Its [`Display`](fmt::Display) is Python's `repr` too.
#[derive(Clone, Copy)]
pub struct ValueRef<'a> {
    arena: &'a Arena,
    id: NodeId,
}

impl<'a> ValueRef<'a> {
    /// This value, if it is an integer of up to 64 bits. A bool is not an integer here.
    pub fn as_integer(self) -> Option<i64> {
        match self.arena.node(self.id) {
            Node::Int(integer) => Some(integer),
            _ => None,
        }
    }

    /// This value, if it is a text: UTF-8, but lone surrogates are allowed, as three bytes each.
    pub fn as_text(self) -> Option<&'a [u8]> {
        match self.arena.node(self.id) {
            Node::Str(span) => Some(self.arena.text(span)),
            _ => None,
        }
    }

    /// The value as Python's `print` shows it: a text without quotes, anything else as its `repr`.
    /// Unlike there, characters that cannot be printed are escaped: it stays one line (G-6).
    pub fn bare(self) -> Bare<'a> {
        Bare { value: self }
    }
}

impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        repr::write(f, self.arena, self.id)
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueRef({self})")
    }
}

/// The [`Display`](fmt::Display) of [`ValueRef::bare`].
#[derive(Clone, Copy, Debug)]
pub struct Bare<'a> {
    value: ValueRef<'a>,
}

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.arena.node(self.value.id) {
            Node::Str(span) => text::write_bare(f, self.value.arena.text(span), None),
            _ => self.value.fmt(f),
        }
    }
}
