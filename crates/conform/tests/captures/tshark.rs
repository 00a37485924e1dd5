//! What `tshark` says of a capture, with the dissectors of this project.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const DISSECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/wireshark");

/// What is asked for of each packet, and what it has to be: `None` if it may be anything.
const FIELDS: [(&str, Option<&[&str]>); 7] = [
    ("frame.protocols", None),
    // Of the IPv4 header, which IPv6 does not have.
    ("ip.checksum.status", Some(&["1", ""])),
    ("tcp.checksum.status", Some(&["1"])),
    // Whatever is strange about sequence numbers, acknowledgements or windows.
    ("tcp.analysis.flags", Some(&[""])),
    ("tcp.analysis.reused_ports", None),
    ("_ws.malformed", Some(&[""])),
    ("_ws.lua.error", Some(&[""])),
];

/// The place among them of whether a port is used again.
const REUSED: usize = 4;

/// Whether there is one that can run the dissectors.
pub(crate) fn is_there() -> bool {
    let version = tshark().arg("--version").output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("Lua"))
}

/// The protocols of each packet of a file.
///
/// # Errors
/// What is wrong with a packet.
pub(crate) fn protocols(file: &Path) -> Result<Vec<String>, String> {
    let mut command = tshark();
    for script in fs::read_dir(DISSECTORS).unwrap() {
        let script = script.unwrap().path();
        if script
            .extension()
            .is_some_and(|extension| extension == "lua")
        {
            let script = script.display();
            command.args(["-X", &format!("lua_script:{script}")]);
        }
    }
    let checked = [
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
    ];
    command.args(checked).args(["-T", "fields", "-r"]).arg(file);
    for (field, _) in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("tshark: {}: {said}", output.status));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .enumerate()
        .map(row)
        .collect()
}

/// Without what a user of this machine has installed.
fn tshark() -> Command {
    let mut command = Command::new("tshark");
    for variable in ["WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR", "HOME"] {
        command.env(variable, env!("CARGO_TARGET_TMPDIR"));
    }
    command.stdin(Stdio::null());
    command
}

fn row((number, line): (usize, &str)) -> Result<String, String> {
    let values: Vec<&str> = line.split('\t').collect();
    // The system gives a port again whose last connection ended with a reset: that is no flaw.
    let is_reused = |field: &str| field == "tcp.analysis.flags" && !values[REUSED].is_empty();
    for ((field, allowed), value) in FIELDS.iter().zip(&values) {
        if allowed.is_some_and(|allowed| !allowed.contains(value)) && !is_reused(field) {
            return Err(format!(
                "packet {}: {field} is {value:?}: {line}",
                number + 1
            ));
        }
    }
    Ok(values[0].to_owned())
}
