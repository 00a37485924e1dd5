//! The messages of all receivers, from `create` to `read` (section 3.1).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use proto::message::MAX_ITEMS;

/// What a message counts beyond its own bytes and its receiver's name, in bytes (C-14).
///
/// It covers all that the store takes for it: its block of memory with what the allocator adds (at
/// most 23 bytes), its place in its queue (131, at the queue's emptiest and while it is being moved
/// to a smaller block; 32 in one of a single message), and as if it had a receiver of its own, that
/// name's block (31) and its place in the table of receivers (280, likewise). With the 3 bytes of
/// its header a message thus counts 400 bytes beyond its text and names.
pub const OVERHEAD: usize = 397;

/// A table of receivers, or a queue, with fewer places than this is not made smaller.
const SMALL: usize = 1024;

/// Stores messages under their receivers' names, compared as bytes (C-15), first in, first out.
///
/// It may be shared between threads. No operation takes longer the more is stored, apart from one
/// in very many that moves a queue or the table of receivers to another block of memory.
///
/// ```
/// let store = server::Store::new(1 << 20);
/// store.create(b"bob", Box::from(*b"hello"))?;
/// store.create(b"bob", Box::from(*b"are you there?"))?;
///
/// // A failed read: the messages are dropped with their batch, and so put back.
/// assert_eq!(store.take(b"bob").len(), 2);
///
/// let batch = store.take(b"bob");
/// assert_eq!(batch.iter().next(), Some(&b"hello"[..]));
/// batch.commit();
/// assert!(store.take(b"bob").is_empty());
/// # Ok::<(), server::Full>(())
/// ```
#[derive(Debug)]
pub struct Store {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What all messages count, those in batches included.
    used: usize,
    /// The number of the next message.
    next_number: u64,
    /// Only receivers with messages have an entry.
    queues: HashMap<Box<[u8]>, Queue>,
}

/// Messages in the order of their numbers.
type Queue = VecDeque<Stored>;

#[derive(Debug)]
struct Stored {
    number: u64,
    bytes: Box<[u8]>,
}

impl Store {
    /// An empty store that holds messages until they count `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
        }
    }

    /// Stores a message, behind all others for `receiver`. What its bytes mean is the caller's
    /// matter.
    ///
    /// # Errors
    /// [`Full`] when the message would count beyond the limit; nothing has changed then.
    pub fn create(&self, receiver: &[u8], bytes: Box<[u8]>) -> Result<(), Full> {
        let mut state = self.state();
        let used = state.used.saturating_add(cost(receiver, &bytes));
        if used > self.limit {
            return Err(Full { limit: self.limit });
        }
        state.used = used;
        let number = state.next_number;
        state.next_number += 1;
        let stored = Stored { number, bytes };
        match state.queues.get_mut(receiver) {
            Some(queue) => queue.push_back(stored),
            None => {
                let mut queue = Queue::with_capacity(1);
                queue.push_back(stored);
                state.queues.insert(receiver.into(), queue);
            }
        }
        Ok(())
    }

    /// Takes the oldest messages for `receiver`, up to 255 (C-10). Until the batch is dropped or
    /// committed, others who read get what else is stored (C-11).
    pub fn take(&self, receiver: &[u8]) -> Batch<'_> {
        let (queue, more) = self.state().take(receiver);
        Batch {
            store: self,
            receiver: receiver.into(),
            queue,
            more,
        }
    }

    fn put_back(&self, receiver: &[u8], batch: Queue) {
        let mut state = self.state();
        let Some(queue) = state.queues.get_mut(receiver) else {
            state.queues.insert(receiver.into(), batch);
            return;
        };
        // Mostly all go to the front. Not so when a later batch was put back before an earlier one;
        // but even then none has many before it.
        for stored in batch.into_iter().rev() {
            let place = queue.partition_point(|other| other.number < stored.number);
            queue.insert(place, stored);
        }
    }

    fn release(&self, cost: usize) {
        self.state().used -= cost;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The front of a receiver's queue, and whether more remain.
    fn take(&mut self, receiver: &[u8]) -> (Queue, bool) {
        let Some(queue) = self.queues.get_mut(receiver) else {
            return (Queue::new(), false);
        };
        if queue.len() > MAX_ITEMS {
            let batch = queue.drain(..MAX_ITEMS).collect();
            let (messages, places) = (queue.len(), queue.capacity());
            if places > SMALL && places / 3 > messages {
                queue.shrink_to(messages + messages / 2);
            }
            return (batch, true);
        }
        let batch = mem::take(queue);
        self.queues.remove(receiver);
        // What most receivers have left gives back its memory. That pays: many more must leave, or
        // come, before it is moved again.
        let (receivers, places) = (self.queues.len(), self.queues.capacity());
        if places > SMALL && places / 4 > receivers {
            self.queues.shrink_to(receivers);
        }
        (batch, false)
    }
}

fn cost(receiver: &[u8], bytes: &[u8]) -> usize {
    receiver.len() + bytes.len() + OVERHEAD
}

/// Messages on their way to their receiver: [committed](Batch::commit) when they were handed over,
/// or dropped, which puts them back where they were, in order, whatever the limit (C-11).
#[derive(Debug)]
#[must_use = "dropped, the messages are put back"]
pub struct Batch<'a> {
    store: &'a Store,
    receiver: Box<[u8]>,
    queue: Queue,
    more: bool,
}

impl Batch<'_> {
    /// Whose messages they are.
    pub fn receiver(&self) -> &[u8] {
        &self.receiver
    }

    /// How many messages there are, at most 255.
    pub fn len(&self) -> u8 {
        u8::try_from(self.queue.len()).unwrap_or(u8::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether more messages remained in the store when these were taken.
    pub fn more(&self) -> bool {
        self.more
    }

    /// The messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.queue.iter().map(|stored| &*stored.bytes)
    }

    /// Removes the messages for good.
    pub fn commit(mut self) {
        let queue = mem::take(&mut self.queue);
        let costs = queue
            .iter()
            .map(|stored| cost(&self.receiver, &stored.bytes));
        let cost = costs.sum();
        // The memory is free before others may use it.
        drop(queue);
        self.store.release(cost);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if !self.queue.is_empty() {
            self.store
                .put_back(&self.receiver, mem::take(&mut self.queue));
        }
    }
}

/// The store has no room for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// What all messages may count, in bytes.
    pub limit: usize,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the store is full: the message would count beyond the limit of {} bytes \
             (SERVER_MAX_BYTES)",
            self.limit
        )
    }
}

impl std::error::Error for Full {}

#[cfg(test)]
#[path = "../tests/store/mod.rs"]
mod tests;
