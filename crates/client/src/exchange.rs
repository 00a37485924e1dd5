//! The request to the server, and its response (section 3.2.2).

use cli::{Error, Output, OutputError};
use net::Connection;
use proto::message::{
    Message, READ_GAP, Request, ResponseDecoder, ResponseError, ResponseEvent, ResponseHeader,
};

/// The most bytes of one read.
const BUFFER: usize = 64 * 1024;

/// Sends a request and prints that it did (C-20).
pub(crate) fn send(
    server: &mut Connection,
    request: Request<'_>,
    output: &Output,
) -> Result<(), Error> {
    let address = server.peer();
    let mut record = Vec::new();
    request.emit(&mut record)?;
    server.write_all(&record, Some(READ_GAP)).map_err(|error| {
        Error::new(format_args!(
            "cannot send the request to {address}: {error}"
        ))
    })?;
    match request {
        Request::Read { name } => output.line(format_args!(
            "sent to {address}: a request for the messages of {}",
            cli::escape(name)
        )),
        Request::Create {
            sender, receiver, ..
        } => output.line(format_args!(
            "sent to {address}: a message from {} for {}",
            cli::escape(sender),
            cli::escape(receiver)
        )),
    }?;
    Ok(())
}

/// Receives the response and prints its messages as they come (C-21).
pub(crate) fn receive(mut server: Connection, name: &[u8], output: &Output) -> Result<(), Error> {
    let address = server.peer();
    print_response(&mut server, name, output).map_err(|fault| match fault {
        Fault::Output(error) => {
            // The server keeps what was not printed (G-13, C-11).
            let _ = server.reset();
            error.into()
        }
        fault => Error::new(format_args!("{address} {fault}")),
    })
}

fn print_response(server: &mut Connection, name: &[u8], output: &Output) -> Result<(), Fault> {
    let mut decoder = ResponseDecoder::new();
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut more_wait = false;
    loop {
        buffer.clear();
        read_on(server, &mut buffer, &decoder)?;
        let mut input = buffer.as_slice();
        loop {
            match decoder.next(&mut input)? {
                Some(ResponseEvent::Header(ResponseHeader { items, more })) => {
                    more_wait = more;
                    if items == 0 {
                        output.line(format_args!("no messages for {}", cli::escape(name)))?;
                    }
                }
                Some(ResponseEvent::Message(message)) => print_message(message, output)?,
                Some(ResponseEvent::End) => {
                    if more_wait {
                        output.line("more messages are waiting; read again to get them")?;
                    }
                    return Ok(());
                }
                None => break,
            }
        }
    }
}

/// Reads what comes next of a response that is not complete.
fn read_on(
    server: &mut Connection,
    buffer: &mut Vec<u8>,
    decoder: &ResponseDecoder,
) -> Result<(), Fault> {
    let read = server.read_into_spare(buffer, Some(READ_GAP));
    match (read, decoder.finish()) {
        (Ok(0), Err(missing)) => Err(Fault::Closed(missing)),
        (Err(net::Error::TimedOut), Err(missing)) => Err(Fault::Gap(missing)),
        (Err(error), _) => Err(Fault::Receive(error)),
        (Ok(_), _) => Ok(()),
    }
}

/// A line of sender and text: `alice: hello`.
fn print_message(message: Message<'_>, output: &Output) -> Result<(), OutputError> {
    output.peer_line(&[message.sender, b": ", message.text].concat())
}

/// Why a response was not received and printed in full (C-22).
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// It is not valid (C-4).
    #[error("sent an invalid response: {0}")]
    Invalid(#[from] ResponseError),
    /// The server closed the connection before its end.
    #[error("closed the connection too early: {0}")]
    Closed(ResponseError),
    /// Nothing came for a second before its end.
    #[error("sent nothing for {READ_GAP:?}: {0}")]
    Gap(ResponseError),
    /// The connection broke.
    #[error("broke the connection: {0}")]
    Receive(net::Error),
    /// The messages cannot be printed.
    #[error(transparent)]
    Output(#[from] OutputError),
}
