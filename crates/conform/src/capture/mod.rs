//! Captures for Wireshark: what was seen on the connections of a check, as the packets that a
//! capture on the network would have shown.
//!
//! Addresses, ports, times, bytes, ends and resets are those that were seen; what else is in the
//! headers is made up so that it fits together. A segment is what one call sent or received.

mod file;
mod packets;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf, absolute};

use cli::Error;
use harness::{By, Recording};

use crate::files::{self, cannot};
use crate::record::{CheckRecord, Verdict, shortened};
use crate::subject::Recorded;
use crate::{Record, Report};

use packets::Packet;

/// The bytes of a check that are kept for its capture.
pub(crate) const KEPT_OF_CHECK: u64 = 64 << 20;

/// Where the captures go.
#[derive(Clone, Debug)]
pub(crate) struct Captures {
    pub(crate) folder: PathBuf,
    /// Captures of the checks that hold too.
    pub(crate) all: bool,
}

impl Captures {
    pub(crate) fn recorded(captures: Option<&Self>) -> Recorded {
        match captures {
            None => Recorded::Nothing,
            Some(captures) if captures.all => Recorded::All,
            Some(_) => Recorded::Failures,
        }
    }

    /// Makes the folder.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.folder).map_err(|error| cannot("make", &self.folder, &error))
    }

    /// Writes a file for each check that was recorded, and removes that of an earlier run of any
    /// other check. The record has the files then, as seen from the folder of the report.
    pub(crate) fn write(
        &self,
        report: &Report,
        record: &mut Record,
        output: Option<&Path>,
    ) -> Result<(), Error> {
        let shown = seen_from(&self.folder, output.and_then(Path::parent));
        let assignment = report.assignment.name;
        let repeat = format!("{} {}", record.repeat, record.command);
        for (result, check) in report.results.iter().zip(&mut record.checks) {
            let name = format!("{}.pcapng", check.id.replace('/', "-"));
            let path = self.folder.join(&name);
            let recorder = result.evidence.recorder.as_ref();
            let mut recording = recorder.map(harness::Recorder::recording);
            match recording.as_mut().filter(|one| !one.events.is_empty()) {
                Some(recording) => {
                    files::put(&path, |file| {
                        let to = BufWriter::new(file);
                        write_capture(to, assignment, check, &repeat, recording)
                    })?;
                    check.capture = Some(shown.join(name).to_string_lossy().into_owned());
                }
                None => match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(cannot("remove", &path, &error));
                    }
                    _ => {}
                },
            }
        }
        Ok(())
    }
}

/// A folder as its path is from another one, if it is in that; else its whole path.
fn seen_from(folder: &Path, other: Option<&Path>) -> PathBuf {
    match other.filter(|other| !other.as_os_str().is_empty()) {
        None => folder.to_owned(),
        Some(other) => {
            // Without a current folder there is no whole path.
            let whole = |path: &Path| absolute(path).unwrap_or_else(|_| path.to_owned());
            let folder = whole(folder);
            let inside = folder.strip_prefix(whole(other)).map(Path::to_owned);
            inside.unwrap_or(folder)
        }
    }
}

/// Writes what was recorded of a check of an assignment, in the format pcapng. The requirement is a
/// comment of what was sent last before the verdict, and the verdict one of the packet that it
/// follows from. The comment of the file names the command that makes the check again: `repeat`, in
/// which `{only}` stands for the check.
///
/// # Errors
/// Those of `to`, and of the file in which a long recording is kept.
pub fn write_capture(
    to: impl Write,
    assignment: &str,
    check: &CheckRecord,
    repeat: &str,
    recording: &mut Recording,
) -> io::Result<()> {
    let mut packets = packets::packets(recording);
    comment(&mut packets, check);
    if recording.is_cut
        && let Some(last) = packets.last_mut()
    {
        last.comments.push(format!(
            "The capture ends here: conform keeps {} MiB of a check.",
            KEPT_OF_CHECK >> 20
        ));
    }
    let about = format!(
        "{}: {}. Made again with: {}. Addresses, ports, times, data, FIN and RST are those that \
         conform saw; handshakes, acknowledgements and all else in the headers are made up.",
        check.id,
        check.title,
        visible(&shortened(&repeat.replace("{only}", &check.id))),
    );
    file::write(to, assignment, &about, &packets, recording)
}

/// Puts the requirement and the verdict where they belong.
fn comment(packets: &mut [Packet], check: &CheckRecord) {
    let places = packets.iter().enumerate();
    let Some((verdict, _)) = places.max_by_key(|(place, packet)| (packet.shows, *place)) else {
        return;
    };
    let connection = packets[verdict].connection;
    let is_ours = |packet: &Packet| packet.connection == connection;
    let is_request =
        |packet: &Packet| is_ours(packet) && packet.by == By::Us && !packet.segment.is_empty();
    let requirement = packets[..=verdict]
        .iter()
        .rposition(is_request)
        .or(packets.iter().position(is_ours));
    let requirement = &mut packets[requirement.unwrap_or(verdict)];
    requirement.comments.push(format!(
        "{} ({}): {}. {}",
        check.id,
        check.level,
        check.title,
        visible(&check.requirement)
    ));
    packets[verdict].comments.push(told(check));
}

fn told(check: &CheckRecord) -> String {
    let id = &check.id;
    let text = |text: &Option<String>| visible(text.as_deref().unwrap_or_default());
    match check.verdict {
        Verdict::Holds => format!("{id} holds."),
        Verdict::NotJudged => format!("{id} is not judged, {}.", text(&check.reason)),
        Verdict::Broken => format!(
            "{id} is broken. Expected: {}; happened: {}",
            text(&check.expected),
            text(&check.happened)
        ),
    }
}

/// On one line, as Wireshark shows it.
fn visible(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| cli::escape(line.as_bytes()).to_string());
    lines.collect::<Vec<_>>().join(" ")
}
