use std::ops::RangeInclusive;

use crate::escape;

/// A port number written in plain decimal digits, within the program's own range (G-8).
///
/// Leading zeros are digits too; a sign, a space, a point, `0x` or digits of another script are
/// not.
///
/// ```
/// assert_eq!(cli::parse_port("08083", 1..=65535), Ok(8083));
/// assert!(cli::parse_port("+8083", 1..=65535).is_err());
/// ```
///
/// # Errors
/// [`PortError`] shows the argument, escaped, and the range.
pub fn parse_port(argument: &str, range: RangeInclusive<u16>) -> Result<u16, PortError> {
    let all_digits = !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_digit());
    let not_a_number = || PortError::NotANumber(argument.to_owned(), range.clone());
    let out_of_range = || PortError::OutOfRange(argument.to_owned(), range.clone());
    if !all_digits {
        return Err(not_a_number());
    }
    let port = argument.parse().map_err(|_| out_of_range())?;
    if range.contains(&port) {
        Ok(port)
    } else {
        Err(out_of_range())
    }
}

/// An argument that is no port. Both hold the argument and the range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// It has something else than decimal digits in it, or nothing.
    #[error(
        "the port {:?} is not a number; give one from {} to {}",
        escape(.0.as_bytes()), .1.start(), .1.end()
    )]
    NotANumber(String, RangeInclusive<u16>),
    /// It is a number beyond the range.
    #[error(
        "the port {:?} is out of range; give one from {} to {}",
        escape(.0.as_bytes()), .1.start(), .1.end()
    )]
    OutOfRange(String, RangeInclusive<u16>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g_8_a_port_is_plain_decimal_digits() {
        for argument in [
            "", "+5", " 5", "5 ", "5.0", "0x50", "५", "-1", "http", "5e3", "\"80\"",
        ] {
            let error = parse_port(argument, 0..=65535).unwrap_err();
            assert!(
                matches!(error, PortError::NotANumber(..)),
                "{argument}: {error}"
            );
        }
        assert_eq!(parse_port("00080", 1..=65535), Ok(80));
    }

    #[test]
    fn g_8_the_range_is_the_programs_own() {
        assert_eq!(parse_port("1024", 1024..=64000), Ok(1024));
        assert_eq!(parse_port("64000", 1024..=64000), Ok(64000));
        for argument in ["1023", "64001", "65536", "99999999999999999999"] {
            let error = parse_port(argument, 1024..=64000).unwrap_err();
            assert!(
                matches!(error, PortError::OutOfRange(..)),
                "{argument}: {error}"
            );
        }
        assert_eq!(parse_port("0", 0..=65535), Ok(0));
    }

    #[test]
    fn the_message_shows_the_argument_and_the_range() {
        let error = parse_port("\u{1b}[2J", 1..=65535).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the port "\x1b[2J" is not a number; give one from 1 to 65535"#
        );
    }
}
