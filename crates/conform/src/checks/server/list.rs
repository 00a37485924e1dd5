//! The checks of the server.

use super::{command_line, connections, printed, readers, requests, storage};
use crate::Check;
use crate::checks::common::{shows_help, shows_version};

pub(super) const CHECKS: &[Check] = &[
    // Records
    Check::must(
        "C-1",
        "a message is stored and read, byte by byte as the record formats say",
        "3.3.1: MagicNo 0xAE73, ID, NameLen, ReceiverLen and MessageLen, then the name, the \
         receiver and the message; 3.3.2: the response",
        requests::as_the_format_says,
    ),
    Check::must(
        "C-1/2",
        "MessageLen has two bytes in network byte order",
        "3.3.1: the 16-bit field MessageLen contains the length of the message in bytes, in \
         network byte order",
        requests::two_bytes_of_length,
    ),
    Check::must(
        "C-1/3",
        "the longest message that a client may send is stored and read",
        "3.2.1: the receiver is less than 255 bytes and the message less than 65,535 bytes; 3.3.1: \
         the server reads exactly NameLen + ReceiverLen + MessageLen further bytes",
        requests::longest,
    ),
    Check::must(
        "C-2",
        "a wrong MagicNo is erroneous",
        "3.3.1: the contents of the MagicNo field must equal 0xAE73; 3.1: else the socket is closed",
        requests::wrong_magic,
    ),
    Check::must(
        "C-2/2",
        "an ID that is neither 1 nor 2 is erroneous",
        "3.3.1: the contents of the ID field must be either 1 or 2",
        requests::wrong_id,
    ),
    Check::must(
        "C-2/3",
        "a NameLen of 0 is erroneous",
        "3.3.1: the contents of the NameLen field must be at least 1",
        requests::no_name,
    ),
    Check::must(
        "C-2/4",
        "a read request with a ReceiverLen is erroneous",
        "3.3.1: the contents of the ReceiverLen field must be 0 if ID is 1",
        requests::read_with_receiver,
    ),
    Check::must(
        "C-2/5",
        "a read request with a MessageLen is erroneous",
        "3.3.1: the MessageLen field must be 0 if ID is 1",
        requests::read_with_message,
    ),
    Check::must(
        "C-2/6",
        "a create request with a MessageLen of 0 is erroneous",
        "3.3.1: the MessageLen field must be at least 1 if ID is 2",
        requests::create_without_message,
    ),
    Check::should(
        "C-2/7",
        "a create request with a ReceiverLen of 0 is erroneous, as soon as its header has come",
        "3.3.1: the ReceiverLen field must be at least 1 if ID is 2; this is checked before \
         further bytes are read",
        requests::create_without_receiver,
    ),
    Check::must(
        "C-3",
        "a response carries the sender and the text of each message",
        "3.3.2: for each message SenderLen in 8 bits, MessageLen in 16 bits, the sender's name and \
         the message text",
        storage::several_messages,
    ),
    // Start
    Check::must(
        "C-5",
        "the ports 1023 and 64001 are refused with a message, and the server exits",
        "3.1: the port number should be between 1,024 and 64,000 (inclusive); if it is not, the \
         server prints an appropriate error message and exits",
        command_line::out_of_range,
    ),
    Check::must(
        "C-5/2",
        "the server listens on the ports 1024 and 64000",
        "3.1: the port number should be between 1,024 and 64,000 (inclusive)",
        command_line::first_and_last_port,
    ),
    Check::must(
        "C-5/3",
        "a port in use gets a message, and the server exits",
        "3.1: if bind() does not work, the server prints an appropriate error message and exits",
        command_line::port_in_use,
    ),
    Check::should(
        "C-5/4",
        "no argument, or two, are refused with status 2",
        "3.1: the server accepts one parameter",
        command_line::wrong_number_of_arguments,
    ),
    Check::should(
        "C-5/5",
        "the status for a port out of range is 2",
        "3.1: the server prints an error message and exits; the status is not in the assignment",
        command_line::status_of_a_wrong_port,
    ),
    Check::should(
        "C-5/6",
        "the status for a port in use is 1",
        "3.1: the server prints an error message and exits; the status is not in the assignment",
        command_line::status_of_a_port_in_use,
    ),
    Check::should(
        "C-5/7",
        "the server listens on all interfaces",
        "3.1: it is probably a good idea to bind to 0.0.0.0",
        command_line::all_interfaces,
    ),
    // Requests
    Check::must(
        "C-6",
        "the client's IP address and port are printed",
        "3.1: the server prints a message with the IP address and port number of the client from \
         which the connection originated",
        printed::address_of_the_client,
    ),
    Check::must(
        "C-7",
        "a client that sends nothing is given up after a second, and the next one is served",
        "3.1: the request must be read within one second after accept(); else the server closes \
         the socket and goes back to the start of the loop",
        requests::silent,
    )
    .waits(1),
    Check::must(
        "C-7/2",
        "so is a client that stops in the middle of its request, and nothing is stored",
        "3.3.1: if reading is not possible without gap, the request is erroneous",
        requests::stalled,
    )
    .waits(3),
    Check::must(
        "C-7/3",
        "a client is not given up before the second is over",
        "3.1: a maximum of one second after accept()",
        requests::not_before_a_second,
    )
    .waits(1),
    Check::must(
        "C-7/4",
        "a request whose end comes a tenth of a second after its header is valid",
        "3.5: a sender's bytes may come in parts; gaps of one second or more are detected",
        requests::in_two_pieces,
    ),
    Check::should(
        "C-7/5",
        "a client that never stalls, but takes longer than a second, is given up",
        "3.1: the complete request must be read within a maximum of one second after accept()",
        requests::too_slow,
    )
    .waits(4),
    Check::must(
        "C-8",
        "a client that closes in the header is erroneous",
        "3.3.1: if the seven bytes of the fixed header cannot be read, the request is erroneous",
        requests::cut_off_in_header,
    ),
    Check::must(
        "C-8/2",
        "a client that closes before it has sent what it announced is erroneous",
        "3.3.1: if the server reads fewer than the expected number of bytes, the request is \
         erroneous",
        requests::cut_off_behind_header,
    ),
    Check::should(
        "C-8/3",
        "more bytes than announced are erroneous",
        "3.3.1: if the server reads more than the expected number of bytes, the request is \
         erroneous; one that reads exactly as many bytes never sees more",
        requests::surplus,
    ),
    Check::should(
        "C-8/4",
        "a client that has sent its request may close its sending side",
        "not in the assignment: clients that send once often do",
        requests::closed_behind_request,
    ),
    // Messages
    Check::must(
        "C-9",
        "the connection of a create request is closed without a response",
        "3.1: the server closes the socket; no response is sent back",
        storage::no_response_to_create,
    ),
    Check::must(
        "C-9/2",
        "a message is stored under its receiver's name",
        "3.1: the server stores the message text and sender name under the receiver's name",
        storage::for_the_receiver_alone,
    ),
    Check::must(
        "C-9/3",
        "the names of sender and receiver are printed",
        "3.1: the server prints an informational message with the names of the sender and receiver",
        printed::sender_and_receiver,
    ),
    Check::must(
        "C-10",
        "who has no messages gets a response with NumItems 0",
        "3.3.2: NumItems contains the number of messages that will follow (if any)",
        storage::nothing_stored,
    ),
    Check::must(
        "C-10/2",
        "messages that were sent are removed",
        "3.1: the sent messages should be removed from the server's storage",
        storage::removed_when_sent,
    ),
    Check::must(
        "C-10/3",
        "of 257 messages the first 255 are sent with MoreMsgs 1, then the others",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        storage::more_than_255,
    ),
    Check::must(
        "C-10/4",
        "of 255 messages all are sent with MoreMsgs 0",
        "3.3.2: MoreMsgs is 1 if the server could not send all messages because there were more \
         than 255",
        storage::exactly_255,
    ),
    Check::must(
        "C-10/5",
        "511 messages are sent in three responses",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        storage::twice_more,
    ),
    Check::must(
        "C-10/6",
        "the number of messages sent is printed",
        "3.1: the server prints an informational message regarding the number of messages sent",
        printed::number_of_messages,
    ),
    Check::should(
        "C-11",
        "messages that a client resets while they are sent are kept, in order",
        "3.1: once all the messages have been sent; the sent messages should be removed",
        readers::reset_while_sent,
    ),
    Check::should(
        "C-11/2",
        "so are those of which a client takes nothing for a second",
        "3.5: gaps of one second or more are detected when writing data, too",
        readers::nothing_taken,
    )
    .waits(1),
    Check::should(
        "C-11/3",
        "who reads while they are sent gets what else is stored",
        "not in the assignment: a message is sent to one reader",
        readers::read_meanwhile,
    )
    .waits(1),
    Check::should(
        "C-11/4",
        "a client that takes its messages slowly gets all of them",
        "3.5: only gaps of one second or more are problems",
        readers::slow,
    )
    .waits(2),
    Check::must(
        "C-12",
        "an error message is printed for each erroneous request",
        "3.1: if the request is not valid, or is not read in time, the server prints an \
         appropriate error message",
        printed::errors,
    )
    .waits(3),
    Check::must(
        "C-12/2",
        "the server goes on when a client resets the connection",
        "3.5: exceptions of recv() and of writing are handled by printing an error message, \
         closing the socket and returning to the start of the loop",
        requests::reset,
    ),
    Check::must(
        "C-12/3",
        "the server goes on when a client does not take its messages",
        "3.5: gaps of one second or more are detected, with a timeout for reading or writing",
        readers::others_are_served,
    )
    .waits(1),
    Check::should(
        "C-12/4",
        "errors name the client on standard error, the rest is on standard output",
        "not in the assignment: what users of a command line expect",
        printed::on_which_output,
    ),
    Check::should(
        "C-13",
        "20 silent clients delay no other",
        "not in the assignment, whose loop serves one client after another",
        connections::silent_clients,
    )
    .waits(1),
    Check::should(
        "C-13/2",
        "messages are in the order in which their requests were completed",
        "not in the assignment, whose loop serves one client after another",
        connections::order_of_completion,
    ),
    Check::should(
        "C-14",
        "beyond SERVER_MAX_BYTES nothing is stored, and what is stored can be read",
        "not in the assignment: memory is not endless",
        storage::limit,
    ),
    Check::should(
        "C-14/2",
        "who is refused for it finds the limit on standard error",
        "not in the assignment: memory is not endless",
        storage::limit_is_named,
    ),
    Check::should(
        "C-15",
        "names are compared as bytes",
        "3.3.1: names are stored in the record in bytes",
        storage::names_are_bytes,
    ),
    // End
    Check::should(
        "C-16",
        "SIGINT ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        connections::interrupt,
    ),
    Check::should(
        "C-16/2",
        "SIGTERM ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        connections::terminate,
    ),
    Check::should(
        "C-16/3",
        "a response that has begun is finished, but nobody else is accepted",
        "not in the assignment: messages are not lost",
        connections::response_is_finished,
    ),
    // Common to all programs
    Check::should(
        "G-1",
        "a client that connects is printed at once, also where the output is a pipe",
        "not in the assignment: a log is read while the server runs",
        printed::at_once,
    )
    .waits(1),
    Check::should(
        "G-3",
        "--help as the sole argument prints the usage",
        "not in the assignment: what users of a command line expect",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version as the sole argument prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "server"),
    ),
    Check::should(
        "G-4",
        "clients that stall do not hold up the end for more than a second",
        "not in the assignment: what users of a command line expect",
        connections::stalled_clients_at_the_end,
    ),
    Check::should(
        "G-4/2",
        "nothing that a client sends ends the server",
        "3.1: the server goes back to the start of the loop",
        requests::garbage,
    )
    .waits(1),
    Check::should(
        "G-4/3",
        "it uses no processor time while it waits",
        "not in the assignment: a server runs all day",
        connections::idle,
    )
    .waits(2),
    Check::should(
        "G-5",
        "a request may come one byte at a time",
        "3.5: TCP has full discretion over the size of its packets",
        requests::byte_by_byte,
    ),
    Check::should(
        "G-5/2",
        "a small response comes in one piece",
        "not in the assignment: many clients read a small response with one call",
        requests::one_piece,
    ),
    Check::should(
        "G-6",
        "control characters in a name cannot drive the terminal, nor forge a line",
        "not in the assignment: a name is a stranger's",
        printed::control_characters,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused with status 2",
        "3.1: the parameter is the port number",
        command_line::not_a_number,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "3.1: the parameter is the port number",
        command_line::leading_zeros,
    ),
    Check::should(
        "G-9",
        "it can be started again at once, though clients were connected",
        "not in the assignment: SO_REUSEADDR",
        connections::restart,
    ),
];
