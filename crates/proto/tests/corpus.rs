//! Every seed of the fuzz targets, through the same functions as there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// It is a library for the fuzz targets.
#![allow(unreachable_pub)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod properties;

fn seeds(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target)
}

/// Runs `property` with every seed of a target.
fn run(target: &str, property: fn(&[u8])) {
    let mut count = 0;
    for entry in fs::read_dir(seeds(target)).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| property(&bytes)).is_err() {
            panic!("it was the seed {}", path.display());
        }
        count += 1;
    }
    assert!(count >= 24, "{count} seeds of {target}");
}

#[test]
fn a_6_bytes_of_an_accio_client() {
    run("accio_server", properties::accio::server);
}

#[test]
fn ac_1_bytes_of_an_accio_server() {
    run("accio_client", properties::accio::client);
}

#[test]
fn t_1_action_requests() {
    run("action_request", properties::action::request);
}

#[test]
fn t_2_action_responses() {
    run("action_responses", properties::action::responses);
}

#[test]
fn m_2_math_frames() {
    run("math_frames", properties::math::frames);
}

#[test]
fn c_1_message_requests() {
    run("message_request", properties::message::request);
}

#[test]
fn c_3_message_responses() {
    run("message_response", properties::message::response);
}

#[test]
fn p_8_pickles() {
    run("pickles", properties::pickle::stream);
}

#[test]
fn p_5_pickles_that_python_wrote_print_as_in_python() {
    let reprs = fs::read_to_string(seeds("pickles.tsv")).unwrap();
    for line in reprs.lines() {
        let (name, repr) = line.split_once('\t').unwrap();
        let pickle = fs::read(seeds("pickles").join(name)).unwrap();
        properties::pickle::honest(&pickle, repr);
    }
    assert!(reprs.lines().count() > 50);
}
