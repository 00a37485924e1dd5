//! The checks of the client.

use super::{command_line, create, faults, read};
use crate::Check;
use crate::checks::common::{shows_help, shows_version};

pub(super) const CHECKS: &[Check] = &[
    // Requests
    Check::must(
        "C-1",
        "a read request, byte by byte as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 1, NameLen, ReceiverLen 0 and MessageLen 0, then the user's name",
        read::as_the_format_says,
    ),
    Check::must(
        "C-1/2",
        "a create request, byte by byte as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 2, NameLen, ReceiverLen and MessageLen, then the user's name, \
         the receiver's name and the message",
        create::as_the_format_says,
    ),
    Check::must(
        "C-1/3",
        "MessageLen has two bytes in network byte order",
        "3.3.1: MessageLen is a 2-byte field in network byte order",
        create::two_bytes_of_length,
    ),
    Check::must(
        "C-1/4",
        "the user's name is sent in UTF-8, and NameLen counts its bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        read::name_in_utf_8,
    ),
    Check::must(
        "C-1/5",
        "receiver and message are sent in UTF-8, and the lengths count their bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        create::bytes_not_characters,
    ),
    // Arguments
    Check::must(
        "C-17",
        "fewer or more than four arguments are refused with a message",
        "3.2: if there are fewer or more than four parameters, the client prints an appropriate \
         error message and exits",
        command_line::wrong_number,
    ),
    Check::must(
        "C-17/2",
        "the ports 1023 and 64001 are refused with a message",
        "3.2: the port number should be between 1,024 and 64,000 (inclusive); if it is not, the \
         client should print an appropriate error message and exit",
        command_line::port_out_of_range,
    ),
    Check::must(
        "C-17/3",
        "the client connects to the ports 1024 and 64000",
        "3.2: the port number should be between 1,024 and 64,000 (inclusive)",
        command_line::first_and_last_port,
    ),
    Check::must(
        "C-17/4",
        "a user name of 0 or 256 bytes is refused with a message",
        "3.2: user names must be at least 1 character long, and no longer than 255 bytes",
        command_line::wrong_name,
    ),
    Check::must(
        "C-17/5",
        "a user name of 255 bytes is taken",
        "3.2: user names must be at least 1 character long, and no longer than 255 bytes",
        command_line::longest_name,
    ),
    Check::must(
        "C-17/6",
        "a type that is neither read nor create is refused with a message",
        "3.2: this should be either \"read\" or \"create\"; if it is not, the client should print \
         an appropriate error message and exit",
        command_line::wrong_type,
    ),
    Check::must(
        "C-17/7",
        "a host that does not exist, or is not well-formed, is refused with a message",
        "3.2: if this conversion fails, the client should print an appropriate error message and \
         exit",
        command_line::unknown_host,
    ),
    Check::must(
        "C-17/8",
        "a host may be given by its name",
        "3.2: the hostname of the computer; 3.4: you can use 127.0.0.1 or localhost",
        command_line::localhost,
    ),
    Check::should(
        "C-17/9",
        "the status for wrong arguments is 2",
        "3.2: the client prints an error message and exits; the status is not in the assignment",
        command_line::statuses,
    ),
    Check::should(
        "C-17/10",
        "a host that does not exist ends the client with status 1 before any prompt",
        "3.2: if the parameters are all okay, the client will go through the following steps",
        command_line::status_of_an_unknown_host,
    ),
    // Create
    Check::must(
        "C-18",
        "receiver and message are prompted for",
        "3.2.1: it should prompt the user for the following information interactively",
        create::prompts,
    ),
    Check::must(
        "C-18/2",
        "a receiver of 0 or of 255 bytes and more is not taken, but the next entry",
        "3.2.1: at least 1 character and less than 255 bytes; if it is not, the client prompts again",
        create::receiver_again,
    ),
    Check::must(
        "C-18/3",
        "a message of 0 or of 65,535 bytes and more is not taken, but the next entry",
        "3.2.1: at least 1 character and less than 65,535 bytes; if it is not, the client prompts \
         again",
        create::message_again,
    ),
    Check::must(
        "C-18/4",
        "the shortest and the longest receiver and message are taken",
        "3.2.1: at least 1 character and less than 255 bytes, less than 65,535 bytes",
        create::shortest_and_longest,
    ),
    Check::must(
        "C-18/5",
        "an invalid entry gets an error message",
        "3.2.1: the client prints an appropriate error message and prompts again",
        create::says_that_an_entry_is_invalid,
    ),
    Check::should(
        "C-18/6",
        "the end of the input at a prompt is an error, with status 1",
        "not in the assignment: nobody will type anything any more",
        create::end_of_input,
    ),
    Check::must(
        "C-19",
        "the client connects when everything has been entered",
        "3.2: it prepares a MessageRequest, for which it elicits information from the user; then \
         it creates a socket and connects",
        create::before_connecting,
    ),
    Check::must(
        "C-20",
        "it says that the request is sent",
        "3.2: the client sends the MessageRequest and prints an appropriate informational message",
        create::says_that_it_is_sent,
    ),
    Check::should(
        "C-20/2",
        "it says so before the response to a read request comes, also where the output is a pipe",
        "3.2: the client sends the MessageRequest and prints an appropriate informational message",
        read::says_that_it_is_sent,
    )
    .waits(1),
    Check::must(
        "C-20/3",
        "a message says that it cannot connect",
        "3.2: if any of these steps do not succeed, the client should print an appropriate error \
         message and exit",
        read::nobody_listens,
    ),
    Check::should(
        "C-20/4",
        "the status is 1 when it cannot connect",
        "3.2: the client prints an error message and exits; the status is not in the assignment",
        read::status_where_nobody_listens,
    ),
    Check::should(
        "C-20/5",
        "behind a create request the client does not wait for the server",
        "3.1: no response is sent back to the client in this case",
        create::ends_although_the_server_stays,
    ),
    // Read
    Check::must(
        "C-21",
        "sender and text of each message are printed, in order",
        "3.2.2: the client attempts to read and print each message's sender and text",
        read::senders_and_texts,
    ),
    Check::must(
        "C-21/2",
        "they are printed as the UTF-8 that they are",
        "3.6: you can use the decode method to convert bytes back into a string",
        read::utf_8,
    ),
    Check::must(
        "C-21/3",
        "255 messages are printed, in order",
        "3.3.2: for as many messages as denoted by the NumItems field",
        read::most_messages,
    ),
    Check::must(
        "C-21/4",
        "a message of 65,533 bytes is printed whole",
        "3.3.2: the client reads the next SenderLen + MessageLen bytes",
        read::long_message,
    ),
    Check::must(
        "C-21/5",
        "it says that there are no messages",
        "3.2.2: if there are no messages, the client prints an appropriate informational message",
        read::no_messages,
    ),
    Check::must(
        "C-21/6",
        "it says that there are more messages",
        "3.2.2: if MoreMsgs indicates that there are more messages to be read, the client will \
         print an appropriate message",
        read::more_messages,
    ),
    Check::must(
        "C-21/7",
        "a tenth of a second between the parts of a response is no gap",
        "3.5: the bytes may come in parts; gaps of one second or more are detected",
        read::pauses,
    ),
    Check::should(
        "C-21/8",
        "it ends with the response, also if the server does not close",
        "3.2.2: the client will close the socket and exit",
        read::ends_although_the_server_stays,
    ),
    Check::must(
        "C-22",
        "a wrong MagicNo is an error",
        "3.3.2: the contents of the MagicNo field must equal 0xAE73; else the client prints an \
         error message, closes the socket and exits",
        faults::wrong_magic,
    ),
    Check::must(
        "C-22/2",
        "an ID other than 3 is an error",
        "3.3.2: the contents of the ID field must equal 3",
        faults::wrong_id,
    ),
    Check::must(
        "C-22/3",
        "a MoreMsgs other than 0 and 1 is an error",
        "3.3.2: the contents of the MoreMsgs field must be either 0 or 1",
        faults::wrong_more,
    ),
    Check::must(
        "C-22/4",
        "a SenderLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        faults::no_sender,
    ),
    Check::must(
        "C-22/5",
        "a MessageLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        faults::no_text,
    ),
    Check::must(
        "C-22/6",
        "a response that does not come is an error",
        "3.2.2: if there is a gap of more than one second while reading any part of the record, \
         the client should print an appropriate error message, close the socket, and exit",
        faults::gap_before,
    )
    .waits(1),
    Check::must(
        "C-22/7",
        "a gap of more than a second in the header is an error",
        "3.3.2: if the five bytes of the fixed header cannot be read without gap, the response is \
         erroneous",
        faults::gap_in_header,
    )
    .waits(1),
    Check::must(
        "C-22/8",
        "a gap of more than a second before or in a message header is an error",
        "3.3.2: the three bytes of the message header are read, again without gap",
        faults::gap_in_message_header,
    )
    .waits(2),
    Check::must(
        "C-22/9",
        "a gap of more than a second in a message is an error",
        "3.3.2: if, at any point, reading is not possible without gap, the response is erroneous",
        faults::gap_in_message,
    )
    .waits(1),
    Check::must(
        "C-22/10",
        "the client waits for the response for a second",
        "3.2.2: a gap of more than one second",
        faults::not_before_a_second,
    )
    .waits(1),
    Check::must(
        "C-22/11",
        "a connection that is closed within a response is an error",
        "3.3.2: if the bytes cannot be read, the response is erroneous",
        faults::closes_early,
    ),
    Check::must(
        "C-22/12",
        "a connection that is reset is an error",
        "3.5: you will need to handle any exceptions by printing an appropriate error message",
        faults::reset,
    ),
    Check::should(
        "C-22/13",
        "the status for an erroneous response is 1, and the error is on standard error",
        "3.2.2: the client prints an error message and exits; the status is not in the assignment",
        faults::status_of_a_fault,
    ),
    Check::should(
        "C-22/14",
        "messages before a fault are printed",
        "3.3.2: the messages are read and processed one after another",
        faults::messages_before_a_fault,
    ),
    // Output
    Check::should(
        "C-23",
        "control characters of a message cannot drive a terminal",
        "not in the assignment: a message is a stranger's",
        read::on_a_terminal,
    ),
    Check::should(
        "C-23/2",
        "where the output is a pipe, a message is printed as it is",
        "not in the assignment: what users of a command line expect",
        read::in_a_pipe,
    ),
    Check::should(
        "C-23/3",
        "a response with NumItems 0 and MoreMsgs 1 is valid",
        "3.3.2 lists the checks of a response, and this is not among them",
        read::none_and_more,
    ),
    Check::should(
        "C-24",
        "a read that succeeds prints on standard output only, and ends with status 0",
        "not in the assignment: what users of a command line expect",
        read::status_of_success,
    ),
    // Common to all programs
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
        |trial| shows_version(trial, "client"),
    ),
    Check::should(
        "G-3/3",
        "a user may be named --help",
        "3.2: the third parameter is the name of the client's user",
        command_line::help_is_a_name,
    ),
    Check::should(
        "G-4",
        "no bytes of a server and no entry make the client crash",
        "5: just letting a library function crash will result in deductions",
        faults::garbage,
    ),
    Check::should(
        "G-5",
        "a response may come one byte at a time",
        "3.5: TCP has full discretion over the size of its packets",
        read::byte_by_byte,
    )
    .waits(1),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused with status 2",
        "3.2: the second parameter is the port number",
        command_line::not_a_number,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "3.2: the second parameter is the port number",
        command_line::leading_zeros,
    ),
    Check::should(
        "G-10",
        "if the first address of a host refuses, the next one is tried",
        "3.2: the client converts the hostname with getaddrinfo(), which gives several addresses",
        command_line::every_address,
    ),
];
