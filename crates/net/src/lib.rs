#![doc = include_str!("../README.md")]

mod accept;
mod acknowledged;
mod budget;
mod connect;
mod connection;
mod listen;
mod pool;
mod serve;
mod shutdown;

pub use accept::{AcceptFailure, AcceptFailures, Condition, STARVED_WAIT, wait_for_client};
pub use acknowledged::acknowledged;
pub use budget::{Budget, STALL_PERIOD, Share};
pub use connect::{ConnectError, ResolveError, connect, resolve};
pub use connection::{Connection, Error, Ready};
pub use listen::{ListenError, listen};
pub use serve::{SHUTDOWN_GRACE, serve};
pub use shutdown::Shutdown;
