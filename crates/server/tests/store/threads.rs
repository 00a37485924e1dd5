//! The store between threads: nothing is lost, nothing doubled, and each receiver's order is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;

use super::model::{RECEIVERS, Step, step};
use super::*;

/// Who created a message, and the how manyth of theirs it is.
type Signature = (u32, u32);

/// A message of `len` bytes, at least 8, that tells readers what they got.
fn signed((creator, number): Signature, len: usize) -> Box<[u8]> {
    let mut bytes = [creator.to_be_bytes(), number.to_be_bytes()].concat();
    bytes.resize(len, b'x');
    bytes.into()
}

fn signature(bytes: &[u8]) -> Signature {
    let (creator, rest) = bytes.split_first_chunk().unwrap();
    let number = rest.first_chunk().unwrap();
    (u32::from_be_bytes(*creator), u32::from_be_bytes(*number))
}

/// The messages of each creator stand in the order in which they were created.
#[track_caller]
fn assert_in_order(messages: &[Signature]) {
    let mut latest = BTreeMap::new();
    for &(creator, number) in messages {
        let before = latest.insert(creator, number);
        assert!(
            before.is_none_or(|before| before < number),
            "creator {creator}: {number} after {before:?}"
        );
    }
}

/// What a batch holds, which is in order.
#[track_caller]
fn signatures(batch: &Batch<'_>) -> Vec<Signature> {
    let messages: Vec<_> = batch.iter().map(signature).collect();
    assert_in_order(&messages);
    messages
}

/// What one thread achieved.
#[derive(Default)]
struct Done {
    stored: Vec<Signature>,
    read: Vec<Signature>,
}

/// Takes these steps. Batches that are still out in the end fail.
fn work(store: &Store, creator: u32, steps: &[Step]) -> Done {
    let mut done = Done::default();
    let mut created = 0..;
    let mut batches: Vec<Batch<'_>> = Vec::new();
    for step in steps {
        match *step {
            Step::Create {
                receiver,
                count,
                len,
            } => {
                for number in created.by_ref().take(count) {
                    let message = signed((creator, number), len);
                    if store.create(RECEIVERS[receiver], message).is_ok() {
                        done.stored.push((creator, number));
                    }
                }
            }
            Step::Take { receiver } => batches.push(store.take(RECEIVERS[receiver])),
            Step::Commit { place } if !batches.is_empty() => {
                let batch = batches.remove(place % batches.len());
                done.read.extend(signatures(&batch));
                batch.commit();
            }
            Step::Fail { place } if !batches.is_empty() => {
                drop(batches.remove(place % batches.len()));
            }
            Step::Commit { .. } | Step::Fail { .. } => {}
        }
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn c_11_c_14_any_concurrent_sequences_lose_and_double_nothing_and_keep_the_order(
        limit in 0..400_000_usize,
        scripts in prop::collection::vec(prop::collection::vec(step(), 1..40), 2..5),
    ) {
        let store = Store::new(limit);
        let start = Barrier::new(scripts.len());
        let done: Vec<Done> = thread::scope(|scope| {
            let workers: Vec<_> = (0..)
                .zip(&scripts)
                .map(|(creator, script)| {
                    let (store, start) = (&store, &start);
                    scope.spawn(move || {
                        start.wait();
                        work(store, creator, script)
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let (mut stored, mut read) = (Vec::new(), Vec::new());
        for done in done {
            stored.extend(done.stored);
            read.extend(done.read);
        }
        for receiver in RECEIVERS {
            let mut rest = Vec::new();
            while let batch = store.take(receiver) && !batch.is_empty() {
                rest.extend(signatures(&batch));
                batch.commit();
            }
            assert_in_order(&rest);
            read.extend(rest);
        }
        stored.sort_unstable();
        read.sort_unstable();
        prop_assert_eq!(read, stored);
        let state = store.state();
        prop_assert_eq!((state.used, state.queues.len()), (0, 0));
    }
}

/// Creators and readers concurrently, for a while, every other batch failing, in a store that is full at
/// times. What each reader got, in its order.
fn concurrently(receivers: &[&[u8]], creators: u32, readers: usize) -> Vec<Vec<Signature>> {
    const EACH: u32 = 4000;
    let store = Store::new(700 * (OVERHEAD + 9));
    let to_come = AtomicUsize::new((creators * EACH) as usize);
    let refused = AtomicUsize::new(0);
    let read = |seed| {
        // Nobody reads before the store was full once.
        while refused.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let mut got = Vec::new();
        while to_come.load(Ordering::Acquire) > 0 {
            let batch = store.take(receivers[random.usize(..receivers.len())]);
            let messages = signatures(&batch);
            if random.bool() {
                to_come.fetch_sub(messages.len(), Ordering::AcqRel);
                got.extend(messages);
                batch.commit();
            }
            thread::yield_now();
        }
        got
    };
    let create = |creator| {
        for number in 0..EACH {
            let receiver = receivers[number as usize % receivers.len()];
            while store
                .create(receiver, signed((creator, number), 8))
                .is_err()
            {
                refused.fetch_add(1, Ordering::AcqRel);
                thread::yield_now();
            }
        }
    };
    let got = thread::scope(|scope| {
        let readers: Vec<_> = (0..readers as u64)
            .map(|seed| scope.spawn(move || read(seed)))
            .collect();
        for creator in 0..creators {
            scope.spawn(move || create(creator));
        }
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .collect::<Vec<_>>()
    });

    let all: Vec<_> = got.iter().flatten().collect();
    let once: BTreeSet<_> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "a message was read twice");
    assert_eq!(once.len(), (creators * EACH) as usize);
    let state = store.state();
    assert_eq!((state.used, state.queues.len()), (0, 0));
    drop(state);
    got
}

#[test]
fn c_11_threads_lose_and_double_nothing() {
    concurrently(&[b"a", b"b", b"c"], 4, 4);
}

#[test]
fn c_13_one_reader_gets_the_messages_of_each_creator_in_order_whatever_fails() {
    assert_in_order(&concurrently(&[b"a"], 4, 1).concat());
}
