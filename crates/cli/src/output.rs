use std::borrow::Cow;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags};

use crate::{escape, stream};

/// The longest line that is written with one write.
const BUFFER: usize = 64 * 1024;

/// Standard output, line by line: each line is handed to the system immediately, with one write if
/// it is not longer than 64 KiB (G-1).
///
/// Threads may share it; their lines do not mix. An output that would block is waited for (G-13).
/// Nothing here panics when the output is full or closed, as `println!` does.
#[derive(Debug)]
pub struct Output {
    terminal: bool,
    writer: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    file: Blocking,
    buffer: Vec<u8>,
    /// The last write failed, perhaps in the middle of a line.
    broken: bool,
}

impl Output {
    /// Standard output.
    ///
    /// # Errors
    /// [`OutputError`] when the process was started without one.
    pub fn stdout() -> Result<Self, OutputError> {
        Self::new(stream::STDOUT.descriptor()?)
    }

    fn new(descriptor: BorrowedFd<'_>) -> Result<Self, OutputError> {
        // A descriptor of our own is not buffered, unlike `std::io::Stdout`: after a failure no
        // half-written line waits there for the next one.
        let file = File::from(descriptor.try_clone_to_owned()?);
        Ok(Self {
            terminal: file.is_terminal(),
            writer: Mutex::new(Writer {
                file: Blocking(file),
                buffer: Vec::new(),
                broken: false,
            }),
        })
    }

    /// Whether a person reads it on a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes a text as it is, without a line break of its own: a prompt, the help.
    ///
    /// # Errors
    /// [`OutputError`] when the output is full or closed.
    pub fn text(&self, text: &str) -> Result<(), OutputError> {
        self.bytes(text.as_bytes())
    }

    /// Writes bytes as they are, immediately.
    ///
    /// # Errors
    /// [`OutputError`] when the output is full or closed.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), OutputError> {
        self.writer().file.write_all(bytes).map_err(OutputError)
    }

    /// Writes a line; the line break is added here.
    ///
    /// # Errors
    /// [`OutputError`] when the output is full or closed.
    pub fn line(&self, line: impl Display) -> Result<(), OutputError> {
        self.writer().line(&line).map_err(OutputError)
    }

    /// Writes a line that consists of what a peer sent: escaped on a terminal, else unchanged
    /// (G-6).
    ///
    /// # Errors
    /// [`OutputError`] when the output is full or closed.
    pub fn peer_line(&self, sent: &[u8]) -> Result<(), OutputError> {
        let shown = if self.terminal {
            escape(sent).into_bytes()
        } else {
            Cow::Borrowed(sent)
        };
        self.bytes(&[&*shown, b"\n"].concat())
    }

    /// Writes a line of a server, which continues to serve when its output is full or closed. It
    /// logs that once, and once that the output works again. A line that was cut off is ended
    /// first.
    pub fn line_or_warn(&self, line: impl Display) {
        let mut writer = self.writer();
        let was_broken = writer.broken;
        match writer.line(&line) {
            Ok(()) if was_broken => log::warn!("standard output works again; lines were lost"),
            Err(error) if !was_broken => {
                log::warn!("cannot write to standard output: {error}; serving on without it");
            }
            _ => {}
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic in the `Display` of a line leaves nothing behind that matters: the buffer is
        // emptied before each line.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn line(&mut self, line: &impl Display) -> io::Result<()> {
        self.buffer.clear();
        if self.broken {
            self.buffer.push(b'\n');
        }
        let written = writeln!(self, "{line}").and_then(|()| self.flush());
        self.broken = written.is_err();
        written
    }
}

/// Gathers the parts of a line. Not `std::io::BufWriter`, which would keep the rest of a line that
/// could not be written and begin the next one with it.
impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() > BUFFER {
            return self.file.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

/// A file that is waited for where it would block, as a pipe with `O_NONBLOCK` does.
#[derive(Debug)]
struct Blocking(File);

impl Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut writable = [PollFd::new(&self.0, PollFlags::OUT)];
                    rustix::io::retry_on_intr(|| rustix::event::poll(&mut writable, None))?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why standard output took no more.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(#[from] pub io::Error);

impl OutputError {
    /// Whether its reader has left (`| head`): an ordinary end of a client, with status 0.
    pub fn is_closed(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read};
    use std::os::fd::AsFd;

    use super::*;

    fn piped() -> (Output, PipeReader) {
        let (reader, writer) = io::pipe().unwrap();
        (Output::new(writer.as_fd()).unwrap(), reader)
    }

    #[test]
    fn g_1_a_line_is_there_at_once() {
        let (output, mut reader) = piped();
        output.line(format_args!("count: {}", 7)).unwrap();
        let mut read = [0; 9];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"count: 7\n");
    }

    #[test]
    fn a_reader_that_left_is_an_ordinary_end() {
        let (output, reader) = piped();
        drop(reader);
        let error = output.line("nobody reads this").unwrap_err();
        assert!(error.is_closed());
        assert!(error.is_closed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_output_is_an_error_and_no_panic() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Output::new(full.as_fd()).unwrap();
        let error = output.text("x").unwrap_err();
        assert!(!error.is_closed());
        output.line_or_warn("a server goes on");
        output.line_or_warn("a server goes on");
    }

    #[test]
    fn a_server_whose_output_works_again_starts_on_a_new_line() {
        let (output, mut reader) = piped();
        output.writer().broken = true;
        output.line_or_warn("first");
        output.line_or_warn("second");
        drop(output);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "\nfirst\nsecond\n");
    }

    #[test]
    fn g_6_a_result_is_escaped_on_a_terminal_only() {
        let (mut output, mut reader) = piped();
        output.peer_line(b"\x1b[2J\xff").unwrap();
        output.terminal = true;
        output.peer_line(b"\x1b[2J\xff").unwrap();
        drop(output);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"\x1b[2J\xff\n\\x1b[2J\\xff\n");
    }

    #[test]
    fn a_long_line_is_whole_and_is_not_gathered() {
        let (output, mut reader) = piped();
        let text = |character: &str, length| character.repeat(length);
        let (short, long) = (text("s", BUFFER - 10), text("l", 3 * BUFFER));
        let expected = format!("{short}{short}{long}{short}\nnext\n");
        let reading = std::thread::spawn(move || {
            let mut read = String::new();
            reader.read_to_string(&mut read).unwrap();
            read
        });
        output
            .line(format_args!("{short}{short}{long}{short}"))
            .unwrap();
        output.line("next").unwrap();
        // A vector that grows doubles.
        assert!(output.writer().buffer.capacity() <= 2 * BUFFER);
        drop(output);
        assert!(reading.join().unwrap() == expected);
    }
}
