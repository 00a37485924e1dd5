use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::{Draw, Fault, Model, Stage};
use crate::{Check, Evidence, Level, Outcome, Problem, Target, Trial};

/// How long a program is waited for until it is suspected. It is blamed for a must only
/// after the whole timeout of the run.
const HURRY: Duration = Duration::from_millis(300);

/// How long it is waited for where only a should is at stake.
const CAREFUL: Duration = Duration::from_secs(1);

/// A case is made smaller for a part of the time that is explored, within these bounds.
const SHRINKING: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(8);

/// How often a case has to go wrong to be shown as broken.
const REPLAYS: usize = 3;

/// What exploring has come to.
#[derive(Clone, Debug)]
pub(crate) struct Explored {
    pub(crate) conversations: usize,
    /// How often the program was started.
    pub(crate) starts: usize,
    pub(crate) found: Option<Found>,
}

/// What went wrong each time that it was played.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The check of the clause that is broken.
    pub(crate) check: &'static Check,
    /// The number from which the case is drawn.
    pub(crate) case: u64,
    /// The smallest case that still goes wrong, in words.
    pub(crate) words: String,
    /// What was seen when it was played for the last time.
    pub(crate) evidence: Evidence,
    /// Whether that is a matter of time.
    depends_on_time: bool,
    problem: Problem,
}

/// Explores a program, and fails with the worst of what was found.
pub(super) fn explore<M: Model>(trial: &mut Trial<'_>) -> Outcome {
    let first = trial.random().u64(..1_000_000) * 1000;
    let common = Common::default();
    if size_of::<M::Memory>() > 0 && matches!(trial.subject().target, Target::Connect(_)) {
        let reason = "what a server that runs already was sent before is not known";
        return Err(Problem::not_in_this_run(reason));
    }
    let exploration = trial.exploration();
    let count = match trial.subject().target {
        Target::Start => exploration.concurrent.max(1),
        Target::FixedPort(_) | Target::Connect(_) => 1,
    };
    let (assignment, subject) = (trial.assignment(), trial.subject());
    let worker = |index: usize| {
        let mut search = Search::<M>::new(Stage::new(assignment, subject), &common);
        let ended = match exploration.case {
            Some(case) => search.look_at(case).map(drop),
            None => search.run((first..).skip(index).step_by(count), exploration.within),
        };
        search.count();
        ended
    };
    let count = exploration.case.map_or(count, |_| 1);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..count)
            .map(|index| scope.spawn(move || worker(index)))
            .collect();
        let ended = workers.into_iter().map(ScopedJoinHandle::join);
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err(Problem::trouble("exploring panicked"))))
            .collect::<Result<Vec<()>, _>>()
    })?;
    let mut common = common
        .known
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    common
        .found
        .sort_by_key(|found| found.check.level == Level::Should);
    let others: String = common.found.iter().skip(1).map(also).collect();
    let mut found = common.found.into_iter().next();
    if let Some(found) = &mut found {
        found.words += &others;
        if found.depends_on_time {
            trial.blame_time();
        }
    }
    let problem = found.as_ref().map(|found| found.problem.clone());
    let odd = || {
        common
            .odd
            .map(|odd| Problem::not_in_this_run(format!("unsteady: {odd}")))
    };
    trial.explored(Explored {
        conversations: common.conversations,
        starts: common.starts,
        found,
    });
    problem.or_else(odd).map_or(Ok(()), Err)
}

fn also(found: &Found) -> String {
    let (Check { id, title, .. }, case) = (found.check, found.case);
    format!("broken too, in case {case}: {id}, {title}\n")
}

/// Says that what is named is one of several, where no smaller conversation has told them apart.
fn perhaps(shoulds: &[&str]) -> String {
    let first = shoulds.first();
    let mut others: Vec<_> = shoulds
        .iter()
        .filter(|id| Some(*id) != first)
        .copied()
        .collect();
    others.sort_unstable();
    others.dedup();
    match (first, &*others) {
        (None, _) | (_, []) => String::new(),
        (Some(first), others) => format!("it asks for {first}, and for {}\n", others.join(", ")),
    }
}

