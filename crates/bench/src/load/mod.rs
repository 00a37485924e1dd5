//! Load: clients of contenders, which check every byte that comes back.

mod connection;
mod exchange;
pub mod messages;
pub mod questions;
pub mod students;
pub mod upload;
pub mod visits;

pub use connection::{Connection, Listener};
pub use exchange::{Exchange, ExchangeClient, Work};
