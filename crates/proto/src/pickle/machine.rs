//! The machine that a pickle is a program for: a stack of values, marks in it, and a memo.

use byteorder::{BigEndian, ByteOrder, LittleEndian};

use super::arena::{Arena, Callable, Container, Links, Node, NodeId, Span};
use super::measure::measure;
use super::number::{self, Integer};
use super::opcode::*;
use super::{
    Error, MAX_DEPTH, MAX_LINE_LEN, MAX_LINE_RATIO, MAX_OBJECT_LEN, MAX_VALUES, Value, repr, text,
};

/// The most marks that are open at the same time: protocol 0 needs two for a level of dictionaries.
const MAX_MARKS: usize = 2 * MAX_DEPTH + 2;

/// A pickle numbers its memo from 0 on, so it has no more places than bytes. This many more are
/// allowed, for picklers that leave places out.
const SPARE_MEMO: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Machine {
    arena: Arena,
    stack: Vec<NodeId>,
    /// Heights of the stack, each no higher than the next one and the stack itself.
    marks: Vec<usize>,
    memo: Vec<Option<NodeId>>,
    /// The newest of all nodes that were ever put into the memo.
    newest_remembered: Option<NodeId>,
    /// How many members and bytes of text calls have copied.
    copied: usize,
}

/// The opcode that is executed, and where its operand ends, for errors.
#[derive(Clone, Copy)]
struct Step {
    opcode: Opcode,
    at: usize,
}

impl Step {
    fn nothing_to_take(self) -> Error {
        let Self { opcode, at } = self;
        Error::NothingToTake { opcode, at }
    }

    fn wrong_type(self) -> Error {
        let Self { opcode, at } = self;
        Error::WrongType { opcode, at }
    }

    fn bad_operand(self) -> Error {
        let Self { opcode, at } = self;
        Error::BadOperand { opcode, at }
    }

    fn not_data(self) -> Error {
        let Self { opcode, at } = self;
        Error::NotData { opcode, at }
    }
}

impl Machine {
    /// The finished object, after STOP.
    pub(super) fn object(self, received: usize) -> Result<Value, Error> {
        let Self {
            mut arena,
            stack,
            marks,
            memo,
            ..
        } = self;
        let Some(&root) = stack.last() else {
            return Err(Error::NothingToTake {
                opcode: STOP,
                at: received,
            });
        };
        // Measuring needs memory of its own, so what only the machine needs is freed first.
        drop((stack, marks, memo));
        arena.shrink();
        let longest = measure(&mut arena, root)?;
        let limit = MAX_LINE_LEN.max(MAX_LINE_RATIO * received);
        // Most objects are so small that their line need not be measured.
        if longest > limit && repr::is_longer(&arena, root, limit) {
            return Err(Error::LineTooLong { limit, received });
        }
        Ok(Value::new(arena, root))
    }

    /// Executes one opcode other than STOP, whose operand is complete and ends at byte `at`.
    pub(super) fn execute(
        &mut self,
        opcode: Opcode,
        operand: &[u8],
        at: usize,
    ) -> Result<(), Error> {
        let step = Step { opcode, at };
        match opcode {
            PROTO => protocol(operand),
            FRAME => frame(operand, at),
            MARK | POP | POP_MARK | DUP => self.arrange_stack(step),
            PUT | BINPUT | LONG_BINPUT | MEMOIZE => self.remember(step, operand),
            GET | BINGET | LONG_BINGET => self.recall(step, operand),
            NONE => self.push(NodeId::NONE),
            NEWTRUE => self.push(NodeId::TRUE),
            NEWFALSE => self.push(NodeId::FALSE),
            INT | LONG | BININT | BININT1 | BININT2 | LONG1 | LONG4 | FLOAT | BINFLOAT => {
                self.push_number(step, operand)
            }
            UNICODE | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 | STRING | BINSTRING
            | SHORT_BINSTRING | BINBYTES | SHORT_BINBYTES | BINBYTES8 | BYTEARRAY8 => {
                self.push_text(step, operand)
            }
            EMPTY_TUPLE => self.push(NodeId::EMPTY_TUPLE),
            EMPTY_LIST => self.push_new(Node::Container(Container::List, Links::default())),
            EMPTY_DICT => self.push_new(Node::Container(Container::Dict, Links::default())),
            EMPTY_SET => self.push_new(Node::Container(Container::Set, Links::default())),
            TUPLE | TUPLE1 | TUPLE2 | TUPLE3 | LIST | DICT | FROZENSET => self.collect(step),
            APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS => self.extend(step),
            GLOBAL | STACK_GLOBAL => self.import(step, operand),
            REDUCE => self.call(step),
            INST => Err(import_refused(step, operand)),
            _ => Err(step.not_data()),
        }
    }

