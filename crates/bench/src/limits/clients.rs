use std::net::{Ipv4Addr, SocketAddr};

use cli::Output;
use proto::math::Frame;

use crate::Error;
use crate::limits::Limit;
use crate::load::{Connection, upload};

/// The limit of a client that sends a file: its bytes are in memory already.
pub(super) const SEND: Limit = Limit {
    name: "send",
    usage: "PORT BYTES  sends so many bytes as accio does",
    run: |line| {
        let [port, bytes] = line.operands(["PORT", "BYTES"])?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number(1..=u16::MAX)?));
        let bytes = bytes.number(0..=u64::MAX)?;
        upload::confirmed(address)?.send_bytes(bytes)?;
        Ok(())
    },
};

/// The limit of a client that answers questions: nine bytes in, four out.
pub(super) const ANSWER: Limit = Limit {
    name: "answer",
    usage: "PORT  answers a math server's questions, and prints its secret",
    run: |line| {
        let [port] = line.operands(["PORT"])?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number(1..=u16::MAX)?));
        let server = Connection::connect(address)?;
        loop {
            match Frame::parse(server.receive_array()?) {
                Ok(Frame::Question(question)) => server.send(&question.sum().emit())?,
                Ok(Frame::Secret(secret)) => {
                    return Ok(Output::stdout()?.line(secret.escape_ascii())?);
                }
                Err(error) => return Err(Error::wrong("the math server", "a frame", error).into()),
            }
        }
    },
};
