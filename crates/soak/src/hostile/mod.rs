//! Hostile clients: all that a server must survive without an honest client noticing.

use std::thread::{self, Scope};
use std::time::Duration;

use fastrand::Rng;

use crate::honest::unread;
use crate::load::Load;
use crate::subject::Subject;

mod attacks;
mod pickles;
mod records;
pub(crate) mod silent;
mod slow_reader;
pub(crate) mod slowloris;
mod stalled;

/// What is done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A connection on which nothing is sent.
    Silence,
    /// A byte that is sent alone, long after the one before it (slowloris).
    Slowloris,
    /// A reset in the middle of something.
    Reset,
    /// The end of a client's sending side, in the middle of something or not.
    HalfClose,
    /// A client that asks for a long response and never reads it.
    SlowReader,
    /// A client that takes the beginning of a long response and resets the connection.
    ResettingReader,
    /// A large request that is never whole.
    StalledRequest,
    /// Bytes drawn at random.
    RandomBytes,
    /// A record, or a pickle, made to do harm.
    HostileRecord,
    /// A connection among many that are opened and closed within a moment.
    Flood,
}

impl Kind {
    /// All of them, in the order of the table's rows.
    pub(crate) const ALL: [Self; 10] = [
        Self::Silence,
        Self::Slowloris,
        Self::Reset,
        Self::HalfClose,
        Self::SlowReader,
        Self::ResettingReader,
        Self::StalledRequest,
        Self::RandomBytes,
        Self::HostileRecord,
        Self::Flood,
    ];

    /// How the table calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silent connections",
            Self::Slowloris => "bytes sent one at a time",
            Self::Reset => "resets",
            Self::HalfClose => "half-closes",
            Self::SlowReader => "readers that never read",
            Self::ResettingReader => "readers that reset",
            Self::StalledRequest => "stalled large requests",
            Self::RandomBytes => "random bytes",
            Self::HostileRecord => "hostile records, pickles",
            Self::Flood => "flood connections",
        }
    }
}

/// One thing that is done to one server again and again.
struct Attack {
    kind: Kind,
    /// Does it, and returns how often that was.
    act: fn(&Target<'_>, &mut Rng) -> u64,
    /// The time between two of them.
    pause: Duration,
}

/// Whom an attack is for.
struct Target<'a> {
    load: &'a Load<'a>,
    subject: Subject,
}

/// What is done to every concurrent server, beside silent and slow clients, which stay for long. The
/// pauses leave most of the machine to the servers and to honest clients.
const ATTACKS: [Attack; 8] = [
    Attack {
        kind: Kind::Reset,
        act: attacks::reset_in_the_middle,
        pause: Duration::from_millis(20),
    },
    Attack {
        kind: Kind::HalfClose,
        act: attacks::half_close,
        pause: Duration::from_millis(20),
    },
    Attack {
        kind: Kind::SlowReader,
        act: slow_reader::ask_and_never_read,
        pause: Duration::from_millis(100),
    },
    Attack {
        kind: Kind::ResettingReader,
        act: slow_reader::read_a_little_and_reset,
        pause: Duration::from_millis(30),
    },
    Attack {
        kind: Kind::StalledRequest,
        act: stalled::send_half,
        pause: Duration::from_millis(500),
    },
    Attack {
        kind: Kind::RandomBytes,
        act: attacks::random_bytes,
        pause: Duration::from_millis(30),
    },
    Attack {
        kind: Kind::HostileRecord,
        act: records::send_hostile_record,
        pause: Duration::from_millis(30),
    },
    Attack {
        kind: Kind::Flood,
        act: attacks::flood,
        pause: Duration::from_millis(250),
    },
];

/// Starts all hostile clients. They end by themselves when the load is over.
pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, load: &'scope Load<'_>) {
    // There before the first who asks for it and does not take it.
    let stored = unread::store(load.address(Subject::Server));
    load.judge(Subject::Server, stored);
    scope.spawn(|| silent::keep_starving(load));
    for subject in Subject::CONCURRENT {
        scope.spawn(move || slowloris::keep_sending_bytes(load, subject));
        for attack in &ATTACKS {
            scope.spawn(move || keep_attacking(load, subject, attack));
        }
    }
}

fn keep_attacking(load: &Load<'_>, subject: Subject, attack: &Attack) {
    let mut rng = Rng::new();
    let target = Target { load, subject };
    while !load.is_over() {
        let events = (attack.act)(&target, &mut rng);
        load.counters.count_hostile(subject, attack.kind, events);
        thread::sleep(attack.pause);
    }
}