/// What those who search concurrently know together.
#[derive(Default)]
struct Common {
    known: Mutex<Known>,
    /// Held by the one who looks at what went wrong.
    looking: Mutex<()>,
}

#[derive(Default)]
struct Known {
    conversations: usize,
    starts: usize,
    found: Vec<Found>,
    /// What went wrong once and not again.
    odd: Option<String>,
}

impl Common {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Search<'a, M: Model> {
    stage: Stage<'a>,
    memory: M::Memory,
    hurry: Duration,
    common: &'a Common,
}

/// What ends the whole search: trouble of the checker.
type Played<T> = Result<T, Problem>;

impl<'a, M: Model> Search<'a, M> {
    fn new(stage: Stage<'a>, common: &'a Common) -> Self {
        Self {
            stage,
            memory: M::Memory::default(),
            hurry: HURRY,
            common,
        }
    }

    /// Plays case after case. The time in which something that was found is looked at does not
    /// count.
    fn run(&mut self, cases: impl Iterator<Item = u64>, within: Duration) -> Played<()> {
        let mut end = Instant::now() + within;
        let mut previous = None;
        for number in cases {
            let is_over = self.stage.conversations() >= self.stage.exploration().most;
            if is_over || Instant::now() >= end || self.is_enough() {
                break;
            }
            let case = M::draw(&mut Draw::new(number));
            if self.is_known(&case) {
                continue;
            }
            self.stage.hurry(self.hurry);
            let fault = self.play(&case)?;
            let before = previous.replace(number);
            let Some(fault) = fault else { continue };
            let start = Instant::now();
            self.suspect(number, before, &fault)?;
            end += start.elapsed();
        }
        Ok(())
    }

    /// A must is enough.
    fn is_enough(&self) -> bool {
        let found = &self.common.known().found;
        found.iter().any(|found| found.check.level == Level::Must)
    }

    /// Whether a case asks for something that the program is known to break.
    fn is_known(&self, case: &M::Case) -> bool {
        let exploration = self.stage.exploration();
        let found = self.common.known().found.len();
        if found == 0 && exploration.known.is_empty() {
            return false;
        }
        let is_out =
            |id: &str| self.has_found(id) || found >= exploration.shoulds && self.is_should(id);
        M::rests_on(case).into_iter().any(is_out)
    }

    /// A case went wrong in a hurry: it, or the one before it, may show what is broken.
    fn suspect(&mut self, number: u64, previous: Option<u64>, fault: &Fault) -> Played<()> {
        let in_vain = self.stage.depends_on_time();
        self.restart();
        // Who looks at the same fault meanwhile does it for all.
        let common = self.common;
        let _alone = common
            .looking
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.has_found(fault.check) || self.is_enough() {
            return Ok(());
        }
        if self.look_at(number)? {
            return Ok(());
        }
        // What the one before it did to the program may show only now.
        if let Some(previous) = previous
            && self.look_at(previous)?
        {
            return Ok(());
        }
        match &fault.problem {
            // It is slow, which is no fault.
            _ if in_vain => self.hurry *= 2,
            Problem::Broken { expected, happened } => {
                self.common.known().odd = Some(format!(
                    "case {number} went wrong once and then not again ({}: expected {expected}; \
                     {happened})",
                    fault.check
                ));
            }
            Problem::NotJudged(_) => {}
        }
        Ok(())
    }

    /// Plays a case with a fresh program and without hurry; if it goes wrong, makes it smaller.
    /// Whether that is something new, and goes wrong each time.
    fn look_at(&mut self, number: u64) -> Played<bool> {
        let case = M::draw(&mut Draw::new(number));
        let longest = Some(CAREFUL.max(2 * self.hurry));
        if self.is_known(&case) || self.play_again(&case, longest)?.is_none() {
            return Ok(false);
        }
        let steps = self.make_smaller(case)?;
        // Chance may have decided about the smallest: then one of those before it.
        let mut at = steps.len();
        while at > 0 {
            if let Some(fault) = self.goes_wrong_each_time(&steps[at - 1])? {
                return self.keep(number, &steps[at - 1], fault);
            }
            at /= 2;
        }
        Ok(false)
    }

