use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Arguments with each option, each value and each operand on its own; see [`separate_options`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Separated {
    /// Options, each followed by its value if it has one.
    pub(crate) options: Vec<OsString>,
    /// All other arguments, in their order.
    pub(crate) operands: Vec<OsString>,
}

/// Separates arguments as getopt does, into a form that `pico-args` reads.
///
/// `with_value` lists the options that take a value, as `('p', "--port")`. Every form of these
/// becomes the long name and its value, so that repeated ones keep their order; the value stays as
/// it is (`pico-args` would remove quotes). `-vp9000` is `-v --port 9000`, and what follows `--` is
/// an operand. `-` alone is an operand too.
pub(crate) fn separate_options(
    arguments: impl IntoIterator<Item = OsString>,
    with_value: &[(char, &str)],
) -> Separated {
    let mut separated = Separated::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            separated.operands.extend(arguments);
            break;
        }
        let options = &mut separated.options;
        let wants_value = match argument.as_bytes() {
            [b'-', b'-', ..] => separate_long(&argument, with_value, options),
            [b'-', _, ..] => separate_short(&argument, with_value, options),
            _ => {
                separated.operands.push(argument);
                false
            }
        };
        if wants_value {
            separated.options.extend(arguments.next());
        }
    }
    separated
}

/// `--port=9000` or `--port`; returns whether the next argument is its value. Other options keep
/// what follows them, and so are unknown.
fn separate_long(
    argument: &OsStr,
    with_value: &[(char, &str)],
    options: &mut Vec<OsString>,
) -> bool {
    let wants_value = |name: &OsStr| with_value.iter().any(|(_, long)| name == *long);
    let mut parts = argument
        .as_bytes()
        .splitn(2, |byte| *byte == b'=')
        .map(OsStr::from_bytes);
    if let (Some(name), Some(value)) = (parts.next(), parts.next())
        && wants_value(name)
    {
        options.extend([name.to_owned(), value.to_owned()]);
        return false;
    }
    options.push(argument.to_owned());
    wants_value(argument)
}

/// `-vp9000`: letters without a value, then possibly one with a value, which is the rest of the
/// argument or, if that is empty, the next argument; returns whether it is the next.
fn separate_short(
    argument: &OsStr,
    with_value: &[(char, &str)],
    options: &mut Vec<OsString>,
) -> bool {
    let Some(letters) = argument.to_str().and_then(|text| text.strip_prefix('-')) else {
        options.push(argument.to_owned());
        return false;
    };
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        let Some((_, long)) = with_value.iter().find(|(short, _)| *short == letter) else {
            options.push(format!("-{letter}").into());
            continue;
        };
        options.push(long.into());
        let value = letters.as_str();
        if value.is_empty() {
            return true;
        }
        options.push(value.into());
        break;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separated(line: &str) -> (String, String) {
        let arguments = line.split_whitespace().map(OsString::from);
        let Separated { options, operands } =
            separate_options(arguments, &[('p', "--port"), ('h', "--host")]);
        let join = |words: Vec<OsString>| words.join(OsStr::new(" ")).into_string().unwrap();
        (join(options), join(operands))
    }

    #[test]
    fn every_form_that_getopt_knows() {
        for (line, options, operands) in [
            ("", "", ""),
            ("-p 1 --port 2 -p 3", "--port 1 --port 2 --port 3", ""),
            ("-p9 --port=9", "--port 9 --port 9", ""),
            ("-vp9 -vp 9", "-v --port 9 -v --port 9", ""),
            ("-p=9 --port==9", "--port =9 --port =9", ""),
            ("--port=\"9\" -p'9'", "--port \"9\" --port '9'", ""),
            ("a -v b", "-v", "a b"),
            ("-v -- -v --port=9", "-v", "-v --port=9"),
            ("- -p -", "--port -", "-"),
            ("--verbose=1 --port", "--verbose=1 --port", ""),
            // Whatever stands where a value is expected is the value.
            (
                "-p -v --port --port=9 -h -- x",
                "--port -v --port --port=9 --host --",
                "x",
            ),
            ("--port=-p -p-p x", "--port -p --port -p", "x"),
            ("-é", "-é", ""),
        ] {
            let wanted = (options.to_owned(), operands.to_owned());
            assert_eq!(separated(line), wanted, "{line}");
        }
    }

    #[test]
    fn an_empty_value_and_bytes_that_are_not_utf_8_are_kept() {
        let not_text = OsStr::from_bytes(b"\xff").to_owned();
        let mut joined = OsString::from("--port=");
        let empty = separate_options([joined.clone()], &[('p', "--port")]);
        assert_eq!(empty.options, ["--port", ""]);
        joined.push(&not_text);
        let arguments = [
            joined,
            OsStr::from_bytes(b"-p\xff").to_owned(),
            not_text.clone(),
        ];
        let separated = separate_options(arguments.clone(), &[('p', "--port")]);
        assert_eq!(
            separated.options,
            ["--port".into(), not_text.clone(), arguments[1].clone()]
        );
        assert_eq!(separated.operands, [not_text]);
    }
}
