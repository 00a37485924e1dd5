//! Python's `repr`, written piece by piece and without recursion.

use std::fmt::{self, Write};

use super::arena::{Arena, Links, Node, NodeId};
use super::measure::links_of;
use super::{number, text};

/// A container that is being written, and how many of its members have been.
struct Frame {
    node: Node,
    links: Links,
    next: usize,
}

pub(super) fn write(f: &mut impl Write, arena: &Arena, root: NodeId) -> fmt::Result {
    let mut path = Vec::new();
    enter(f, arena, root, &mut path)?;
    while let Some(frame) = path.last_mut() {
        let Some(member) = arena.members(frame.links).get(frame.next).copied() else {
            f.write_str(closing(frame.node))?;
            path.pop();
            continue;
        };
        let is_value = matches!(frame.node, Node::Dict(_)) && frame.next % 2 == 1;
        if is_value {
            f.write_str(": ")?;
        } else if frame.next > 0 {
            f.write_str(", ")?;
        }
        frame.next += 1;
        enter(f, arena, member, &mut path)?;
    }
    Ok(())
}

fn enter(f: &mut impl Write, arena: &Arena, id: NodeId, path: &mut Vec<Frame>) -> fmt::Result {
    let node = arena.node(id);
    if let Some(links) = links_of(node) {
        path.push(Frame {
            node,
            links,
            next: 0,
        });
        return f.write_str(opening(node));
    }
    match node {
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
        _ => f.write_str("None"),
    }
}

fn opening(node: Node) -> &'static str {
    match node {
        Node::List(_) => "[",
        Node::Tuple(_) => "(",
        Node::Set(links) if links.len() == 0 => "set(",
        Node::FrozenSet(links) if links.len() == 0 => "frozenset(",
        Node::FrozenSet(_) => "frozenset({",
        _ => "{",
    }
}

fn closing(node: Node) -> &'static str {
    match node {
        Node::List(_) => "]",
        Node::Tuple(links) if links.len() == 1 => ",)",
        Node::Tuple(_) => ")",
        Node::Set(links) | Node::FrozenSet(links) if links.len() == 0 => ")",
        Node::FrozenSet(_) => "})",
        _ => "}",
    }
}
