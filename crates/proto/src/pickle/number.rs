//! Numbers as they are written in pickles, and as Python prints them.

use num_bigint::{BigInt, ToBigInt};

use super::{Error, MAX_INTEGER_BITS};

/// An integer of any size up to the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    Small(i64),
    /// Beyond 64 bits: its decimal digits.
    Large(String),
}

/// Little-endian two's complement; no bytes are 0.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Integer, Error> {
    // Checked before anything is computed: at most one byte more than the limit holds sign bits.
    if bytes.len() as u64 > MAX_INTEGER_BITS / 8 + 1 {
        return Err(Error::IntegerTooLarge {
            limit: MAX_INTEGER_BITS,
        });
    }
    from_big(&BigInt::from_signed_bytes_le(bytes))
}

/// Decimal digits with an optional sign. `None`: the text is something else.
pub(super) fn from_digits(text: &[u8]) -> Option<Result<Integer, Error>> {
    let digits = text
        .strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // log2(10) > 3: more digits cannot fit, unless they are leading zeros, which nobody writes.
    if digits.len() as u64 > MAX_INTEGER_BITS / 3 {
        return Some(Err(Error::IntegerTooLarge {
            limit: MAX_INTEGER_BITS,
        }));
    }
    BigInt::parse_bytes(text, 10).map(|number| from_big(&number))
}

fn from_big(number: &BigInt) -> Result<Integer, Error> {
    if number.bits() > MAX_INTEGER_BITS {
        return Err(Error::IntegerTooLarge {
            limit: MAX_INTEGER_BITS,
        });
    }
    Ok(match i64::try_from(number) {
        Ok(small) => Integer::Small(small),
        Err(_) => Integer::Large(number.to_string()),
    })
}

/// A float as text, as Python writes it in pickles. What Python reads besides is not accepted.
pub(super) fn float_from_text(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// The integer that a float is equal to, if there is one: `1.0 == 1` as a key.
pub(super) fn whole(number: f64) -> Option<Integer> {
    // The fraction of an infinity is not a number.
    if number.fract() != 0.0 {
        return None;
    }
    from_big(&number.to_bigint()?).ok()
}

/// A float as Python's `repr` shows it: the fewest digits that give the same float again, with an
/// exponent below 1e-4 and from 1e16 on. Rust's `{:?}` does the same, but writes the exponent as
/// `e16` where Python writes `e+16`.
pub(super) fn float_repr(number: f64) -> String {
    let shortest = format!("{number:?}").to_lowercase();
    let (mantissa, exponent) = match shortest.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (&*shortest, None),
    };
    // Of two such texts that are equally near, as for 95734843224258.625, Python shows the one that
    // ends in an even digit, which is how Rust rounds to a given number of digits.
    let decimals = mantissa
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    let nearest = match exponent {
        Some(_) => format!("{number:.decimals$e}"),
        None => format!("{number:.decimals$}"),
    };
    let text = if nearest.parse() == Ok(number) {
        nearest
    } else {
        shortest
    };
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_5_floats_print_as_in_python() {
        let table = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (95_734_843_224_258.0 + 0.625, "95734843224258.62"),
            (-592_323_428_195_495.0 - 0.25, "-592323428195495.2"),
            (1e15, "1000000000000000.0"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (-1.7976931348623157e308, "-1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (number, text) in table {
            assert_eq!(float_repr(number), text);
        }
    }

    #[test]
    fn p_9_integers_of_every_size_are_read_in_both_forms() {
        let table: [(&[u8], &str); 8] = [
            (b"", "0"),
            (b"\xff\x00", "255"),
            (b"\x00\x80", "-32768"),
            (b"\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807"),
            (b"\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808"),
            (
                b"\x00\x00\x00\x00\x00\x00\x00\x80\x00",
                "9223372036854775808",
            ),
            (
                b"\xff\xff\xff\xff\xff\xff\xff\x7f\xff",
                "-9223372036854775809",
            ),
            (
                b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",
                "4722366482869645213696",
            ),
        ];
        for (bytes, digits) in table {
            let number = from_bytes(bytes).unwrap();
            assert_eq!(from_digits(digits.as_bytes()).unwrap().unwrap(), number);
            match number {
                Integer::Small(small) => assert_eq!(small.to_string(), digits),
                Integer::Large(large) => assert_eq!(large, digits),
            }
        }
        for text in ["", "-", "1_0", " 1", "0x1", "+-1", "1L"] {
            assert_eq!(from_digits(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn p_8_the_limit_of_an_integer_is_exact() {
        let mut bytes = vec![0xff; 12_500];
        bytes.push(0);
        assert!(from_bytes(&bytes).is_ok(), "100,000 bits");
        bytes[12_500] = 1;
        assert_eq!(
            from_bytes(&bytes),
            Err(Error::IntegerTooLarge { limit: 100_000 })
        );
        assert_eq!(
            from_bytes(&vec![0; 1 << 20]),
            Err(Error::IntegerTooLarge { limit: 100_000 })
        );
        let digits = from_digits(&[b'9'; 40_000]).unwrap();
        assert_eq!(digits, Err(Error::IntegerTooLarge { limit: 100_000 }));
    }

    #[test]
    fn whole_floats_equal_integers() {
        assert_eq!(whole(-0.0), Some(Integer::Small(0)));
        assert_eq!(whole(-3.0), Some(Integer::Small(-3)));
        assert_eq!(
            whole(1e20),
            Some(Integer::Large("100000000000000000000".to_owned()))
        );
        assert_eq!(whole(0.5), None);
        assert_eq!(whole(5e-324), None);
        assert_eq!(whole(f64::INFINITY), None);
    }
}
