use std::mem;

use byteorder::{ByteOrder, LittleEndian};

use super::machine::Machine;
use super::opcode::{self, Opcode, Operand};
use super::{Error, MAX_OBJECT_LEN, Value};
use crate::input::take;

/// Reads the objects of a stream, one after another (P-4).
///
/// How the stream is split makes no difference. The work is proportional to the bytes that come;
/// memory grows with them, and never with a length that is announced. After an error the stream
/// cannot be read any further: where the next object would begin is unknown.
#[derive(Debug, Default)]
pub struct Decoder {
    machine: Machine,
    /// The opcode that was read last, and what its operand still needs.
    pending: Option<(Opcode, Operand)>,
    operand: Vec<u8>,
    /// How many bytes of the object have come.
    received: usize,
}

impl Decoder {
    /// A decoder at the start of an object.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the front of `input`, up to the end of the next object. `None`: all were
    /// taken, and more are needed.
    ///
    /// # Errors
    /// Everything that P-8 refuses; [`Error`] has the reason and the place.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Value>, Error> {
        loop {
            let (opcode, operand) = match self.pending {
                Some(pending) => pending,
                None => match self.take_opcode(input)? {
                    Some(next) => next,
                    None => return Ok(None),
                },
            };
            let complete = match operand {
                Operand::Bytes(count) | Operand::Counted(count) => self.take_bytes(input, count),
                Operand::Lines(_) => self.take_line(input)?,
            };
            if !complete {
                self.pending = Some((opcode, operand));
                return Ok(None);
            }
            self.pending = match operand {
                Operand::Counted(_) => Some((opcode, Operand::Bytes(self.take_length(opcode)?))),
                Operand::Lines(2) => {
                    self.operand.push(b'\n');
                    Some((opcode, Operand::Lines(1)))
                }
                _ if opcode == opcode::STOP => return self.object().map(Some),
                _ => {
                    self.machine.execute(opcode, &self.operand, self.received)?;
                    self.operand.clear();
                    None
                }
            };
        }
    }

    /// Whether the stream may end here, that is, between two objects.
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

    fn take_opcode(&mut self, input: &mut &[u8]) -> Result<Option<(Opcode, Operand)>, Error> {
        let Some(&opcode) = input.split_off_first() else {
            return Ok(None);
        };
        let at = self.received;
        self.count(1)?;
        let operand = opcode::operand(opcode).ok_or(Error::UnknownOpcode { opcode, at })?;
        Ok(Some((opcode, operand)))
    }

    /// Takes what is missing of an operand of `count` bytes; whether it is complete.
    fn take_bytes(&mut self, input: &mut &[u8], count: usize) -> bool {
        let piece = take(input, count - self.operand.len());
        self.operand.extend_from_slice(piece);
        // Announced lengths are checked when they are known, the others are a few bytes.
        self.received += piece.len();
        self.operand.len() == count
    }

    /// Takes what is missing of a line, and its line feed, which is not kept; whether it is
    /// complete.
    fn take_line(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        let end = input.iter().position(|&byte| byte == b'\n');
        let piece = take(input, end.unwrap_or(input.len()));
        self.count(piece.len())?;
        self.operand.extend_from_slice(piece);
        if end.is_some() {
            take(input, 1);
            self.count(1)?;
        }
        Ok(end.is_some())
    }

    /// The length that the operand is, to be replaced by as many bytes.
    fn take_length(&mut self, opcode: Opcode) -> Result<usize, Error> {
        let length = LittleEndian::read_uint(&self.operand, self.operand.len());
        let (limit, at) = (MAX_OBJECT_LEN, self.received);
        self.operand.clear();
        // Only these two have a sign in Python.
        if matches!(opcode, opcode::LONG4 | opcode::BINSTRING) && (length as i32) < 0 {
            let length = length as i32;
            return Err(Error::NegativeLength { length, at });
        }
        if length > limit.saturating_sub(at) as u64 {
            return Err(Error::LengthTooLarge { length, limit, at });
        }
        Ok(length as usize)
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
