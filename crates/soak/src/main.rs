//! Honest and hostile load on all servers together, for as long as asked.
//!
//! `soak [SECONDS]` starts `tcp_server`, `lab3`, `server`, `mathserver` and `server-s` as
//! processes on free ports, and plays on them all at once: [`honest`] clients, who check every
//! answer to the last byte, and [`hostile`] ones, who do all that a server must survive. At the
//! end it prints a [`table`] of what was served, what was done to the servers, and whether their
//! memory, descriptors and processor time are what they were before. Its exit status says whether
//! all held.
//!
//! What counts as holding stands in constants: in [`resources`] for memory, descriptors and processor
//! time, in [`latency`] for the time that honest clients wait.

use std::process::ExitCode;

mod arguments;
mod connect;
mod counters;
mod error;
mod honest;
mod hostile;
mod latency;
mod load;
mod resources;
mod run;
mod servers;
mod subject;
mod table;

fn main() -> ExitCode {
    let ran = run::run(&cli::arguments());
    ran.unwrap_or_else(|error| cli::exit("soak: ", Err(error)))
}