    fn keep(&mut self, number: u64, case: &M::Case, fault: Fault) -> Played<bool> {
        let mut shoulds = self.shoulds(case);
        let is_hidden = shoulds.first().is_some_and(|id| M::hides_others(id));
        if self.is_should(fault.check) && !is_hidden {
            shoulds.insert(0, fault.check);
        }
        let id = shoulds.first().or(M::rests_on(case).first()).copied();
        let id = id.unwrap_or(fault.check);
        let Some(check) = self.stage.check(id) else {
            return Err(Problem::trouble(format!("there is no check {id}")));
        };
        if self.has_found(id) {
            return Ok(false);
        }
        let found = Found {
            check,
            case: number,
            words: M::words(case) + &perhaps(&shoulds),
            depends_on_time: self.stage.depends_on_time(),
            evidence: self.stage.evidence(),
            problem: fault.problem,
        };
        self.common.known().found.push(found);
        Ok(true)
    }

    /// The shoulds on which a case rests.
    fn shoulds(&self, case: &M::Case) -> Vec<&'static str> {
        let mut all = M::rests_on(case);
        all.retain(|id| self.is_should(id));
        all
    }

    fn is_should(&self, id: &str) -> bool {
        let check = self.stage.check(id);
        check.is_some_and(|check| check.level == Level::Should)
    }

    fn has_found(&self, id: &str) -> bool {
        let found = &self.common.known().found;
        let known = &self.stage.exploration().known;
        known.contains(id) || found.iter().any(|found| found.check.id == id)
    }

    /// The cases on the way to the smallest that still goes wrong, which is the last. None of them
    /// rests on a check on which the first does not rest.
    fn make_smaller(&mut self, case: M::Case) -> Played<Vec<M::Case>> {
        let start = Instant::now();
        let longest =
            (self.stage.exploration().within / 2).clamp(*SHRINKING.start(), *SHRINKING.end());
        let mut steps = vec![case];
        'smaller: while let Some(case) = steps.last() {
            let rests_on = self.shoulds(case);
            for smaller in M::smaller(case) {
                if !self
                    .shoulds(&smaller)
                    .iter()
                    .all(|id| rests_on.contains(id))
                {
                    continue;
                }
                if start.elapsed() > longest {
                    return Ok(steps);
                }
                self.stage.be_careful(Some(self.hurry));
                // What those before it did to the program may have made it go wrong.
                if self.play(&smaller)?.is_some()
                    && self.play_again(&smaller, Some(self.hurry))?.is_some()
                {
                    self.restart();
                    steps.push(smaller);
                    continue 'smaller;
                }
            }
            break;
        }
        self.restart();
        Ok(steps)
    }

    fn goes_wrong_each_time(&mut self, case: &M::Case) -> Played<Option<Fault>> {
        let longest = (!self.shoulds(case).is_empty()).then_some(CAREFUL.max(2 * self.hurry));
        let mut last = None;
        for _ in 0..REPLAYS {
            last = self.play_again(case, longest)?;
            if last.is_none() {
                break;
            }
        }
        Ok(last)
    }

    /// Plays a case with a fresh program, and waits so long, or as long as the run says.
    fn play_again(&mut self, case: &M::Case, longest: Option<Duration>) -> Played<Option<Fault>> {
        self.restart();
        self.stage.be_careful(longest);
        self.play(case)
    }

    fn play(&mut self, case: &M::Case) -> Played<Option<Fault>> {
        let Err(mut fault) = M::play(case, &mut self.memory, &mut self.stage) else {
            return Ok(None);
        };
        if let Some(excess) = self.stage.excess() {
            fault.problem = excess;
        }
        match fault.problem {
            Problem::NotJudged(_) => Err(fault.problem),
            Problem::Broken { .. } => Ok(Some(fault)),
        }
    }

    fn restart(&mut self) {
        if self.stage.restarts() {
            self.stage.end();
            self.memory = M::Memory::default();
        }
    }

    /// Adds what was done to what others have done.
    fn count(&self) {
        let mut known = self.common.known();
        known.conversations += self.stage.conversations();
        known.starts += self.stage.starts();
    }
}
