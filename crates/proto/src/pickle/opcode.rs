//! The opcodes of all pickle protocols, under the names that Python's own `pickletools` gives them,
//! and how the bytes of each one's operand are delimited.

/// One byte of a pickle that says what to do.
pub(super) type Opcode = u8;

macro_rules! opcodes {
    ($($name:ident = $code:literal: $operand:ident,)*) => {
        $(pub(super) const $name: Opcode = $code;)*

        /// How the operand of an opcode is delimited; `None`: there is no such opcode.
        pub(super) fn operand(opcode: Opcode) -> Option<Operand> {
            match opcode {
                $($name => Some(Operand::$operand),)*
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
    /// There are none.
    Nothing,
    /// So many bytes.
    One,
    Two,
    Four,
    Eight,
    /// A little-endian length of so many bytes, then as many bytes as it says.
    Counted1,
    Counted4,
    Counted8,
    /// Everything up to a line feed.
    Line,
    /// Two such lines.
    TwoLines,
}

opcodes! {
    // Protocol 0: text.
    MARK = b'(': Nothing,
    STOP = b'.': Nothing,
    POP = b'0': Nothing,
    POP_MARK = b'1': Nothing,
    DUP = b'2': Nothing,
    FLOAT = b'F': Line,
    INT = b'I': Line,
    LONG = b'L': Line,
    NONE = b'N': Nothing,
    PERSID = b'P': Line,
    REDUCE = b'R': Nothing,
    STRING = b'S': Line,
    UNICODE = b'V': Line,
    APPEND = b'a': Nothing,
    BUILD = b'b': Nothing,
    GLOBAL = b'c': TwoLines,
    DICT = b'd': Nothing,
    GET = b'g': Line,
    INST = b'i': TwoLines,
    LIST = b'l': Nothing,
    PUT = b'p': Line,
    SETITEM = b's': Nothing,
    TUPLE = b't': Nothing,
    // Protocol 1: binary.
    EMPTY_TUPLE = b')': Nothing,
    BINFLOAT = b'G': Eight,
    BININT = b'J': Four,
    BININT1 = b'K': One,
    BININT2 = b'M': Two,
    BINPERSID = b'Q': Nothing,
    BINSTRING = b'T': Counted4,
    SHORT_BINSTRING = b'U': Counted1,
    BINUNICODE = b'X': Counted4,
    EMPTY_LIST = b']': Nothing,
    APPENDS = b'e': Nothing,
    BINGET = b'h': One,
    LONG_BINGET = b'j': Four,
    OBJ = b'o': Nothing,
    BINPUT = b'q': One,
    LONG_BINPUT = b'r': Four,
    SETITEMS = b'u': Nothing,
    EMPTY_DICT = b'}': Nothing,
    // Protocol 2.
    PROTO = 0x80: One,
    NEWOBJ = 0x81: Nothing,
    EXT1 = 0x82: One,
    EXT2 = 0x83: Two,
    EXT4 = 0x84: Four,
    TUPLE1 = 0x85: Nothing,
    TUPLE2 = 0x86: Nothing,
    TUPLE3 = 0x87: Nothing,
    NEWTRUE = 0x88: Nothing,
    NEWFALSE = 0x89: Nothing,
    LONG1 = 0x8a: Counted1,
    LONG4 = 0x8b: Counted4,
    // Protocol 3.
    BINBYTES = b'B': Counted4,
    SHORT_BINBYTES = b'C': Counted1,
    // Protocol 4.
    SHORT_BINUNICODE = 0x8c: Counted1,
    BINUNICODE8 = 0x8d: Counted8,
    BINBYTES8 = 0x8e: Counted8,
    EMPTY_SET = 0x8f: Nothing,
    ADDITEMS = 0x90: Nothing,
    FROZENSET = 0x91: Nothing,
    NEWOBJ_EX = 0x92: Nothing,
    STACK_GLOBAL = 0x93: Nothing,
    MEMOIZE = 0x94: Nothing,
    FRAME = 0x95: Eight,
    // Protocol 5.
    BYTEARRAY8 = 0x96: Counted8,
    NEXT_BUFFER = 0x97: Nothing,
    READONLY_BUFFER = 0x98: Nothing,
}

/// The newest protocol (Python 3.8 and later).
pub(super) const HIGHEST_PROTOCOL: u8 = 5;
