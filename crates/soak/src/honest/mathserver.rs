//! Clients of `mathserver`: they add up, and must get the secret.

use std::thread;

use bench::Error;
use proto::math::{Frame, Question};

use super::{PAUSE, connect};
use crate::load::Load;
use crate::subject::Subject;

/// What `mathserver` is started with, and gives away.
pub(crate) const SECRET: &str = "soak-5ec";

/// Passes one exam after another.
pub(super) fn keep_adding(load: &Load<'_>) {
    while !load.is_over() {
        load.judge(Subject::Mathserver, pass_exam(load));
        thread::sleep(PAUSE);
    }
}

fn pass_exam(load: &Load<'_>) -> Result<(), Error> {
    let server = connect(load.address(Subject::Mathserver))?;
    loop {
        let frame = Frame::parse(server.receive_array()?);
        let frame = frame.map_err(|error| Error::wrong("a frame", "Q or S", error))?;
        load.counters.count_served(Subject::Mathserver, 1);
        match frame {
            Frame::Question(question) => server.send(&right_sum(question)?)?,
            Frame::Secret(secret) if secret == SECRET.as_bytes() => return server.expect_end(),
            Frame::Secret(secret) => {
                return Err(Error::wrong("the secret", SECRET, cli::escape(&secret)));
            }
        }
    }
}

/// The sum, which must fit 32 bits (MS-3).
fn right_sum(Question { left, right }: Question) -> Result<[u8; 4], Error> {
    match left.checked_add(right) {
        Some(sum) => Ok(sum.to_be_bytes()),
        None => {
            let got = format!("{left} + {right}");
            Err(Error::wrong("a sum", "32 bits", got))
        }
    }
}
