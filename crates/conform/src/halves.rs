//! Two halves: the inner one grades, in namespaces of its own where the system allows it; the outer
//! one holds the report, and what becomes of it is out of reach for what is graded.
//!
//! The inner half tells the outer one in lines of JSON: each check as soon as it was made, and at
//! last the record.

use std::io::{self, Write as _};
use std::process::ExitCode;

use cli::Error;
use harness::confine::{Half, Namespaces, enter_namespaces};
use serde::{Deserialize, Serialize};

use crate::arguments::{Contain, Order};
use crate::record::{CheckRecord, Record};
use crate::{CheckResult, Target};

/// Which half this process is.
pub(crate) enum Side {
    /// There is only one.
    Whole,
    Inner(Namespaces),
    /// The inner half has ended.
    Outer {
        /// What it told.
        told: Vec<Told>,
        /// Whether a signal ended it that this half has passed on.
        interrupted: bool,
    },
}

/// A line of what the inner half tells.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    Check(Box<CheckRecord>),
    Record(Box<Record>),
    /// Nothing was run.
    Refused(String),
}

impl Side {
    /// Divides the process, unless nothing is started in it, or it is not to be confined.
    pub(crate) fn choose(order: &Order) -> Result<Self, Error> {
        let starts = !matches!(order.subject.target, Target::Connect(_));
        if order.contain == Contain::No || !starts {
            return Ok(Self::Whole);
        }
        Ok(match enter_namespaces(true)? {
            Half::Inner(namespaces) => Self::Inner(namespaces),
            Half::Outer { status, output } => Self::Outer {
                told: understood(&output),
                interrupted: [129, 130, 143].map(ExitCode::from).contains(&status),
            },
        })
    }

    /// What the report says of the outer layer.
    pub(crate) fn layer(&self) -> String {
        match self {
            Self::Whole | Self::Outer { .. } => "not confined".to_owned(),
            Self::Inner(Namespaces::On) => {
                "namespaces of its own: users, processes, mounts, IPC, network".to_owned()
            }
            Self::Inner(Namespaces::Refused(reason)) => format!("no namespaces: {reason}"),
        }
    }
}

/// Tells the outer half. If it has gone, this one ends soon too.
pub(crate) fn tell(told: &Told) {
    if let Ok(line) = serde_json::to_string(told) {
        let _ = writeln!(io::stdout(), "{line}");
    }
}

pub(crate) fn tell_check(order: &Order, result: &CheckResult) {
    tell(&Told::Check(Box::new(CheckRecord::alone(
        order.assignment,
        result,
    ))));
}

/// What is not understood was cut off by the end of the inner half.
fn understood(output: &[u8]) -> Vec<Told> {
    let lines = output.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}
