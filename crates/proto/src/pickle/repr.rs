//! Python's `repr`, written piece by piece and without recursion.

use std::fmt::{self, Write};

use super::arena::{Arena, Container, Links, Node, NodeId};
use super::{number, text};

/// A container that is being written, and how many of its members have been.
struct Frame {
    container: Container,
    links: Links,
    next: usize,
}

pub(super) fn write(f: &mut impl Write, arena: &Arena, root: NodeId) -> fmt::Result {
    let mut path = Vec::new();
    enter(f, arena, root, &mut path)?;
    while let Some(frame) = path.last_mut() {
        let Some(member) = arena.members(frame.links).get(frame.next).copied() else {
            f.write_str(closing(frame.container, frame.links.len()))?;
            path.pop();
            continue;
        };
        if frame.container == Container::Dict && frame.next % 2 == 1 {
            f.write_str(": ")?;
        } else if frame.next > 0 {
            f.write_str(", ")?;
        }
        frame.next += 1;
        enter(f, arena, member, &mut path)?;
    }
    Ok(())
}

/// Whether the `repr` has more than `limit` bytes. At most that many are written to find out, and
/// none is kept.
pub(super) fn is_longer(arena: &Arena, root: NodeId, limit: usize) -> bool {
    write(&mut Countdown { left: limit }, arena, root).is_err()
}

/// A writer that accepts `left` more bytes, and keeps none.
struct Countdown {
    left: usize,
}

impl Write for Countdown {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.left = self.left.checked_sub(piece.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

fn enter(f: &mut impl Write, arena: &Arena, id: NodeId, path: &mut Vec<Frame>) -> fmt::Result {
    match arena.node(id) {
        Node::Container(container, links) => {
            path.push(Frame {
                container,
                links,
                next: 0,
            });
            f.write_str(opening(container, links.len()))
        }
        Node::None => f.write_str("None"),
        Node::Bool(true) => f.write_str("True"),
        Node::Bool(false) => f.write_str("False"),
        Node::Int(value) => write!(f, "{value}"),
        Node::LongInt(digits) => arena
            .text(digits)
            .iter()
            .try_for_each(|&digit| f.write_char(digit.into())),
        Node::Float(value) => f.write_str(&number::float_repr(value)),
        Node::Str(span) => text::write_str(f, arena.text(span)),
        Node::Bytes(span) => text::write_bytes(f, arena.text(span)),
        Node::ByteArray(span) => text::write_bytearray(f, arena.text(span)),
        Node::Callable(callable) => f.write_str(callable.name()),
    }
}

fn opening(container: Container, len: usize) -> &'static str {
    match (container, len) {
        (Container::List, _) => "[",
        (Container::Tuple, _) => "(",
        (Container::Set, 0) => "set(",
        (Container::FrozenSet, 0) => "frozenset(",
        (Container::FrozenSet, _) => "frozenset({",
        (Container::Dict | Container::Set, _) => "{",
    }
}

fn closing(container: Container, len: usize) -> &'static str {
    match (container, len) {
        (Container::List, _) => "]",
        (Container::Tuple, 1) => ",)",
        (Container::Tuple, _) | (Container::Set | Container::FrozenSet, 0) => ")",
        (Container::FrozenSet, _) => "})",
        (Container::Dict | Container::Set, _) => "}",
    }
}
