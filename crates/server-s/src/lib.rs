//! `server-s`: a server that counts the bytes of a file: simplified accio (seed `server-s.txt`).
//!
//! Clients are served one after another. Each confirms twice and then sends a file; when it
//! closes, the length of the file is printed. The protocol itself is [`proto::accio`].

pub mod session;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::thread;

use cli::{About, Output};
use log::LevelFilter;
use net::{Connection, Shutdown};
use signal_hook::consts::SIGQUIT;
use signal_hook::iterator::Signals;

/// What every error message on standard error starts with.
pub const ERROR_PREFIX: &str = "ERROR: ";

/// How many clients may wait while one is served.
const BACKLOG: i32 = 10;

const ABOUT: About = About {
    name: "server-s",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: server-s PORT

Receives files with the accio protocol, on all interfaces, one client after
another, and prints the number of bytes of each, or ERROR.

Arguments:
  PORT       the port to listen on, 1 to 65535

Options, each as the only argument:
  --help     prints this text
  --version  prints the version

Environment:
  RUST_LOG   diagnostics on standard error [default: warn]
",
};

/// Runs the program with its arguments, until a signal ends it.
///
/// # Errors
/// [`Error`] when the arguments are wrong or the port cannot be listened on.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout().map_err(Error::Output)?;
    if let Some(text) = ABOUT.asked_alone(&arguments) {
        return output.text(&text).map_err(Error::Output);
    }
    let port = parse(&arguments)?;
    cli::log_to_stderr(LevelFilter::Warn);
    let shutdown = Shutdown::new();
    cli::on_shutdown_signal(request(&shutdown)).map_err(Error::Signal)?;
    // `ctrlc` behind `cli` catches all but SIGQUIT, which would also dump a core. Caught from here
    // on, it is acted on once the port is open: a client that waits for it need not wait for that.
    let quit = Signals::new([SIGQUIT]).map_err(Error::Quit)?;
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port), BACKLOG)
        .map_err(Error::Listen)?;
    request_on(quit, &shutdown)?;
    serve(listener, &shutdown, output);
    Ok(())
}

fn parse(arguments: &[OsString]) -> Result<u16, Error> {
    let [port] = arguments else {
        return Err(Error::ArgumentCount(arguments.len()));
    };
    cli::parse_port(&port.to_string_lossy(), 1..=u16::MAX).map_err(Error::Port)
}

/// what a signal does.
fn request(shutdown: &Shutdown) -> impl Fn() + Send + 'static {
    let shutdown = shutdown.clone();
    move || shutdown.request()
}

fn request_on(mut signals: Signals, shutdown: &Shutdown) -> Result<(), Error> {
    let request = request(shutdown);
    let wait = move || signals.forever().for_each(|_| request());
    thread::Builder::new().spawn(wait).map_err(Error::Quit)?;
    Ok(())
}

/// Serves one client after another until `shutdown` is asked for, and prints on `output` a line for
/// each: the number of bytes of its file, or `ERROR`.
pub fn serve(listener: TcpListener, shutdown: &Shutdown, output: Output) {
    net::serve(listener, shutdown, 1, move |connection| {
        serve_client(connection, &output);
    });
}

fn serve_client(connection: &mut Connection, output: &Output) {
    match session::count_file(connection) {
        Ok(count) => output.line_or_warn(count),
        Err(error) if error.is_shutdown() => {}
        Err(error) => {
            let reason = format!("{ERROR_PREFIX}{}: {error}\n", connection.peer());
            // The result is on standard output; a standard error that takes nothing stops nobody.
            let _ = io::stderr().write_all(reason.as_bytes());
            output.line_or_warn("ERROR");
        }
    }
}

/// Why the program ended.
#[derive(Debug)]
pub enum Error {
    /// There has to be one argument; there were so many.
    ArgumentCount(usize),
    /// The argument is no port.
    Port(cli::PortError),
    /// Standard output could not be used for `--help`, or at all.
    Output(cli::OutputError),
    /// Signals could not be caught.
    Signal(cli::SignalError),
    /// SIGQUIT could not be caught.
    Quit(io::Error),
    /// The port could not be listened on.
    Listen(net::ListenError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArgumentCount(found) => {
                write!(
                    f,
                    "want 1 argument, the port, but found {found}; see server-s --help"
                )
            }
            Self::Port(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
            Self::Signal(error) => write!(f, "{error}"),
            Self::Quit(error) => write!(f, "cannot catch SIGQUIT: {error}"),
            Self::Listen(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ArgumentCount(_) => None,
            Self::Port(error) => Some(error),
            Self::Output(error) => Some(error),
            Self::Signal(error) => Some(error),
            Self::Quit(error) => Some(error),
            Self::Listen(error) => Some(error),
        }
    }
}

impl cli::Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::ArgumentCount(_) | Self::Port(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            Self::Signal(_) | Self::Quit(_) | Self::Listen(_) => cli::STATUS_RUN,
        }
    }
}
