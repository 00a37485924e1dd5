//! The Wireshark dissectors, as `tshark` runs them: the fields of golden bytes, however TCP cuts
//! them, and what is reported of bytes that a clause forbids.
//!
//! Without `tshark` every test is counted as ignored, and the reason is printed.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

mod capture;
mod data;

use capture::Side::{Client, Server};
use capture::{Capture, Segments};
use data::{FORBIDDEN, GOLDEN, Golden};

fn main() -> ExitCode {
    let version = tshark().arg("--version").output();
    let missing =
        !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("Lua"));
    if missing {
        eprintln!("skipped: the dissectors are not tested, because there is no tshark with Lua");
    }
    let trial = |name: &str, test: fn() -> Result<(), Failed>| {
        Trial::test(name, test).with_ignored_flag(missing)
    };
    let tests = vec![
        trial(
            "cuts_make_no_difference_to_the_fields",
            cuts_make_no_difference,
        ),
        trial("decode_as_gives_the_same_fields_on_another_port", decode_as),
        trial("what_a_clause_forbids_is_reported", forbidden),
        trial("a_wrong_sum_is_reported", wrong_sum),
        trial("two_protocols_share_port_5000", shared_port),
        trial("the_readme_shows_what_is_printed", readme),
        trial("no_seed_of_the_fuzz_targets_breaks_a_dissector", seeds),
        trial(
            "a_long_record_is_reassembled_from_many_segments",
            long_records,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// Every cut of every segment into two, in one capture for each protocol.
fn cuts_make_no_difference() -> Result<(), Failed> {
    for golden in GOLDEN {
        let conversations = cuts(golden);
        let count = conversations.len();
        for passes in [&[][..], &["-2"]] {
            let capture = Capture::new(golden.dissector, golden.port, &conversations);
            let dissected = dissect(&[golden.dissector], &capture, golden, passes)?;
            assert_same(golden, &dissected, count)?;
        }
    }
    Ok(())
}

fn decode_as() -> Result<(), Failed> {
    for golden in GOLDEN {
        let port = 4321;
        let capture = Capture::new("decode_as", port, &cuts(golden));
        let rule = format!("tcp.port=={port},{}", golden.dissector);
        let dissected = dissect(&[golden.dissector], &capture, golden, &["-d", &rule])?;
        assert_same(golden, &dissected, cuts(golden).len())?;
    }
    Ok(())
}

/// The dissectors for accio and for messages are both installed, and both are found on their
/// assignments' port.
fn shared_port() -> Result<(), Failed> {
    for golden in GOLDEN.iter().filter(|golden| golden.port == 5000) {
        let capture = Capture::new("shared_port", golden.port, &cuts(golden));
        for order in [["accio", "message"], ["message", "accio"]] {
            let dissected = dissect(&order, &capture, golden, &[])?;
            assert_same(golden, &dissected, cuts(golden).len())?;
        }
    }
    Ok(())
}

/// One capture for each dissector, with a connection for each of its rows in [`FORBIDDEN`].
fn forbidden() -> Result<(), Failed> {
    for &(dissector, port, rows) in FORBIDDEN {
        let connections = rows
            .iter()
            .map(|(side, bytes, _)| vec![(*side, bytes.to_vec())]);
        let capture = Capture::new("forbidden", port, &connections.collect::<Vec<_>>());
        let reports = reports(dissector, &capture)?;
        for (stream, (_, bytes, expected)) in rows.iter().enumerate() {
            let report = reports.get(&stream).map_or("", String::as_str);
            if !report.contains(expected) {
                let bytes = bytes.escape_ascii();
                return Err(format!("{dissector} {bytes}: {report}, expected {expected}").into());
            }
        }
    }
    Ok(())
}

fn wrong_sum() -> Result<(), Failed> {
    let lesson = |second: &[u8]| {
        vec![
            (Server, b"Q\0\0\0\x02\0\0\0\x28".to_vec()),
            (Client, b"\0\0\0\x2a".to_vec()),
            (Server, b"Q\0\0\0\x05\0\0\0\x05".to_vec()),
            (Client, second.to_vec()),
        ]
    };
    for (second, wrong) in [(b"\0\0\0\x0a", 0), (b"\x0a\0\0\0", 1)] {
        let capture = Capture::new("wrong_sum", 8000, &[lesson(second)]);
        let reports = reports("math", &capture)?;
        let report = reports.get(&0).map_or("", String::as_str);
        if report.matches("Wrong sum").count() != wrong {
            return Err(format!("expected {wrong} wrong sums: {report}").into());
        }
    }
    Ok(())
}

/// Records of many segments, and what follows them.
fn long_records() -> Result<(), Failed> {
    let text = b"x".repeat(60_000);
    let action = [b"\x08\0\xea\x60", &text[..], b"\x08\0\0\x01y"].concat();
    let create = [b"\xae\x73\x02\x01\x01\xea\x60ab", &text[..], b"surplus"].concat();
    let response = [
        b"\xae\x73\x03\x02\0\x01\xea\x60a",
        &text[..],
        b"\x01\xea\x60b",
        &text,
    ]
    .concat();
    let pickle = [
        b"X\x60\xea\0\0",
        &text[..],
        b"0(",
        &b"N".repeat(4_000),
        b"t.K\x07.",
    ]
    .concat();
    for (dissector, port, side, bytes, field, expected) in [
        ("action", 8083, Client, action, "action.length", "60000|1"),
        (
            "message",
            5000,
            Client,
            create,
            "message.rest",
            "737572706c7573",
        ),
        ("message", 5000, Server, response, "message.sender", "a|b"),
        ("pickle", 12000, Client, pickle, "pickle.integer", "7"),
    ] {
        let segments = bytes.chunks(1_400).map(|piece| (side, piece.to_vec()));
        let capture = Capture::new("long_records", port, &[segments.collect()]);
        let found = fields(&[dissector], &capture, &[field], &[])?;
        let found: Vec<&str> = found
            .iter()
            .map(|row| &*row[1])
            .filter(|value| !value.is_empty())
            .collect();
        if found.join("|") != expected {
            return Err(format!("{dissector}, {field}: {found:?}").into());
        }
    }
    Ok(())
}

/// The README shows what `tshark -V` prints.
fn readme() -> Result<(), Failed> {
    let readme = include_str!("../../wireshark/README.md");
    let message = b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x00\x00\x02hi".to_vec();
    let pickle = b"\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.".to_vec();
    for (dissector, port, side, bytes) in [
        ("message", 5000, Server, message),
        ("pickle", 12000, Client, pickle),
    ] {
        let capture = Capture::new("readme", port, &[vec![(side, bytes)]]);
        let output = run(
            &[dissector],
            &capture,
            &["-V", "-O", dissector, "-Y", dissector],
        )?;
        let tree: Vec<&str> = output
            .lines()
            .skip(4)
            .take_while(|line| !line.is_empty())
            .collect();
        if tree.is_empty() || !readme.contains(&format!("```text\n{}\n```", tree.join("\n"))) {
            return Err(format!("not in the README: {output}").into());
        }
    }
    Ok(())
}

/// The seeds of the fuzz targets, honest and hostile ones, whole and in small pieces.
fn seeds() -> Result<(), Failed> {
    for (dissector, port, side, target) in [
        ("accio", 5000, Server, "accio_client"),
        ("accio", 5000, Client, "accio_server"),
        ("action", 8083, Client, "action_request"),
        ("action", 8083, Server, "action_responses"),
        ("math", 8000, Server, "math_frames"),
        ("math", 8000, Client, "math_frames"),
        ("message", 5000, Client, "message_request"),
        ("message", 5000, Server, "message_response"),
        ("pickle", 12000, Client, "pickles"),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/seeds")
            .join(target);
        let mut connections = Vec::new();
        for seed in fs::read_dir(folder)? {
            let bytes = fs::read(seed?.path())?;
            for piece in [60_000, bytes.len().div_ceil(40).max(3)] {
                let segments = bytes.chunks(piece).map(|piece| (side, piece.to_vec()));
                connections.push(segments.collect());
            }
        }
        reports(dissector, &Capture::new("seeds", port, &connections))?;
    }
    Ok(())
}

/// The conversation as it is, and with each segment in two, at every place.
fn cuts(golden: &Golden) -> Vec<Segments> {
    let whole: Segments = golden
        .segments
        .iter()
        .map(|&(side, bytes)| (side, bytes.to_vec()))
        .collect();
    let mut all = vec![whole.clone()];
    for (number, (side, bytes)) in whole.iter().enumerate() {
        for at in 1..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            let pieces = [(*side, head.to_vec()), (*side, tail.to_vec())];
            let mut cut = whole.clone();
            cut.splice(number..=number, pieces);
            all.push(cut);
        }
    }
    all
}

/// The values of the golden fields in each TCP stream.
type Dissected = BTreeMap<usize, Vec<String>>;

fn dissect(
    dissectors: &[&str],
    capture: &Capture,
    golden: &Golden,
    options: &[&str],
) -> Result<Dissected, Failed> {
    let names: Vec<&str> = golden.fields.iter().map(|(name, _)| *name).collect();
    let mut dissected = Dissected::new();
    for row in fields(dissectors, capture, &names, options)? {
        let stream = row[0].parse()?;
        let values = dissected
            .entry(stream)
            .or_insert_with(|| vec![String::new(); names.len()]);
        for ((all, value), name) in values.iter_mut().zip(&row[1..]).zip(&names) {
            // The file of accio is shown in the pieces in which it comes.
            if !all.is_empty() && !value.is_empty() && *name != "accio.file" {
                all.push('|');
            }
            all.push_str(value);
        }
    }
    Ok(dissected)
}

fn assert_same(golden: &Golden, dissected: &Dissected, count: usize) -> Result<(), Failed> {
    let expected: Vec<&str> = golden.fields.iter().map(|(_, values)| *values).collect();
    for stream in 0..count {
        if dissected
            .get(&stream)
            .is_none_or(|values| *values != expected)
        {
            let found = dissected.get(&stream);
            let name = golden.dissector;
            return Err(format!("{name}, cut {stream}: {found:#?}, expected {expected:#?}").into());
        }
    }
    Ok(())
}

/// What is reported of each TCP stream.
fn reports(dissector: &str, capture: &Capture) -> Result<BTreeMap<usize, String>, Failed> {
    // Wireshark itself has another protocol on port 5000, which accio's dissector leaves in peace.
    let rule = format!("tcp.port=={},{dissector}", capture.port);
    let arguments = "-T fields -e tcp.stream -e _ws.expert.message -Y _ws.expert -d";
    let mut arguments: Vec<&str> = arguments.split(' ').collect();
    arguments.push(&rule);
    let output = run(&[dissector], capture, &arguments)?;
    let mut reports = BTreeMap::<usize, String>::new();
    for line in output.lines() {
        let (stream, report) = line.split_once('\t').unwrap_or_default();
        reports.entry(stream.parse()?).or_default().push_str(report);
    }
    Ok(reports)
}

/// A row for each packet with data: its TCP stream, and the values of the fields. Nothing may be
/// reported for any of them.
fn fields(
    dissectors: &[&str],
    capture: &Capture,
    names: &[&str],
    options: &[&str],
) -> Result<Vec<Vec<String>>, Failed> {
    let mut arguments = vec!["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"];
    for name in ["_ws.expert.message", "tcp.stream"].iter().chain(names) {
        arguments.extend(["-e", name]);
    }
    arguments.extend(["-Y", "tcp.len > 0"]);
    arguments.extend(options);
    let output = run(dissectors, capture, &arguments)?;
    let rows = output.lines().map(|line| {
        let mut row = line.split('\t').map(str::to_owned);
        let reported = row.next().unwrap_or_default();
        if reported.is_empty() || reported.contains("after the record (C-8)") {
            Ok(row.collect())
        } else {
            Err(format!("reported: {reported}").into())
        }
    });
    rows.collect()
}

/// The output of `tshark`, which must not be about a mistake of the dissector.
fn run(dissectors: &[&str], capture: &Capture, arguments: &[&str]) -> Result<String, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wireshark");
    let mut command = tshark();
    for dissector in dissectors {
        let file = folder.join(dissector).with_extension("lua");
        command.args(["-X", &format!("lua_script:{}", file.display())]);
    }
    let output = command
        .arg("-r")
        .arg(&capture.path)
        .args(arguments)
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || errors.to_lowercase().contains("lua") {
        return Err(format!("{arguments:?}: {errors}").into());
    }
    let output = String::from_utf8(output.stdout)?;
    match ["Malformed", "Lua Error"]
        .iter()
        .find(|fault| output.contains(**fault))
    {
        None => Ok(output),
        Some(fault) => Err(format!("{fault} in {output}").into()),
    }
}

/// Without the settings and plugins of whoever runs the tests.
fn tshark() -> Command {
    let mut command = Command::new("tshark");
    command
        .env("WIRESHARK_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"))
        .env("WIRESHARK_PLUGIN_DIR", env!("CARGO_TARGET_TMPDIR"))
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    command
}
