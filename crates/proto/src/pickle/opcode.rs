//! The opcodes of all pickle protocols, under the names that Python's own `pickletools` gives them,
//! and how the bytes of each one's operand are delimited.

/// The byte of a pickle that names an instruction.
pub(super) type Opcode = u8;

macro_rules! opcodes {
    ($($name:ident = $code:literal: $operand:ident($count:literal),)*) => {
        $(pub(super) const $name: Opcode = $code;)*

        /// How the operand of an opcode is delimited; `None`: there is no such opcode.
        pub(super) fn operand(opcode: Opcode) -> Option<Operand> {
            match opcode {
                $($name => Some(Operand::$operand($count)),)*
                _ => None,
            }
        }

        /// Python's name for an opcode.
        pub(super) fn name(opcode: Opcode) -> &'static str {
            match opcode {
                $($name => stringify!($name),)*
                _ => "an unknown opcode",
            }
        }
    };
}

/// How the bytes that follow an opcode are delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// This many bytes.
    Bytes(usize),
    /// A little-endian length of this many bytes, and as many bytes as it announces.
    Counted(usize),
    /// This many lines, each up to a line feed.
    Lines(usize),
}

opcodes! {
    // Protocol 0: text.
    MARK = b'(': Bytes(0),
    STOP = b'.': Bytes(0),
    POP = b'0': Bytes(0),
    POP_MARK = b'1': Bytes(0),
    DUP = b'2': Bytes(0),
    FLOAT = b'F': Lines(1),
    INT = b'I': Lines(1),
    LONG = b'L': Lines(1),
    NONE = b'N': Bytes(0),
    PERSID = b'P': Lines(1),
    REDUCE = b'R': Bytes(0),
    STRING = b'S': Lines(1),
    UNICODE = b'V': Lines(1),
    APPEND = b'a': Bytes(0),
    BUILD = b'b': Bytes(0),
    GLOBAL = b'c': Lines(2),
    DICT = b'd': Bytes(0),
    GET = b'g': Lines(1),
    INST = b'i': Lines(2),
    LIST = b'l': Bytes(0),
    PUT = b'p': Lines(1),
    SETITEM = b's': Bytes(0),
    TUPLE = b't': Bytes(0),
    // Protocol 1: binary.
    EMPTY_TUPLE = b')': Bytes(0),
    BINFLOAT = b'G': Bytes(8),
    BININT = b'J': Bytes(4),
    BININT1 = b'K': Bytes(1),
    BININT2 = b'M': Bytes(2),
    BINPERSID = b'Q': Bytes(0),
    BINSTRING = b'T': Counted(4),
    SHORT_BINSTRING = b'U': Counted(1),
    BINUNICODE = b'X': Counted(4),
    EMPTY_LIST = b']': Bytes(0),
    APPENDS = b'e': Bytes(0),
    BINGET = b'h': Bytes(1),
    LONG_BINGET = b'j': Bytes(4),
    OBJ = b'o': Bytes(0),
    BINPUT = b'q': Bytes(1),
    LONG_BINPUT = b'r': Bytes(4),
    SETITEMS = b'u': Bytes(0),
    EMPTY_DICT = b'}': Bytes(0),
    // Protocol 2.
    PROTO = 0x80: Bytes(1),
    NEWOBJ = 0x81: Bytes(0),
    EXT1 = 0x82: Bytes(1),
    EXT2 = 0x83: Bytes(2),
    EXT4 = 0x84: Bytes(4),
    TUPLE1 = 0x85: Bytes(0),
    TUPLE2 = 0x86: Bytes(0),
    TUPLE3 = 0x87: Bytes(0),
    NEWTRUE = 0x88: Bytes(0),
    NEWFALSE = 0x89: Bytes(0),
    LONG1 = 0x8a: Counted(1),
    LONG4 = 0x8b: Counted(4),
    // Protocol 3.
    BINBYTES = b'B': Counted(4),
    SHORT_BINBYTES = b'C': Counted(1),
    // Protocol 4.
    SHORT_BINUNICODE = 0x8c: Counted(1),
    BINUNICODE8 = 0x8d: Counted(8),
    BINBYTES8 = 0x8e: Counted(8),
    EMPTY_SET = 0x8f: Bytes(0),
    ADDITEMS = 0x90: Bytes(0),
    FROZENSET = 0x91: Bytes(0),
    NEWOBJ_EX = 0x92: Bytes(0),
    STACK_GLOBAL = 0x93: Bytes(0),
    MEMOIZE = 0x94: Bytes(0),
    FRAME = 0x95: Bytes(8),
    // Protocol 5.
    BYTEARRAY8 = 0x96: Counted(8),
    NEXT_BUFFER = 0x97: Bytes(0),
    READONLY_BUFFER = 0x98: Bytes(0),
}

/// The newest protocol (Python 3.8 and later).
pub(super) const HIGHEST_PROTOCOL: u8 = 5;
