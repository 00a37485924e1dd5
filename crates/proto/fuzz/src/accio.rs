//! Both ends of the accio handshake. Neither allocates anything.

use proto::accio::{
    COMMAND, CONFIRMATION, Client, ClientStep, Error, HEADER_LEN, SECOND_CONFIRMATION, Server,
    ServerStep,
};

use super::{assert_line, cuts, memory};

/// Any bytes from a client: exactly what follows the two confirmations is the file.
pub fn server(bytes: &[u8]) {
    memory::assert_at_most(0, || {
        let mut server = Server::new();
        let mut input = bytes;
        while let Ok(Some(_)) = server.next(&mut input) {}
    });

    let (commands, file, end) = cuts::assert_no_difference(bytes, serve);
    let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
    let matching = matching(bytes, &header);
    assert_eq!(commands, 1 + usize::from(matching >= CONFIRMATION.len()));
    if matching == HEADER_LEN {
        assert_eq!(file, bytes[HEADER_LEN..]);
        assert_eq!(end, Ok(()));
    } else {
        assert_eq!(file, b"");
        assert_end(end, bytes, matching, CONFIRMATION.len());
    }
}

/// Any bytes from a server: two commands and the file is sent, anything else is an error.
pub fn client(bytes: &[u8]) {
    memory::assert_at_most(0, || {
        let mut client = Client::new();
        let mut input = bytes;
        while let Ok(Some(_)) = client.next(&mut input) {}
    });

    let (steps, end) = cuts::assert_no_difference(bytes, take_commands);
    let header = [COMMAND, COMMAND].concat();
    let matching = matching(bytes, &header);
    let all = [
        ClientStep::Send(CONFIRMATION),
        ClientStep::Send(SECOND_CONFIRMATION),
        ClientStep::SendFile,
    ];
    if matching == header.len() {
        assert_eq!(steps, all);
        assert_eq!(end, Ok(()));
    } else {
        assert_eq!(steps, all[..matching / COMMAND.len()]);
        assert_end(end, bytes, matching, COMMAND.len());
    }
}

fn serve(pieces: &[&[u8]]) -> (usize, Vec<u8>, Result<(), Error>) {
    let mut server = Server::new();
    let (mut commands, mut file) = (0, Vec::new());
    for mut piece in pieces.iter().copied() {
        loop {
            match server.next(&mut piece) {
                Ok(Some(ServerStep::Send(command))) => {
                    assert_eq!(command, COMMAND);
                    commands += 1;
                }
                Ok(Some(ServerStep::File(bytes))) => {
                    assert!(server.receiving_file() && !bytes.is_empty());
                    file.extend_from_slice(bytes);
                }
                Ok(None) => break assert_eq!(piece, b""),
                Err(error) => return (commands, file, Err(error)),
            }
        }
    }
    (commands, file, server.finish())
}

fn take_commands(pieces: &[&[u8]]) -> (Vec<ClientStep>, Result<(), Error>) {
    let mut client = Client::new();
    let mut steps = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            match client.next(&mut piece) {
                Ok(Some(step)) => steps.push(step),
                Ok(None) => break assert_eq!(piece, b""),
                Err(error) => return (steps, Err(error)),
            }
        }
    }
    (steps, client.finish())
}

/// How many of the first bytes are those of `header`.
fn matching(bytes: &[u8], header: &[u8]) -> usize {
    let pairs = bytes.iter().zip(header);
    pairs.take_while(|(found, wanted)| found == wanted).count()
}

/// The error names the first byte that differs, or how many are missing; `first` is the length of
/// the first word of the header.
fn assert_end(end: Result<(), Error>, bytes: &[u8], matching: usize, first: usize) {
    let in_word = if matching < first {
        matching
    } else {
        matching - first
    };
    if let Err(error) = end {
        assert_line(error);
    }
    match end {
        Err(Error::Mismatch { at, found, .. }) => {
            assert_eq!((at, Some(&found)), (in_word, bytes.get(matching)));
        }
        Err(Error::Truncated { word, missing }) => {
            assert_eq!(missing, word.bytes().len() - in_word);
            assert_eq!(bytes.len(), matching);
        }
        Ok(()) => panic!("an incomplete header was accepted"),
    }
}
