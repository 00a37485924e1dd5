//! Hostile clients: all that a server must survive without an honest client noticing.

use std::thread::{self, Scope};
use std::time::Duration;

use fastrand::Rng;

use crate::honest::{Fault, hoard};
use crate::load::Load;
use crate::subject::Subject;

pub(crate) mod crowd;
mod deaf;
pub(crate) mod drips;
mod pickles;
mod records;
mod strike;

/// What is done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A connection on which nothing is said.
    Silence,
    /// A byte that comes alone, long after the one before it.
    Drip,
    /// A reset in the middle of something.
    Reset,
    /// The end of a client's sending side, in the middle of something or not.
    HalfClose,
    /// A client that asks for much and takes nothing.
    Deafness,
    /// Bytes drawn at random.
    RandomBytes,
    /// A record, or a pickle, made to do harm.
    HostileRecord,
    /// A connection among many that come and go within a moment.
    Flood,
}

impl Kind {
    /// All of them, in the order of the table's rows.
    pub(crate) const ALL: [Self; 8] = [
        Self::Silence,
        Self::Drip,
        Self::Reset,
        Self::HalfClose,
        Self::Deafness,
        Self::RandomBytes,
        Self::HostileRecord,
        Self::Flood,
    ];

    /// How the table calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silent connections",
            Self::Drip => "bytes dripped",
            Self::Reset => "resets",
            Self::HalfClose => "half-closes",
            Self::Deafness => "readers that never read",
            Self::RandomBytes => "random bytes",
            Self::HostileRecord => "hostile records, pickles",
            Self::Flood => "flood connections",
        }
    }
}

/// One thing that is done to one server again and again.
struct Attack {
    kind: Kind,
    /// Does it, and says how often that was.
    act: fn(&Target<'_>, &mut Rng) -> u64,
    /// The time between two of them.
    pause: Duration,
}

/// Whom an attack is for.
struct Target<'a> {
    load: &'a Load<'a>,
    subject: Subject,
}

/// What is done to every concurrent server, beside silence and drips, which stand for long. The
/// pauses leave most of the machine to the servers and to honest clients.
const ATTACKS: [Attack; 6] = [
    Attack {
        kind: Kind::Reset,
        act: strike::reset_in_the_middle,
        pause: Duration::from_millis(20),
    },
    Attack {
        kind: Kind::HalfClose,
        act: strike::half_close,
        pause: Duration::from_millis(20),
    },
    Attack {
        kind: Kind::Deafness,
        act: deaf::ask_and_take_nothing,
        pause: Duration::from_millis(100),
    },
    Attack {
        kind: Kind::RandomBytes,
        act: strike::random_bytes,
        pause: Duration::from_millis(30),
    },
    Attack {
        kind: Kind::HostileRecord,
        act: records::send_hostile_record,
        pause: Duration::from_millis(30),
    },
    Attack {
        kind: Kind::Flood,
        act: strike::flood,
        pause: Duration::from_millis(250),
    },
];

/// Starts all hostile clients. They end by themselves when the load is over.
pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, load: &'scope Load<'_>) {
    // There before the first who asks for it and does not take it.
    let stored: Result<(), Fault> = hoard::store(load.address(Subject::Server));
    load.judge(Subject::Server, stored);
    scope.spawn(|| crowd::keep_starving(load));
    for subject in Subject::CONCURRENT {
        scope.spawn(move || drips::keep_dripping(load, subject));
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
        load.tally.harm(subject, attack.kind, events);
        thread::sleep(attack.pause);
    }
}
