use num_bigint::BigInt;

use super::opcode::*;

/// The plain data that our programs write.
///
/// It is written in protocol 2, which Python 3.4 reads, and every other Python since 2.3 (P-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain<'a> {
    /// An integer.
    Int(i64),
    /// An integer of any length.
    Long(&'a BigInt),
    /// A text.
    Str(&'a str),
    /// A dictionary, with its entries in this order.
    Dict(&'a [(&'a str, Plain<'a>)]),
}

impl Plain<'_> {
    /// Appends the pickle of this object.
    pub fn emit(&self, pickle: &mut Vec<u8>) {
        pickle.extend_from_slice(&[PROTO, 2]);
        self.emit_value(pickle);
        pickle.push(STOP);
    }

    fn emit_value(&self, pickle: &mut Vec<u8>) {
        match *self {
            Self::Int(integer) => emit_integer(integer, pickle),
            Self::Long(integer) => match i64::try_from(integer) {
                Ok(integer) => emit_integer(integer, pickle),
                Err(_) => emit_long(&integer.to_signed_bytes_le(), pickle),
            },
            Self::Str(text) => emit_text(text, pickle),
            Self::Dict(entries) => {
                pickle.extend_from_slice(&[EMPTY_DICT, MARK]);
                for (key, value) in entries {
                    emit_text(key, pickle);
                    value.emit_value(pickle);
                }
                pickle.push(SETITEMS);
            }
        }
    }
}

fn emit_integer(integer: i64, pickle: &mut Vec<u8>) {
    match i32::try_from(integer) {
        Ok(small) => {
            pickle.push(BININT);
            pickle.extend_from_slice(&small.to_le_bytes());
        }
        Err(_) => emit_long(&integer.to_le_bytes(), pickle),
    }
}

/// An integer in two's complement, little-endian.
fn emit_long(bytes: &[u8], pickle: &mut Vec<u8>) {
    match u8::try_from(bytes.len()) {
        Ok(len) => pickle.extend_from_slice(&[LONG1, len]),
        Err(_) => {
            let len = bytes.len() as u32;
            debug_assert!(len <= i32::MAX as u32, "no caller has an integer of 2 GiB");
            pickle.push(LONG4);
            pickle.extend_from_slice(&len.to_le_bytes());
        }
    }
    pickle.extend_from_slice(bytes);
}

fn emit_text(text: &str, pickle: &mut Vec<u8>) {
    let len = text.len() as u32;
    debug_assert_eq!(len as usize, text.len(), "no caller has a text of 4 GiB");
    pickle.push(BINUNICODE);
    pickle.extend_from_slice(&len.to_le_bytes());
    pickle.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;

    #[test]
    fn p_3_the_pickle_of_a_client_id() {
        let mut pickle = Vec::new();
        Plain::Dict(&[("clientid", Plain::Int(51669))]).emit(&mut pickle);
        assert_eq!(
            pickle,
            b"\x80\x02}(X\x08\x00\x00\x00clientidJ\xd5\xc9\x00\x00u."
        );
    }

    #[test]
    fn pc_1_an_integer_of_any_length_reads_back_the_same() {
        for text in [
            "0".to_owned(),
            "-2147483649".to_owned(),
            "9223372036854775808".to_owned(),
            "-9223372036854775809".to_owned(),
            // 255 and 256 bytes.
            format!("{}", (BigInt::from(1) << 2039) - 1),
            format!("{}", BigInt::from(1) << 2039),
            format!("-{}", "9".repeat(30_000)),
        ] {
            let integer: BigInt = text.parse().unwrap();
            let mut pickle = Vec::new();
            Plain::Long(&integer).emit(&mut pickle);
            let value = Decoder::new().next(&mut &pickle[..]).unwrap().unwrap();
            assert_eq!(value.to_string(), text);
        }
        let mut pickle = Vec::new();
        Plain::Long(&(BigInt::from(1) << 2039)).emit(&mut pickle);
        assert!(pickle.starts_with(b"\x80\x02\x8b\x00\x01\x00\x00"));
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let table = [
            (Plain::Int(0), "0"),
            (Plain::Int(-1), "-1"),
            (Plain::Int(i64::from(i32::MAX) + 1), "2147483648"),
            (Plain::Int(i64::MIN), "-9223372036854775808"),
            (Plain::Str("server got the data"), "'server got the data'"),
            (Plain::Str("漢 🎉\n"), "'漢 🎉\\n'"),
            (Plain::Dict(&[]), "{}"),
            (
                Plain::Dict(&[
                    ("a", Plain::Str("x")),
                    ("b", Plain::Dict(&[("c", Plain::Int(7))])),
                ]),
                "{'a': 'x', 'b': {'c': 7}}",
            ),
        ];
        for (plain, repr) in table {
            let mut pickle = Vec::new();
            plain.emit(&mut pickle);
            let mut input = &pickle[..];
            let value = Decoder::new().next(&mut input).unwrap().unwrap();
            assert_eq!(value.to_string(), repr);
            assert!(input.is_empty());
        }
    }
}
