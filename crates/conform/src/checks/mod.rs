//! The checks of every assignment, a module each, in the order of the specification's clauses.

pub(crate) mod accio;
pub(crate) mod client;
pub(crate) mod common;
pub(crate) mod default_port;
mod hostile;
pub(crate) mod lab2;
pub(crate) mod lab3;
mod lab4;
mod mathserver;
pub(crate) mod messages;
pub(crate) mod pickle;
mod server;
pub(crate) mod server_s;
pub(crate) mod tcp_client;
pub(crate) mod tcp_server;
mod usage;

use crate::Assignment;

pub(crate) const ASSIGNMENTS: &[Assignment] = &[
    tcp_server::ASSIGNMENT,
    tcp_client::ASSIGNMENT,
    server_s::ASSIGNMENT,
    accio::ASSIGNMENT,
    lab4::ASSIGNMENT,
    mathserver::ASSIGNMENT,
    lab3::ASSIGNMENT,
    lab2::ASSIGNMENT,
    server::ASSIGNMENT,
    client::ASSIGNMENT,
];
