use std::ffi::OsString;
use std::fmt::Display;

use crate::Error;

/// The arguments of this process, without the program's name. They need not be UTF-8.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

/// What a program prints about itself (G-3).
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The program's name, as it is typed.
    pub name: &'static str,
    /// Its version; `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The text of `--help`, ending with a line break.
    pub help: &'static str,
}

impl About {
    /// The text to print when `--help` or `--version` is the sole argument. Where arguments are
    /// positional, both are ordinary arguments in any other place.
    pub(crate) fn requested_alone(&self, arguments: &[OsString]) -> Option<String> {
        match arguments {
            [one] if one == "--help" => Some(self.help.to_owned()),
            [one] if one == "--version" => Some(self.version_line()),
            _ => None,
        }
    }

    /// The text to print when `--help` or `--version` is among the options. `--help` wins over all
    /// others.
    pub(crate) fn requested(&self, arguments: &mut pico_args::Arguments) -> Option<String> {
        if arguments.contains("--help") {
            Some(self.help.to_owned())
        } else if arguments.contains("--version") {
            Some(self.version_line())
        } else {
            None
        }
    }

    /// A usage error, followed by the first paragraph of the help.
    pub(crate) fn usage_error(&self, message: impl Display) -> Error {
        let usage = self.help.split("\n\n").next().unwrap_or(self.help);
        Error::usage(format_args!("{message}\n{}", usage.trim_end()))
    }

    fn version_line(&self) -> String {
        format!("{} {}\n", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About = About {
        name: "client",
        version: "1.2.3",
        help: "Usage: client\n",
    };

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn g_3_help_and_version_count_only_as_the_sole_argument_among_positional_ones() {
        assert_eq!(
            ABOUT.requested_alone(&words("--help")).as_deref(),
            Some("Usage: client\n")
        );
        assert_eq!(
            ABOUT.requested_alone(&words("--version")).as_deref(),
            Some("client 1.2.3\n")
        );
        assert_eq!(
            ABOUT.requested_alone(&words("127.0.0.1 5000 --help read")),
            None
        );
        assert_eq!(ABOUT.requested_alone(&[]), None);
    }

    #[test]
    fn g_3_help_and_version_count_anywhere_among_options() {
        let requested = |line| ABOUT.requested(&mut pico_args::Arguments::from_vec(words(line)));
        assert_eq!(
            requested("-p 1 --version").as_deref(),
            Some("client 1.2.3\n")
        );
        assert_eq!(
            requested("--version --help").as_deref(),
            Some("Usage: client\n")
        );
        assert_eq!(requested("-p 1"), None);
    }
}
