//! The bounds of what a program and all that it starts use: a thread looks at it all the time, and
//! ends a program that is over one.
//!
//! The system's own limits are for one process, or count what is only reserved.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use crate::confine::Confinement;
use crate::error::Error;
use crate::proc::{self, Row};
use crate::tree;

/// How often is looked. A program can fill some 100 MiB in this time. Where there is so much to look
/// at that it takes longer, there is as long a pause.
const INTERVAL: Duration = Duration::from_millis(50);

/// What a file counts for at least: nobody can have very many of them either.
const SMALLEST_FILE: u64 = 4096;

/// A bound that a program went over, for which it was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// More than so many bytes of memory were resident.
    Memory(u64),
    /// Files had more than so many bytes.
    Disk(u64),
    /// There were more than so many processes.
    Processes(u64),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "more than {} MiB of memory", bytes >> 20),
            Self::Disk(bytes) => write!(f, "more than {} MiB of files", bytes >> 20),
            Self::Processes(count) => write!(f, "more than {count} processes"),
        }
    }
}

/// What one tree may use.
#[derive(Clone)]
struct Bounds {
    memory: Option<u64>,
    disk: Option<u64>,
    processes: Option<u64>,
    scratch: PathBuf,
}

struct Watched {
    bounds: Bounds,
    exceeded: Option<Exceeded>,
}

#[derive(Default)]
struct Watch {
    /// By the number of their root.
    trees: BTreeMap<i32, Watched>,
    /// Whether there is a thread, which ends when there is no tree.
    is_kept: bool,
}

static WATCH: LazyLock<Mutex<Watch>> = LazyLock::new(Mutex::default);

fn watch() -> MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches the tree from now on.
pub(crate) fn keep(root: Pid, confinement: &Confinement) -> Result<(), Error> {
    let bounds = Bounds {
        memory: confinement.memory,
        disk: confinement.disk,
        processes: confinement.processes,
        scratch: confinement.scratch.clone(),
    };
    let mut watch = watch();
    if !watch.is_kept {
        let builder = thread::Builder::new().name("harness bounds".to_owned());
        let started = builder.spawn(look_after_all);
        started.map_err(Error::system("starting a thread"))?;
        watch.is_kept = true;
    }
    let exceeded = None;
    let watched = Watched { bounds, exceeded };
    watch.trees.insert(tree::raw(root), watched);
    Ok(())
}

/// The bound that the tree went over.
pub(crate) fn exceeded(root: Pid) -> Option<Exceeded> {
    watch().trees.get(&tree::raw(root))?.exceeded
}

/// Watches it no more.
pub(crate) fn forget(root: Pid) {
    watch().trees.remove(&tree::raw(root));
}

fn look_after_all() {
    let mut took = Duration::ZERO;
    loop {
        thread::sleep(INTERVAL.max(took));
        let start = Instant::now();
        let bounds: Vec<(i32, Bounds)> = {
            let mut watch = watch();
            if watch.trees.is_empty() {
                watch.is_kept = false;
                return;
            }
            let all = watch.trees.iter();
            all.map(|(root, one)| (*root, one.bounds.clone())).collect()
        };
        let trees = tree::all_members();
        for (root, bounds) in bounds {
            if let Some(exceeded) = trees.get(&root).and_then(|rows| bounds.check(rows)) {
                end(root, exceeded);
            }
        }
        took = start.elapsed();
    }
}

fn end(root: i32, exceeded: Exceeded) {
    // It may have been dropped meanwhile.
    match watch().trees.get_mut(&root) {
        Some(watched) => watched.exceeded = watched.exceeded.or(Some(exceeded)),
        None => return,
    }
    if let Some(root) = Pid::from_raw(root) {
        tree::end(root);
    }
}

impl Bounds {
    /// The bound that is exceeded, if one is.
    fn check(&self, rows: &[Row]) -> Option<Exceeded> {
        let processes = self.processes.filter(|most| rows.len() as u64 > *most);
        if let Some(most) = processes {
            return Some(Exceeded::Processes(most));
        }
        if let Some(most) = self.memory.filter(|most| memory(rows, *most) > *most) {
            return Some(Exceeded::Memory(most));
        }
        let most = self.disk?;
        let unnamed: u64 = unnamed_files(rows).values().sum();
        let is_over = unnamed > most || !fits(&self.scratch, most - unnamed);
        is_over.then_some(Exceeded::Disk(most))
    }
}

/// Bytes that are resident. What processes share is only told apart, which takes long, where it
/// matters.
fn memory(rows: &[Row], most: u64) -> u64 {
    let resident = rows.iter().map(|row| row.resident).sum();
    if resident <= most {
        return resident;
    }
    let share = |row: &Row| proc::share_of_memory(row.pid).unwrap_or(row.resident);
    rows.iter().map(share).sum()
}

/// The bytes of open files that no folder has, by device and number: removed ones, and those that
/// are only in memory (`memfd_create`).
fn unnamed_files(rows: &[Row]) -> HashMap<(u64, u64), u64> {
    let folders = rows.iter().map(|row| format!("/proc/{}/fd", row.pid));
    // What cannot be looked at is another user's.
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok());
    let files = files.flatten().flatten();
    let files = files.filter_map(|file| fs::metadata(file.path()).ok());
    files
        .filter(|file| file.is_file() && file.nlink() == 0)
        .map(|file| ((file.dev(), file.ino()), size(&file)))
        .collect()
}

/// Whether all that is in `folder` has at most so many bytes. What cannot be counted has more.
fn fits(folder: &Path, most: u64) -> bool {
    let mut left = most;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return false,
        };
        for entry in entries.flatten() {
            // It may be gone by now.
            let Ok(file) = entry.metadata() else { continue };
            match left.checked_sub(size(&file)) {
                Some(rest) => left = rest,
                None => return false,
            }
            if file.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    true
}

/// What a file takes, not how long it is.
fn size(file: &fs::Metadata) -> u64 {
    (file.blocks() * 512).max(SMALLEST_FILE)
}
