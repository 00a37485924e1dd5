#![doc = include_str!("../README.md")]

use std::process::ExitCode;

mod connect;
mod counters;
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
    cli::main("soak: ", run::run)
}
