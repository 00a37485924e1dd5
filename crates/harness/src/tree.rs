//! Process trees: a program and everything it started.
//!
//! They are known by descent. This process is a subreaper (Linux): what a program started becomes
//! a child of ours when its own parent ends, and nothing that it does to its environment, group or
//! session takes it out of reach. Whose it was is remembered from when it was seen before.

use std::collections::{HashMap, HashSet};
use std::io;
use std::process::{Child, Command};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, waitpid,
};

use crate::proc::{self, Row};
use crate::process::Exit;

/// Ending a tree takes milliseconds. One that resists longer is left.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// A tree that starts further processes in so many rounds is not waited for to stand still.
const FREEZE_ROUNDS: usize = 50;

/// The trees of the programs that this process started, by the number of their root.
#[derive(Default)]
pub(crate) struct Registry {
    trees: HashMap<i32, Tree>,
    is_ending: bool,
    /// The process group and the session of this process, 0 if they are those of an outer process
    /// namespace.
    own: [i32; 2],
    /// How many orphans were reaped so far.
    reaped: usize,
}

struct Tree {
    root: (i32, u64),
    /// The identities that it had when it was last looked at.
    known: HashSet<(i32, u64)>,
    /// The process groups and sessions that it ever had.
    groups: HashSet<i32>,
    /// How orphans of it ended.
    ended: HashMap<i32, Exit>,
    /// The processor time of those orphans.
    ended_ticks: u64,
}

/// Whose a process is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The tree with this root.
    Tree(i32),
    /// That of one of several programs.
    Unknown,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// While it is held no program is being started.
pub(crate) fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts `command` as the root of a tree of its own.
///
/// # Errors
/// The system's, and [`io::ErrorKind::Interrupted`] after [`kill_all`].
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    // Kept until the root is known: nobody may take it for an orphan.
    let mut registry = registry();
    if registry.is_ending {
        return Err(io::ErrorKind::Interrupted.into());
    }
    become_subreaper();
    let child = command.spawn()?;
    let pid = raw(Pid::from_child(&child));
    registry.trees.insert(pid, Tree::new(pid));
    Ok(child)
}

/// Orphans of what this process starts become its children. Where the system cannot do that, they
/// are out of reach.
pub(crate) fn become_subreaper() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// The processes of the tree that run.
pub(crate) fn members(root: Pid) -> Vec<Row> {
    running(|whose| whose == Owner::Tree(raw(root))).0
}

/// The processes that run, by the root of their tree.
pub(crate) fn all_members() -> HashMap<i32, Vec<Row>> {
    let mut trees: HashMap<i32, Vec<Row>> = HashMap::new();
    for (row, owner) in registry().look() {
        if let Owner::Tree(root) = owner
            && !row.is_zombie
        {
            trees.entry(root).or_default().push(row);
        }
    }
    trees
}

/// The processes of the tree that run, and those that may be of it.
#[cfg(target_os = "linux")]
pub(crate) fn possible_members(root: Pid) -> Vec<Row> {
    running(|whose| [Owner::Tree(raw(root)), Owner::Unknown].contains(&whose)).0
}

/// Whether nothing of the tree runs, as far as one look can tell.
pub(crate) fn is_over(root: Pid) -> bool {
    let (running, is_quiet) =
        running(|whose| [Owner::Tree(raw(root)), Owner::Unknown].contains(&whose));
    running.is_empty() && is_quiet
}

/// From now on `member` belongs to the tree.
#[cfg(target_os = "linux")]
pub(crate) fn adopt(root: Pid, member: &Row) {
    if let Some(tree) = registry().trees.get_mut(&raw(root)) {
        tree.known.insert(member.identity());
    }
}

/// How an orphan of the tree ended, if it was seen before.
pub(crate) fn orphan_exit(root: Pid, pid: i32) -> Option<Exit> {
    let registry = registry();
    let tree = registry.trees.get(&raw(root))?;
    tree.ended.get(&pid).copied()
}

