use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use cli::Output;
use proto::math::Frame;

use crate::Error;
use crate::limits::{Limit, number};

/// The limit of a client that answers questions: nine bytes in, four out.
pub(super) const ANSWER: Limit = Limit {
    name: "answer",
    usage: "PORT  answers a math server's questions, and prints its secret",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    const DOING: &str = "answering questions";
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, number(arguments, 0)?))
        .map_err(Error::system("connecting"))?;
    server.set_nodelay(true).map_err(Error::system(DOING))?;
    let mut bytes = [0; Frame::LEN];
    loop {
        server
            .read_exact(&mut bytes)
            .map_err(Error::system(DOING))?;
        match Frame::parse(bytes) {
            Ok(Frame::Question(question)) => server
                .write_all(&question.sum().emit())
                .map_err(Error::system(DOING))?,
            Ok(Frame::Secret(secret)) => {
                return Ok(Output::stdout()?.line(secret.escape_ascii())?);
            }
            Err(error) => {
                return Err(Error::Wrong {
                    who: "the math server".to_owned(),
                    wanted: "a frame".to_owned(),
                    found: error.to_string(),
                });
            }
        }
    }
}
