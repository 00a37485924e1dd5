use super::opcode;

/// Why a pickle is refused (P-8). Positions are bytes from the start of the object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The object has more bytes than are allowed.
    #[error("the pickle is longer than {limit} bytes")]
    TooLarge {
        /// The most bytes that an object may have.
        limit: usize,
    },
    /// An announced length is more than an object may have.
    #[error("the pickle announces {length} bytes at byte {at}, where {limit} are allowed in all")]
    LengthTooLarge {
        /// The announced length in bytes.
        length: u64,
        /// The most bytes that an object may have.
        limit: usize,
        /// Where the length ends.
        at: usize,
    },
    /// A negative length.
    #[error("the pickle announces a negative length, {length} bytes, at byte {at}")]
    NegativeLength {
        /// The announced length in bytes.
        length: i32,
        /// Where the length ends.
        at: usize,
    },
    /// A byte that is not an opcode in any protocol: this is no pickle, or a damaged one.
    #[error("this is no pickle: byte {at} is 0x{opcode:02x}, which is no opcode")]
    UnknownOpcode {
        /// The byte.
        opcode: u8,
        /// Where it stands.
        at: usize,
    },
    /// A protocol newer than the newest known one.
    #[error("the pickle is of protocol {found}; those up to {newest} are known")]
    UnknownProtocol {
        /// Its number.
        found: u8,
        /// The newest known one.
        newest: u8,
    },
    /// An opcode found too few values before it, or no mark.
    #[error(
        "the pickle is damaged: {} at byte {at} has nothing to work on",
        opcode::name(*.opcode)
    )]
    NothingToTake {
        /// The opcode.
        opcode: u8,
        /// Where it stands.
        at: usize,
    },
    /// An opcode found a value of another type than it works on.
    #[error(
        "the pickle is damaged: {} at byte {at} does not fit the value before it",
        opcode::name(*.opcode)
    )]
    WrongType {
        /// The opcode.
        opcode: u8,
        /// Where it stands.
        at: usize,
    },
    /// An operand that cannot be read: digits that are no number, text that is not UTF-8.
    #[error(
        "the pickle is damaged: the operand of {} before byte {at} cannot be read",
        opcode::name(*.opcode)
    )]
    BadOperand {
        /// The opcode.
        opcode: u8,
        /// Where its operand ends.
        at: usize,
    },
    /// A reference to a place in the memo that is empty, or a place that no pickle of this length
    /// needs.
    #[error("the pickle is damaged: {index}, before byte {at}, is no place of its memo")]
    BadMemoIndex {
        /// The index into the memo.
        index: u64,
        /// Where it stands.
        at: usize,
    },
    /// The pickle asks for a class or function to be imported.
    #[error("the pickle asks to import {module}.{name} at byte {at}; only plain data is taken")]
    Import {
        /// The module, with bytes beyond printable ASCII escaped, and shortened if long.
        module: String,
        /// The class or function in it, likewise.
        name: String,
        /// Where it is asked for.
        at: usize,
    },
    /// The pickle needs an operation that only a running Python has.
    #[error(
        "the pickle asks for {} at byte {at}; only plain data is taken",
        opcode::name(*.opcode)
    )]
    NotData {
        /// The opcode.
        opcode: u8,
        /// Where it stands.
        at: usize,
    },
    /// A call whose arguments are not those that Python writes for plain data.
    #[error("the pickle calls {callable} at byte {at} with something else than plain data")]
    BadCall {
        /// What was called.
        callable: &'static str,
        /// Where.
        at: usize,
    },
    /// Calls that together copy more than the pickle has bytes: some data was copied repeatedly.
    #[error("the pickle calls {callable} at byte {at} with data that calls before it took")]
    RepeatedCall {
        /// What was called.
        callable: &'static str,
        /// Where.
        at: usize,
    },
    /// A class or function as a value. It is one of those that are accepted in a call.
    #[error("the pickle holds the class {callable} itself; only plain data is taken")]
    HoldsCallable {
        /// Its name.
        callable: &'static str,
    },
    /// An integer with too many bits.
    #[error("the pickle holds an integer of more than {limit} bits")]
    IntegerTooLarge {
        /// The most bits that it may have.
        limit: u64,
    },
    /// More levels of nesting than are allowed.
    #[error("the pickle is nested more than {limit} levels deep")]
    TooDeep {
        /// The most levels.
        limit: usize,
    },
    /// More values, counted with their repetitions, than are allowed.
    #[error("the pickle holds more than {limit} values, repetitions counted")]
    TooManyValues {
        /// The most values.
        limit: usize,
    },
    /// More bytes of text, counted with its repetitions, than are allowed.
    #[error("the pickle holds more than {limit} bytes of text, repetitions counted")]
    TooMuchText {
        /// The most bytes.
        limit: usize,
    },
    /// The line that the object prints as is longer than the pickle justifies.
    #[error("the pickle of {received} bytes would print as more than {limit}")]
    LineTooLong {
        /// The most bytes that the line may have.
        limit: usize,
        /// How many bytes the object came in.
        received: usize,
    },
    /// An object that contains itself.
    #[error("the pickle holds an object that contains itself")]
    ContainsItself,
    /// A list, dictionary, set or bytearray as the key of a dictionary or member of a set.
    #[error("the pickle has a changeable value as a key or member of a set")]
    Unhashable,
    /// The stream ended inside an object.
    #[error("the connection ended inside a pickle, after {received} bytes of it")]
    Truncated {
        /// How many bytes of the object had come.
        received: usize,
    },
}