    fn push(&mut self, id: NodeId) -> Result<(), Error> {
        if self.stack.len() >= MAX_VALUES {
            return Err(Error::TooManyValues { limit: MAX_VALUES });
        }
        self.stack.push(id);
        Ok(())
    }

    fn push_new(&mut self, node: Node) -> Result<(), Error> {
        let id = self.arena.add(node)?;
        self.push(id)
    }

    /// The height of the stack below which the open mark keeps values out of reach.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self, step: Step) -> Result<NodeId, Error> {
        let reachable = &self.stack[self.floor()..];
        reachable
            .last()
            .copied()
            .ok_or_else(|| step.nothing_to_take())
    }

    fn pop(&mut self, step: Step) -> Result<NodeId, Error> {
        let top = self.top(step)?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_mark(&mut self, step: Step) -> Result<usize, Error> {
        self.marks.pop().ok_or_else(|| step.nothing_to_take())
    }

    fn arrange_stack(&mut self, step: Step) -> Result<(), Error> {
        match step.opcode {
            MARK if self.marks.len() >= MAX_MARKS => Err(Error::TooDeep { limit: MAX_DEPTH }),
            MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            DUP => self.push(self.top(step)?),
            POP if self.stack.len() > self.floor() => self.pop(step).map(drop),
            // POP_MARK, and POP of the mark itself.
            _ => {
                let height = self.pop_mark(step)?;
                self.stack.truncate(height);
                Ok(())
            }
        }
    }

    fn remember(&mut self, step: Step, operand: &[u8]) -> Result<(), Error> {
        let index = match step.opcode {
            MEMOIZE => self.memo.len() as u64,
            _ => memo_index(step, operand)?,
        };
        let id = self.top(step)?;
        if index >= (step.at + SPARE_MEMO) as u64 {
            return Err(Error::BadMemoIndex { index, at: step.at });
        }
        let place = index as usize;
        if place >= self.memo.len() {
            self.memo.resize(place + 1, None);
        }
        self.memo[place] = Some(id);
        self.newest_remembered = self.newest_remembered.max(Some(id));
        Ok(())
    }

    fn recall(&mut self, step: Step, operand: &[u8]) -> Result<(), Error> {
        let index = memo_index(step, operand)?;
        let place = usize::try_from(index)
            .ok()
            .and_then(|place| self.memo.get(place));
        let id = place
            .copied()
            .flatten()
            .ok_or(Error::BadMemoIndex { index, at: step.at })?;
        self.push(id)
    }

    fn push_number(&mut self, step: Step, operand: &[u8]) -> Result<(), Error> {
        let bad = || step.bad_operand();
        let integer = match step.opcode {
            BININT => Integer::Small(LittleEndian::read_i32(operand).into()),
            BININT1 => Integer::Small(operand[0].into()),
            BININT2 => Integer::Small(LittleEndian::read_u16(operand).into()),
            LONG1 | LONG4 => number::from_bytes(operand)?,
            INT if operand == b"00" => return self.push(NodeId::FALSE),
            INT if operand == b"01" => return self.push(NodeId::TRUE),
            INT => number::from_digits(operand).ok_or_else(bad)??,
            LONG => {
                let digits = operand.strip_suffix(b"L").unwrap_or(operand);
                number::from_digits(digits).ok_or_else(bad)??
            }
            FLOAT => {
                let number = number::float_from_text(operand).ok_or_else(bad)?;
                return self.push_new(Node::Float(number));
            }
            _ => return self.push_new(Node::Float(BigEndian::read_f64(operand))),
        };
        let node = match integer {
            Integer::Small(small) => Node::Int(small),
            Integer::Large(digits) => Node::LongInt(self.arena.add_text(digits.as_bytes())?),
        };
        self.push_new(node)
    }

    fn push_text(&mut self, step: Step, operand: &[u8]) -> Result<(), Error> {
        let read;
        let bytes = match step.opcode {
            UNICODE => {
                read = text::from_raw_unicode_escape(operand).ok_or_else(|| step.bad_operand())?;
                &read
            }
            STRING => {
                read = text::from_quoted(operand).ok_or_else(|| step.bad_operand())?;
                &read
            }
            _ => operand,
        };
        let span = self.arena.add_text(bytes)?;
        self.push_new(match step.opcode {
            BINBYTES | SHORT_BINBYTES | BINBYTES8 => Node::Bytes(span),
            BYTEARRAY8 => Node::ByteArray(span),
            _ if text::is_text(bytes) => Node::Str(span),
            // Python 2 had one type for text and bytes.
            STRING | BINSTRING | SHORT_BINSTRING => Node::Bytes(span),
            _ => return Err(step.bad_operand()),
        })
    }

    /// Makes a new container of the values on top of the stack.
    fn collect(&mut self, step: Step) -> Result<(), Error> {
        let height = self.height_below_members(step)?;
        let members = &self.stack[height..];
        if step.opcode == DICT && !members.len().is_multiple_of(2) {
            return Err(step.nothing_to_take());
        }
        let links = self.arena.append(Links::default(), members)?;
        self.stack.truncate(height);
        let container = match step.opcode {
            LIST => Container::List,
            DICT => Container::Dict,
            FROZENSET => Container::FrozenSet,
            _ => Container::Tuple,
        };
        self.push_new(Node::Container(container, links))
    }

    /// Adds the values on top of the stack to the container below them.
    fn extend(&mut self, step: Step) -> Result<(), Error> {
        let height = self.height_below_members(step)?;
        let (below, members) = self.stack.split_at(height);
        let Some(&id) = below[self.floor()..].last() else {
            return Err(step.nothing_to_take());
        };
        let Node::Container(container, links) = self.arena.node(id) else {
            return Err(step.wrong_type());
        };
        match (step.opcode, container) {
            (APPEND | APPENDS, Container::List) | (ADDITEMS, Container::Set) => {}
            (SETITEM | SETITEMS, Container::Dict) if members.len().is_multiple_of(2) => {}
            _ => return Err(step.wrong_type()),
        }
        let links = self.arena.append(links, members)?;
        self.arena.replace(id, Node::Container(container, links));
        self.stack.truncate(height);
        Ok(())
    }

    /// The height of the stack below the values that an opcode takes: a fixed number, or all above
    /// the open mark, which is closed.
    fn height_below_members(&mut self, step: Step) -> Result<usize, Error> {
        let members = match step.opcode {
            TUPLE1 | APPEND => 1,
            TUPLE2 | SETITEM => 2,
            TUPLE3 => 3,
            _ => return self.pop_mark(step),
        };
        if self.stack.len() - self.floor() < members {
            return Err(step.nothing_to_take());
        }
        Ok(self.stack.len() - members)
    }

    /// Accepts the few names that plain data needs; nothing is imported.
    fn import(&mut self, step: Step, operand: &[u8]) -> Result<(), Error> {
        let joined;
        let names = if step.opcode == STACK_GLOBAL {
            let (name, module) = (self.pop(step)?, self.pop(step)?);
            let (Node::Str(name), Node::Str(module)) =
                (self.arena.node(name), self.arena.node(module))
            else {
                return Err(step.wrong_type());
            };
            joined = [self.arena.text(module), self.arena.text(name)].join(&b'\n');
            &joined
        } else {
            operand
        };
        let callable = match names {
            b"builtins\nset" | b"__builtin__\nset" => Callable::Set,
            b"builtins\nfrozenset" | b"__builtin__\nfrozenset" => Callable::FrozenSet,
            b"builtins\nbytes" | b"__builtin__\nbytes" => Callable::Bytes,
            b"builtins\nbytearray" | b"__builtin__\nbytearray" => Callable::ByteArray,
            b"_codecs\nencode" => Callable::Encode,
            _ => return Err(import_refused(step, names)),
        };
        self.push_new(Node::Callable(callable))
    }

    /// Replaces `callable(*arguments)` by its result where Python writes plain data in this way.
    fn call(&mut self, step: Step) -> Result<(), Error> {
        let (arguments, function) = (self.pop(step)?, self.pop(step)?);
        let (Node::Container(Container::Tuple, links), Node::Callable(callable)) =
            (self.arena.node(arguments), self.arena.node(function))
        else {
            return Err(step.wrong_type());
        };
        let node = match *self.arena.members(links) {
            [] => Self::called_with_nothing(callable),
            [only] => self.called_with(step, callable, self.arena.node(only))?,
            [first, second] => {
                let (first, second) = (self.arena.node(first), self.arena.node(second));
                self.called_with_text(step, callable, first, second)?
            }
            _ => None,
        };
        let node = node.ok_or(Error::BadCall {
            callable: callable.name(),
            at: step.at,
        })?;
        if self
            .newest_remembered
            .is_none_or(|newest| arguments > newest)
        {
            // Nothing can refer to the arguments any more.
            self.arena.forget_newest(arguments);
        }
        self.push_new(node)
    }

    fn called_with_nothing(callable: Callable) -> Option<Node> {
        Some(match callable {
            Callable::Set => Node::Container(Container::Set, Links::default()),
            Callable::FrozenSet => Node::Container(Container::FrozenSet, Links::default()),
            Callable::Bytes => Node::Bytes(Span::default()),
            Callable::ByteArray => Node::ByteArray(Span::default()),
            Callable::Encode => return None,
        })
    }

    fn called_with(
        &mut self,
        step: Step,
        callable: Callable,
        only: Node,
    ) -> Result<Option<Node>, Error> {
        let (container, links) = match (callable, only) {
            (_, Node::Container(Container::Dict, _)) => return Ok(None),
            (Callable::Set, Node::Container(_, links)) => (Container::Set, links),
            (Callable::FrozenSet, Node::Container(_, links)) => (Container::FrozenSet, links),
            (Callable::Bytes, Node::Bytes(span)) => return Ok(Some(Node::Bytes(span))),
            (Callable::ByteArray, Node::Bytes(span)) => return Ok(Some(Node::ByteArray(span))),
            _ => return Ok(None),
        };
        self.count_copied(step, callable, links.len())?;
        let members = self.arena.members(links).to_vec();
        let links = self.arena.append(Links::default(), &members)?;
        Ok(Some(Node::Container(container, links)))
    }

    fn called_with_text(
        &mut self,
        step: Step,
        callable: Callable,
        text: Node,
        codec: Node,
    ) -> Result<Option<Node>, Error> {
        let (Node::Str(text), Node::Str(codec)) = (text, codec) else {
            return Ok(None);
        };
        if !matches!(self.arena.text(codec), b"latin1" | b"latin-1") {
            return Ok(None);
        }
        let Some(bytes) = text::to_latin_1(self.arena.text(text)) else {
            return Ok(None);
        };
        self.count_copied(step, callable, bytes.len())?;
        let span = self.arena.add_text(&bytes)?;
        Ok(match callable {
            Callable::Encode | Callable::Bytes => Some(Node::Bytes(span)),
            Callable::ByteArray => Some(Node::ByteArray(span)),
            Callable::Set | Callable::FrozenSet => None,
        })
    }

    /// An honest pickle contains each member and byte that a call copies, for this call alone.
    /// Without this bound the memo could make a few bytes copy one long list again and again.
    fn count_copied(&mut self, step: Step, callable: Callable, more: usize) -> Result<(), Error> {
        self.copied += more;
        if self.copied > step.at {
            return Err(Error::RepeatedCall {
                callable: callable.name(),
                at: step.at,
            });
        }
        Ok(())
    }
}