pub(crate) fn cpu_time(root: Pid) -> Duration {
    let root = raw(root);
    let mut registry = registry();
    let rows = registry.look().into_iter();
    let running: u64 = rows
        .filter(|(_, whose)| *whose == Owner::Tree(root))
        .map(|(row, _)| row.ticks)
        .sum();
    let ended = registry.trees.get(&root).map_or(0, |tree| tree.ended_ticks);
    proc::duration(running + ended)
}

/// Ends the tree; its root is left to be reaped.
pub(crate) fn end(root: Pid) {
    let owner = Owner::Tree(raw(root));
    kill_each(|whose| whose == owner);
}

/// Reaps the root, which has ended.
pub(crate) fn reap(root: Pid, child: &mut Child) {
    // Together: its number may be another's immediately.
    let mut registry = registry();
    let _ = child.try_wait();
    registry.trees.remove(&raw(root));
}

/// Kills everything that this process started and all they started (Linux), and starts nothing
/// any more: [`Program::start`](crate::Program::start) fails from now on.
///
/// For a program that is about to end without dropping every [`Process`](crate::Process), because
/// of a signal.
pub fn kill_all() {
    registry().is_ending = true;
    kill_each(|_| true);
    let roots: Vec<i32> = registry().trees.keys().copied().collect();
    for root in roots.into_iter().filter_map(Pid::from_raw) {
        // Where nothing can be looked up, at least its group.
        let _ = kill_process_group(root, Signal::KILL);
    }
}

