//! The figures, program by program.

use crate::figure::{Figure, Growth};

mod accio;
mod lab3;
mod lab4;
mod server;
mod server_s;
mod start;
mod tcp_server;

/// Every figure, in the order of the table.
pub fn figures() -> Vec<Figure> {
    [
        server_s::figures(),
        tcp_server::figures(),
        server::figures(),
        lab4::figures(),
        lab3::figures(),
        accio::figures(),
        start::figures(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The tables of cost as work grows.
pub fn growths() -> Vec<Growth> {
    vec![tcp_server::GROWTH, server::GROWTH, server_s::GROWTH]
}
