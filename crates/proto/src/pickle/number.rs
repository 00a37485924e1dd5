//! Numbers as they are written in pickles, and as Python prints them.

use byteorder::{BigEndian, ByteOrder};
use num_bigint::BigInt;

use super::{Error, MAX_INTEGER_BITS};

/// An integer of any size up to the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    Small(i64),
    /// Beyond 64 bits: its decimal digits.
    Large(String),
}

/// Little-endian bytes without a sign, at most four of them.
pub(super) fn unsigned(operand: &[u8]) -> u32 {
    operand
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
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

/// Decimal digits with an optional sign. `None`: something else.
pub(super) fn from_digits(text: &[u8]) -> Option<Result<Integer, Error>> {
    let digits = text
        .strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // log2(10) > 3: so many digits cannot fit. Leading zeros beyond that are nobody's habit.
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

/// A float as text. Python accepts more than its pickles ever hold; only that is accepted here.
pub(super) fn float_from_text(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Eight bytes, big-endian.
pub(super) fn float_from_bytes(bytes: &[u8]) -> f64 {
    if bytes.len() == 8 {
        BigEndian::read_f64(bytes)
    } else {
        f64::NAN
    }
}

/// The integer that a float is equal to, if there is one: `1.0 == 1` as a key.
pub(super) fn whole(number: f64) -> Option<Integer> {
    if !number.is_finite() || number.fract() != 0.0 {
        return None;
    }
    // A finite float has at most 1,024 bits; the exact conversion goes over its parts.
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let mantissa =
        BigInt::from(bits & ((1 << 52) - 1) | if exponent > -1075 { 1 << 52 } else { 0 });
    let magnitude = if exponent >= 0 {
        mantissa << exponent
    } else {
        mantissa >> -exponent
    };
    from_big(&if number.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    })
    .ok()
}

/// A float as Python's `repr` shows it: the fewest digits that give the same float again, with an
/// exponent below 1e-4 and from 1e16 on.
pub(super) fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = scientific(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent @ -4..16) => {
            // As many digits behind the point as the mantissa has, less those the exponent moves.
            let digits = mantissa.trim_start_matches('-').len().saturating_sub(2);
            let behind = i32::try_from(digits).unwrap_or(0) - exponent;
            let plain = format!("{number:.*}", usize::try_from(behind).unwrap_or(0));
            if plain.contains('.') {
                plain
            } else {
                plain + ".0"
            }
        }
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        Err(_) => scientific,
    }
}

/// The fewest digits that give the same float again; of two such texts that are equally near, as
/// for 95734843224258.625, the one that ends in an even digit.
fn scientific(number: f64) -> String {
    let shortest = format!("{number:e}");
    let digits = shortest
        .bytes()
        .take_while(|&byte| byte != b'e')
        .filter(u8::is_ascii_digit);
    let nearest = format!("{number:.*e}", digits.count().saturating_sub(1));
    if nearest.parse() == Ok(number) {
        nearest
    } else {
        shortest
    }
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