/// Kills all those whose owner `is_meant`.
fn kill_each(is_meant: impl Fn(Owner) -> bool) {
    let start = Instant::now();
    let own_group = proc::row(own_pid()).map_or(0, |row| row.group);
    let (mut frozen, mut refused) = (HashSet::new(), HashSet::new());
    // None in two looks: one may miss a process that is being started.
    let (mut rounds, mut quiet) = (0, 0);
    while quiet < 2 && start.elapsed() < END_TIMEOUT {
        let (mut running, is_quiet) = running(&is_meant);
        running.retain(|row| !refused.contains(&row.identity()));
        if running.is_empty() {
            quiet = if is_quiet { quiet + 1 } else { 0 };
            continue;
        }
        rounds += 1;
        // Stopped first: what stands still starts nothing while the others are killed.
        let mut fresh = running.clone();
        fresh.retain(|row| frozen.insert(row.identity()));
        let stands_still = fresh.is_empty();
        let (signal, rows) = if stands_still || rounds > FREEZE_ROUNDS {
            (Signal::KILL, running)
        } else {
            (Signal::STOP, fresh)
        };
        // Also to their groups, which reaches what they start at this moment: once to each.
        let groups: HashSet<i32> = rows.iter().map(|row| row.group).collect();
        let others = groups.into_iter().filter(|group| *group != own_group);
        for group in others.filter_map(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
        for row in rows {
            if !send(signal, &row) {
                refused.insert(row.identity());
            }
        }
        // Then one look is enough.
        quiet = usize::from(stands_still);
        if stands_still {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Those whose owner `is_meant` that run, and whether no orphan has ended: one that forks and ends
/// all the time is easily missed, but what it leaves is not.
fn running(is_meant: impl Fn(Owner) -> bool) -> (Vec<Row>, bool) {
    let mut registry = registry();
    let reaped = registry.reaped;
    let rows = registry.look().into_iter();
    let running = rows
        .filter(|(row, whose)| is_meant(*whose) && !row.is_zombie)
        .map(|(row, _)| row)
        .collect();
    (running, registry.reaped == reaped)
}

/// False if the system does not allow it.
fn send(signal: Signal, row: &Row) -> bool {
    // It may be gone by now.
    let sent = Pid::from_raw(row.pid).map(|pid| kill_process(pid, signal));
    sent != Some(Err(Errno::PERM))
}

impl Tree {
    fn new(root: i32) -> Self {
        let started = proc::row(root).map_or(0, |row| row.started);
        Self {
            root: (root, started),
            known: HashSet::from([(root, started)]),
            groups: HashSet::from([root]),
            ended: HashMap::new(),
            ended_ticks: 0,
        }
    }
}

impl Registry {
    /// The processes that descend from programs that were started here, and whose they are.
    fn look(&mut self) -> Vec<(Row, Owner)> {
        let table: HashMap<i32, Row> = proc::table()
            .into_iter()
            .map(|row| (row.pid, row))
            .collect();
        let Some(own) = table.get(&own_pid()) else {
            return Vec::new();
        };
        self.own = [own.group, own.session];
        let mut owners = HashMap::new();
        for pid in table.keys() {
            self.find_owner(*pid, &table, &mut owners);
        }
        for tree in self.trees.values_mut() {
            tree.known.clear();
        }
        let mut rows = Vec::new();
        for (pid, owner) in owners {
            let Some((row, owner)) = table.get(&pid).copied().zip(owner) else {
                continue;
            };
            if !self.reap(&row, owner) {
                self.remember(&row, owner);
                rows.push((row, owner));
            }
        }
        rows
    }

    /// Fills in the owner of `pid` and of its ancestors, `None` for what was not started here.
    fn find_owner(
        &self,
        pid: i32,
        table: &HashMap<i32, Row>,
        owners: &mut HashMap<i32, Option<Owner>>,
    ) {
        let mut path = Vec::new();
        let mut next = pid;
        let owner = loop {
            let Some(row) = table.get(&next) else {
                break None;
            };
            if let Some(owner) = owners.get(&next) {
                break *owner;
            }
            // For the time being: a number that was used again could make a circle of parents.
            owners.insert(next, None);
            path.push(next);
            if let Some(owner) = self.owner_of_known(row) {
                break Some(owner);
            }
            if row.parent == own_pid() {
                break self.owner_of_orphan(row);
            }
            next = row.parent;
        };
        owners.extend(path.into_iter().map(|pid| (pid, owner)));
    }

    fn owner_of_known(&self, row: &Row) -> Option<Owner> {
        let mut trees = self.trees.iter();
        trees
            .find(|(_, tree)| tree.known.contains(&row.identity()))
            .map(|(root, _)| Owner::Tree(*root))
    }

    /// A child of this process is an orphan from a tree, unless it is in this process's own group:
    /// then it was started in another way, and is none of ours.
    fn owner_of_orphan(&self, row: &Row) -> Option<Owner> {
        if row.group == self.own[0] {
            return None;
        }
        let is_of =
            |tree: &Tree| tree.groups.contains(&row.group) || tree.groups.contains(&row.session);
        if let Some((root, _)) = self.trees.iter().find(|(_, tree)| is_of(tree)) {
            return Some(Owner::Tree(*root));
        }
        let marked = proc::marked_root(row.pid).filter(|root| self.trees.contains_key(root));
        if let Some(root) = marked {
            return Some(Owner::Tree(root));
        }
        let mut older = self
            .trees
            .iter()
            .filter(|(_, tree)| tree.root.1 <= row.started);
        match (older.next(), older.next()) {
            (Some((root, _)), None) => Some(Owner::Tree(*root)),
            _ => Some(Owner::Unknown),
        }
    }

    fn remember(&mut self, row: &Row, owner: Owner) {
        let Owner::Tree(root) = owner else { return };
        let own = self.own;
        let Some(tree) = self.trees.get_mut(&root) else {
            return;
        };
        tree.known.insert(row.identity());
        let groups = [row.group, row.session];
        tree.groups
            .extend(groups.into_iter().filter(|group| !own.contains(group)));
    }

    /// Reaps an orphan that has ended.
    fn reap(&mut self, row: &Row, owner: Owner) -> bool {
        if !row.is_zombie || row.parent != own_pid() || self.trees.contains_key(&row.pid) {
            return false;
        }
        let status = waitpid(Pid::from_raw(row.pid), WaitOptions::NOHANG)
            .ok()
            .flatten();
        let Some((_, status)) = status else {
            return false;
        };
        self.reaped += 1;
        let exit = match (status.terminating_signal(), status.exit_status()) {
            (Some(signal), _) => Exit::Signal(signal),
            (None, status) => Exit::Status(status.unwrap_or_default()),
        };
        if let Owner::Tree(root) = owner
            && let Some(tree) = self.trees.get_mut(&root)
        {
            tree.ended.insert(row.pid, exit);
            tree.ended_ticks += row.ticks;
        }
        true
    }
}

pub(crate) fn raw(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

fn own_pid() -> i32 {
    raw(getpid())
}
