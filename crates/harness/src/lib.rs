#![doc = include_str!("../README.md")]

mod bounds;
pub mod confine;
mod error;
mod flood;
mod inspect;
mod listener;
mod output;
mod peer;
mod port;
mod proc;
mod process;
mod program;
mod recording;
mod sockets;
mod starve;
mod terminal;
mod text;
mod transcript;
mod tree;
mod worker;

pub use cli::escape;
pub use rustix::process::Signal;

pub use bounds::Exceeded;
pub use error::Error;
pub use flood::{FLOOD, Flooded, flood};
pub use inspect::{Idleness, is_starving, starved};
pub use listener::Listener;
pub use output::KEPT_OUTPUT;
pub use peer::{Event, Peer, SEND_TIMEOUT};
pub use port::{free_port, listening_on, start_server};
pub use process::{Exit, Process, STDIN_TIMEOUT, signal_name};
pub use program::{Finished, Input, Output, Program};
pub use recording::{By, Ends, Happened, Recorder, Recording, Tape, What};
pub use starve::{Starved, starve};
pub use text::{hex, quote, shown};
pub use transcript::{Direction, Entry, Transcript};
pub use tree::kill_all;
pub use worker::{Worker, WorkerExit};