fn protocol(operand: &[u8]) -> Result<(), Error> {
    match operand {
        &[found] if found > HIGHEST_PROTOCOL => Err(Error::UnknownProtocol {
            found,
            newest: HIGHEST_PROTOCOL,
        }),
        _ => Ok(()),
    }
}

/// A frame is only a hint for readers that read ahead.
fn frame(operand: &[u8], at: usize) -> Result<(), Error> {
    let (length, limit) = (LittleEndian::read_u64(operand), MAX_OBJECT_LEN);
    if length > limit as u64 {
        Err(Error::LengthTooLarge { length, limit, at })
    } else {
        Ok(())
    }
}

fn memo_index(step: Step, operand: &[u8]) -> Result<u64, Error> {
    if !matches!(step.opcode, GET | PUT) {
        return Ok(LittleEndian::read_uint(operand, operand.len()));
    }
    let digits = std::str::from_utf8(operand).ok();
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| step.bad_operand())
}

/// The error for an import; the two lines are module and name.
fn import_refused(step: Step, lines: &[u8]) -> Error {
    /// Enough for every honest name.
    const SHOWN: usize = 80;
    let shown = |name: &[u8]| {
        let cut = &name[..name.len().min(SHOWN)];
        let dots = if cut.len() < name.len() { "..." } else { "" };
        format!("{}{dots}", cut.escape_ascii())
    };
    // There are two lines, so there is a line feed.
    let end = lines.iter().take_while(|&&byte| byte != b'\n').count();
    Error::Import {
        module: shown(&lines[..end]),
        name: shown(&lines[end + 1..]),
        at: step.at,
    }
}
