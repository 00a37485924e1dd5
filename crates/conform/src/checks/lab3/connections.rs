//! Connections and signals.

use std::time::{Duration, Instant};

use harness::{Error, Signal};

use super::NOT_IN_IT;
use super::client::{Client, connect, connected, is_served, text};
use super::common::ends;
use crate::checks::pickle::receive;
use crate::{Check, NotJudged, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "P-10",
        "one client is served after another",
        "Hint 4: it needs to keep listening for clients' requests; Important Notes 3: only one \
         client at a time",
        |trial| {
            let address = trial.serve()?;
            for _ in 0..5 {
                is_served(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-10/2",
        "a client that is silent delays nobody",
        "Testing your program: it is OK if your server does not support multiple connections",
        |trial| {
            let address = trial.serve()?;
            let (_silent, _) = connect(trial, address)?;
            let mut slow = Client::connect(trial, address)?;
            slow.send(b"]")?;
            Client::connect(trial, address)?.tell(&text(b"quick"))?;
            slow.tell(b".")?;
            Ok(())
        },
    )
    .needs(&["P-3", "P-6"]),
    // Both the objects and their acknowledgements are more than the system keeps for both ends: a
    // server that does not read on while one cannot be delivered, and its client, wait for each other
    // forever.
    Check::should(
        "P-10/3",
        "a client may send 200,000 objects before it reads an acknowledgement",
        NOT_IN_IT,
        |trial| {
            const BLOCKS: usize = 200;
            const OBJECTS: usize = 1000;
            const PATIENCE: Duration = Duration::from_secs(60);
            let object = text(&[b'x'; 95]);
            let mut client = connected(trial)?;
            let answer = client.tell(&object)?;
            client.conversation.set_receive_buffer(65_536)?;
            let block = object.repeat(OBJECTS);
            for sent in 0..BLOCKS {
                let taken = client.conversation.send(&block);
                taken.map_err(|error| match error {
                    Error::Peer { event, .. } => Problem::broken(
                        format!("{BLOCKS},000 objects are taken from a client that reads nothing"),
                        format!("{event}, after {sent},000"),
                    ),
                    error => error.into(),
                })?;
            }
            let start = Instant::now();
            for received in 0..BLOCKS * OBJECTS {
                if start.elapsed() > PATIENCE {
                    let reason = format!("{received} of 200,000 objects were acknowledged");
                    return Err(Problem::NotJudged(NotJudged::OutOfTime(reason)));
                }
                let next = receive(&mut client.conversation)?;
                if next != answer {
                    let happened = format!("{next}, after {received}");
                    return Err(Problem::broken("the same answer to each", happened));
                }
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-4/2", "P-4/3", "P-6"])
    .waits(10),
    Check::should(
        "P-11",
        "SIGINT ends it within a second, with status 0",
        NOT_IN_IT,
        |trial| ends(trial, Signal::INT),
    ),
    Check::should("P-11/2", "SIGTERM does the same", NOT_IN_IT, |trial| {
        ends(trial, Signal::TERM)
    }),
];
