//! Ending everything at once, in a process of its own: nothing can be started afterwards.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{Error, Exit, Program};

const DEADLINE: Duration = Duration::from_secs(10);

#[test]
fn nothing_is_left_and_nothing_is_started_any_more() {
    let sleep = || Program::new("sleep").arg("100");
    // The second leaves a child behind in a session of its own.
    let daemon = Program::new("sh").args(["-c", "setsid sleep 100 & echo started; wait"]);
    let (first, mut second) = (sleep().start().unwrap(), daemon.start().unwrap());
    second.wait_line(DEADLINE).unwrap();
    harness::kill_all();
    assert_eq!(first.wait_exit(DEADLINE).unwrap(), Exit::Signal(9));
    assert_eq!(second.wait_exit(DEADLINE).unwrap(), Exit::Signal(9));
    assert!(second.tree().is_empty());
    assert!(matches!(sleep().start(), Err(Error::System { .. })));
}
