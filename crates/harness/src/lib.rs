//! Starts programs as processes, watches them and stops them, for tests and for the checker.
//!
//! - A [`Program`] says how to start one, a [`Process`] is one that runs: its output, its exit,
//!   its signals, its memory, the port it listens on. Dropping it ends it and all it started.
//! - A [`Peer`] is the test's end of a connection, a [`Listener`] accepts them, and
//!   [`start_server`] does what most tests of a server begin with. [`starve`] takes all of a
//!   server's descriptors, and sees whether it survives that.
//!
//! Every wait has a condition and a deadline, and every [`Error`] shows all that was seen. The
//! harness knows nothing of the programs that it starts and talks in bytes only.
//!
//! ```
//! use std::time::Duration;
//!
//! use harness::{Exit, Input, Program};
//!
//! # fn main() -> Result<(), harness::Error> {
//! let finished = Program::new("tr")
//!     .args(["a-z", "A-Z"])
//!     .stdin(Input::Bytes(b"hello\n".to_vec()))
//!     .run(Duration::from_secs(10))?;
//! assert_eq!(finished.stdout, b"HELLO\n");
//! assert_eq!(finished.exit, Exit::Status(0));
//! # Ok(())
//! # }
//! ```
//!
//! Unix only. What looks into a process from outside (its memory, processor time, descriptors and
//! listening sockets) reads `/proc` and so is for Linux; each such function says so.

pub mod confine;
mod error;
mod inspect;
mod listener;
mod output;
mod peer;
mod port;
mod proc;
mod process;
mod program;
mod starve;
mod terminal;
mod text;
mod transcript;
mod tree;
mod worker;

pub use cli::escape;
pub use rustix::process::Signal;

pub use error::Error;
pub use listener::Listener;
pub use output::KEPT_OUTPUT;
pub use peer::{Event, Peer, SEND_TIMEOUT};
pub use port::{free_port, listening_on, start_server};
pub use process::{Exit, Process, STDIN_TIMEOUT};
pub use program::{Finished, Input, Output, Program};
pub use starve::{Starved, starve};
pub use text::hex;
pub use transcript::{Direction, Entry, Transcript};
pub use tree::kill_all;
pub use worker::{Worker, WorkerExit};
