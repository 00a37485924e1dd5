//! What a client sends, how it is acknowledged, and what is printed about it.

use harness::Event;

use super::client::{A_MOMENT, Student, connect, connected, expect_line, expect_lines, text, word};
use crate::checks::pickle::{LONGEST, Object, receive};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "P-3",
        "a client is sent the pickle of {'clientid': N} immediately, N being its port",
        "Hints 4 and 5: client_id = addr[1], data = {'clientid': client_id}, sent as soon as the \
         client is accepted",
        |trial| {
            let address = trial.serve()?;
            let (client, told) = connect(trial, address)?;
            is_id(&told, client.port)
        },
    ),
    Check::must(
        "P-3/2",
        "each client is told its own",
        "Hints 4 and 5: client_id = addr[1]",
        |trial| {
            let address = trial.serve()?;
            for _ in 0..3 {
                let (client, told) = connect(trial, address)?;
                is_id(&told, client.port)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::should(
        "P-3/3",
        "nothing follows the id before the client says something",
        "Hint 5: data sent to the client",
        |trial| {
            let address = trial.serve()?;
            let (mut client, told) = connect(trial, address)?;
            let exactly_one = matches!(&told, Object::Dictionary(entries) if entries.len() == 1);
            if !exactly_one {
                return Err(Problem::broken(
                    "{'clientid': N} and nothing else",
                    told.to_string(),
                ));
            }
            client.conversation.expect_silence(A_MOMENT)
        },
    )
    .needs(&["P-3"]),
    Check::must(
        "P-4",
        "an object is received, and is not the end of the server",
        "Hint 6: the server receives data and deserializes it; hint 4: it keeps listening for \
         clients",
        |trial| {
            let student = Student::random(trial);
            let mut client = connected(trial)?;
            client.send(&student.pickle)?;
            // Whether it acknowledges is another matter.
            client.pause();
            if !trial.ends_within(A_MOMENT)? {
                return Ok(());
            }
            Err(Problem::broken(
                "the server receives the object and runs on",
                "it ended",
            ))
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-4/2",
        "a client may send any number of objects",
        "Hint 6: receiving data; Testing your program: share some data between them",
        |trial| {
            let mut client = connected(trial)?;
            for _ in 0..20 {
                let object = word(trial);
                client.tell(&text(object.as_bytes()))?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-6"]),
    Check::should(
        "P-4/3",
        "several objects may come together",
        "not in the assignment: TCP has no message boundaries, but a pickle says where it ends",
        |trial| {
            const COUNT: usize = 5;
            let mut client = connected(trial)?;
            client.send(&text(b"together").repeat(COUNT))?;
            for _ in 0..COUNT {
                receive(&mut client.conversation)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-6"]),
    Check::should(
        "P-4/4",
        "an object may be longer than what is received at once",
        "Hint 6: MAX_ALLOC_MEM = 4096 is what is received at once",
        |trial| {
            let mut client = connected(trial)?;
            let content = [b'x'; 20_000];
            client.tell(&[b"X\x20\x4e\0\0", &content[..], b"."].concat())?;
            Ok(())
        },
    )
    .needs(&["P-3", "P-6"]),
    Check::should(
        "P-4/5",
        "every protocol of pickle is understood, from 0 to 5",
        "Hint 6: pickle.loads",
        |trial| {
            let mut client = connected(trial)?;
            for pickle in PROTOCOLS {
                client.tell(pickle)?;
            }
            let line = format!(
                "Client {}: {{'name': 'Jose', 'n': [1, 2.5, None, True]}}",
                client.port
            );
            expect_lines(trial, PROTOCOLS.len(), &line)
        },
    )
    .needs(&["P-3", "P-4/2", "P-6"]),
    // Protocols from 2 on begin with their number; 4 is the newest that Python 3.4 knows.
    Check::should(
        "P-4/6",
        "Python from 3.4 on can read what is sent",
        "Hint 5: pickle.dumps; the client's Python may be older than the server's",
        |trial| match first_piece(trial)?.as_slice() {
            [0x80, protocol, ..] if *protocol > 4 => Err(Problem::broken(
                "a pickle of protocol 0 to 4",
                format!("protocol {protocol}"),
            )),
            _ => Ok(()),
        },
    ),
    Check::should(
        "P-4/7",
        "what a client sent before it left is printed",
        "Hint 6: do something with the data",
        |trial| {
            /// More than one `recv` returns.
            const COUNT: usize = 1000;
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            let line = format!("Client {}: 'left'", client.local_address().port());
            // Its id is not read: leaving is a reset then.
            client.send(&text(b"left").repeat(COUNT))?;
            drop(client);
            expect_lines(trial, COUNT, &line)
        },
    )
    .needs(&["P-3", "P-5/2"]),
    Check::should(
        "P-4/8",
        "an object may be as long as what is received at once, and one byte more or less",
        "Hint 6: MAX_ALLOC_MEM = 4096 is what is received at once",
        |trial| {
            const AROUND: usize = 6;
            let mut client = connected(trial)?;
            for length in [4095_usize, 4096, 4097] {
                let content = vec![b'x'; length - AROUND];
                let count = (content.len() as u16).to_le_bytes();
                client.tell(&[b"X", &count[..], b"\0\0", &content, b"."].concat())?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-4/2", "P-6"]),
    Check::should(
        "P-5",
        "a student is printed",
        "the skeleton of the course's server: Connected: Student: A, Github Username: B, sid: C",
        |trial| {
            let student = Student::random(trial);
            let mut client = connected(trial)?;
            client.send(&student.pickle)?;
            expect_line(trial, &student.line)
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-5/2",
        "another object is printed as Python shows it, after the client's id",
        "Hint 6: do something with the data",
        |trial| {
            let mut client = connected(trial)?;
            client.send(
                b"\x80\x04\x95.\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\
          \x8c\x05email\x94\x8c\x10jose@example.edu\x94u.",
            )?;
            let line = format!(
                "Client {}: {{'name': 'Jose', 'email': 'jose@example.edu'}}",
                client.port
            );
            expect_line(trial, &line)
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-5/3",
        "an object is printed on one line, whatever it holds",
        "Hint 6: do something with the data",
        |trial| {
            let mut client = connected(trial)?;
            client.send(&text(b"one\ntwo\rthree"))?;
            let line = format!(r"Client {}: 'one\ntwo\rthree'", client.port);
            expect_line(trial, &line)
        },
    )
    .needs(&["P-3", "P-5/2"]),
    Check::should(
        "P-6",
        "an object is acknowledged with a pickle",
        "the skeleton of the course's server: it answers each object with a pickled one",
        |trial| {
            let student = Student::random(trial);
            connected(trial)?.tell(&student.pickle).map(drop)
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-6/2",
        "the acknowledgement is \"server got the data\"",
        "the skeleton of the course's server: server got the data",
        |trial| {
            const TEXT: &str = "server got the data";
            let student = Student::random(trial);
            let answer = connected(trial)?.tell(&student.pickle)?;
            if answer == Object::text(TEXT) {
                return Ok(());
            }
            let expected = format!("the text \"{TEXT}\"");
            Err(Problem::broken(expected, answer.to_string()))
        },
    )
    .needs(&["P-3", "P-6"]),
];

/// `{'name': 'Jose', 'n': [1, 2.5, None, True]}`, as Python 3.11 writes it in the protocols 0 to 5.
pub(crate) const PROTOCOLS: [&[u8]; 6] = [
    b"(dp0\nVname\np1\nVJose\np2\nsVn\np3\n(lp4\nI1\naF2.5\naNaI01\nas.",
    b"}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0NI01\neu.",
    b"\x80\x02}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x03}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x04\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x05\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
];

/// Other kinds of plain data, and how Python shows them.
pub(crate) const KINDS: [(&[u8], &str); 11] = [
    (b"N.", "None"),
    (b"\x89.", "False"),
    (b"J\xfe\xff\xff\xff.", "-2"),
    (b"G?\xb9\x99\x99\x99\x99\x99\x9a.", "0.1"),
    (b"X\x05\0\0\0it's!.", "\"it's!\""),
    (b"C\x03a\xff\n.", r"b'a\xff\n'"),
    (b"\x96\x01\0\0\0\0\0\0\0x.", "bytearray(b'x')"),
    (b"K\x01\x85.", "(1,)"),
    (b"\x8f(K\x01\x90.", "{1}"),
    (b"(K\x01\x91.", "frozenset({1})"),
    // The same list twice.
    (
        b"\x80\x04\x95\x14\0\0\0\0\0\0\0}\x94(\x8c\x01x\x94]\x94K\x01a\x8c\x01y\x94h\x02u.",
        "{'x': [1], 'y': [1]}",
    ),
];

/// That this is the id of the client at this port.
pub(crate) fn is_id(told: &Object, port: u16) -> Outcome {
    if told.get("clientid") == Some(&Object::Integer(port.into())) {
        return Ok(());
    }
    let expected = format!("the dictionary {{'clientid': {port}}}, the client's port");
    Err(Problem::broken(expected, format!("{told}")))
}

pub(super) fn first_piece(trial: &mut Trial<'_>) -> Result<Vec<u8>, Problem> {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    match trial.connect(address)?.next_event(LONGEST, timeout) {
        Event::Data(bytes) => Ok(bytes),
        event => Err(Problem::broken("a pickle", event.to_string())),
    }
}
