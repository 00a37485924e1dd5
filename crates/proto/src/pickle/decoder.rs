use std::mem;

use byteorder::{ByteOrder, LittleEndian};

use super::machine::Machine;
use super::opcode::{self, Opcode, Operand};
use super::{Error, MAX_OBJECT_LEN, Value};

/// Reads the objects of a stream, one after another (P-4).
///
/// How the stream is split makes no difference. The work is proportional to the bytes that come;
/// memory grows with them, and never with a length that is announced. After an error the stream
/// cannot be read any further: where the next object would begin is unknown.
#[derive(Debug)]
pub struct Decoder {
    machine: Machine,
    state: State,
    operand: Vec<u8>,
    /// How many bytes of the object have come.
    received: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Opcode,
    /// Inside a length of so many bytes.
    Length {
        opcode: Opcode,
        bytes: usize,
    },
    /// Inside an operand of so many bytes.
    Bytes {
        opcode: Opcode,
        bytes: usize,
    },
    /// Inside so many lines.
    Lines {
        opcode: Opcode,
        lines: usize,
    },
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of an object.
    pub fn new() -> Self {
        Self {
            machine: Machine::new(),
            state: State::Opcode,
            operand: Vec::new(),
            received: 0,
        }
    }

    /// Eats bytes up to the end of the next object. `None`: all were eaten, and more are needed.
    ///
    /// # Errors
    /// Everything that P-8 refuses; [`Error`] says what, and where.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Value>, Error> {
        while !input.is_empty() {
            let complete = match self.state {
                State::Opcode => self.eat_opcode(input)?,
                State::Length { opcode, bytes } => {
                    let complete = self.eat_bytes(input, bytes);
                    if complete {
                        self.length_known(opcode)?
                    } else {
                        None
                    }
                }
                State::Bytes { opcode, bytes } => self.eat_bytes(input, bytes).then_some(opcode),
                State::Lines { opcode, lines } => self.eat_line(input, opcode, lines)?,
            };
            match complete {
                None => {}
                Some(opcode::STOP) => return self.object().map(Some),
                Some(opcode) => {
                    self.machine.execute(opcode, &self.operand, self.received)?;
                    self.operand.clear();
                    self.state = State::Opcode;
                }
            }
        }
        Ok(None)
    }

    /// Says whether the stream may end here: between two objects.
    ///
    /// # Errors
    /// [`Error::Truncated`] inside an object.
    pub fn finish(&self) -> Result<(), Error> {
        match self.received {
            0 => Ok(()),
            received => Err(Error::Truncated { received }),
        }
    }

    fn object(&mut self) -> Result<Value, Error> {
        // What the operands needed is given back before the object is measured.
        let Self {
            machine, received, ..
        } = mem::take(self);
        machine.object(received)
    }

    /// The functions that eat return the opcode whose operand is complete.
    fn eat_opcode(&mut self, input: &mut &[u8]) -> Result<Option<Opcode>, Error> {
        let Some((&opcode, rest)) = input.split_first() else {
            return Ok(None);
        };
        *input = rest;
        let at = self.received;
        self.count(1)?;
        let operand = opcode::operand(opcode).ok_or(Error::UnknownOpcode { opcode, at })?;
        self.state = match operand {
            Operand::Nothing => return Ok(Some(opcode)),
            Operand::One => State::Bytes { opcode, bytes: 1 },
            Operand::Two => State::Bytes { opcode, bytes: 2 },
            Operand::Four => State::Bytes { opcode, bytes: 4 },
            Operand::Eight => State::Bytes { opcode, bytes: 8 },
            Operand::Counted1 => State::Length { opcode, bytes: 1 },
            Operand::Counted4 => State::Length { opcode, bytes: 4 },
            Operand::Counted8 => State::Length { opcode, bytes: 8 },
            Operand::Line => State::Lines { opcode, lines: 1 },
            Operand::TwoLines => State::Lines { opcode, lines: 2 },
        };
        Ok(None)
    }

    /// Gathers an operand of `bytes`; whether it is complete.
    fn eat_bytes(&mut self, input: &mut &[u8], bytes: usize) -> bool {
        let missing = bytes.saturating_sub(self.operand.len());
        let (eaten, rest) = input.split_at(missing.min(input.len()));
        self.operand.extend_from_slice(eaten);
        *input = rest;
        // Announced lengths are checked when they are known, the others are a few bytes.
        self.received += eaten.len();
        self.operand.len() == bytes
    }

    fn length_known(&mut self, opcode: Opcode) -> Result<Option<Opcode>, Error> {
        let length = self
            .operand
            .iter()
            .rev()
            .fold(0, |length, &byte| length << 8 | u64::from(byte));
        let (limit, at) = (MAX_OBJECT_LEN, self.received);
        let fits = usize::try_from(length)
            .ok()
            .filter(|&length| length <= limit - at.min(limit));
        let bytes = fits.ok_or(Error::LengthTooLarge { length, limit, at })?;
        self.operand.clear();
        self.state = State::Bytes { opcode, bytes };
        Ok((bytes == 0).then_some(opcode))
    }

    fn eat_line(
        &mut self,
        input: &mut &[u8],
        opcode: Opcode,
        lines: usize,
    ) -> Result<Option<Opcode>, Error> {
        let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
            let eaten = mem::take(input);
            self.operand
                .extend_from_slice(eaten.get(..MAX_OBJECT_LEN).unwrap_or(eaten));
            self.count(eaten.len())?;
            return Ok(None);
        };
        let (line, rest) = input.split_at(end);
        self.count(end + 1)?;
        self.operand.extend_from_slice(line);
        *input = &rest[1..];
        if lines == 1 {
            return Ok(Some(opcode));
        }
        self.operand.push(b'\n');
        self.state = State::Lines {
            opcode,
            lines: lines - 1,
        };
        Ok(None)
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.received = self.received.saturating_add(bytes);
        if self.received > MAX_OBJECT_LEN {
            return Err(Error::TooLarge {
                limit: MAX_OBJECT_LEN,
            });
        }
        Ok(())
    }
}

/// The length that a frame announces; a frame is only a hint for readers that read ahead.
pub(super) fn frame_length(operand: &[u8]) -> u64 {
    if operand.len() == 8 {
        LittleEndian::read_u64(operand)
    } else {
        u64::MAX
    }
}
