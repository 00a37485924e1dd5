use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;

use super::*;

const NO_LIMIT: usize = usize::MAX;

fn octets(text: &str) -> Box<[u8]> {
    text.as_bytes().into()
}

/// A store with the messages `0`, `1`, ... for bob.
fn store_with(count: usize) -> Store {
    let store = Store::new(NO_LIMIT);
    for number in 0..count {
        store.create(b"bob", octets(&number.to_string())).unwrap();
    }
    store
}

fn texts(batch: &Batch<'_>) -> Vec<String> {
    let texts = batch
        .iter()
        .map(|octets| String::from_utf8(octets.to_vec()).unwrap());
    texts.collect()
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[test]
fn c_10_the_oldest_255_come_first_and_more_says_whether_others_remain() {
    for (count, len, more) in [
        (0, 0, false),
        (1, 1, false),
        (255, 255, false),
        (256, 255, true),
    ] {
        let store = store_with(count);
        let batch = store.take(b"bob");
        assert_eq!(
            (batch.len(), batch.more(), batch.is_empty()),
            (len, more, count == 0)
        );
        assert_eq!(texts(&batch), numbers(0..len.into()));
        batch.commit();
        let rest = store.take(b"bob");
        assert_eq!(
            (texts(&rest), rest.more()),
            (numbers(len.into()..count), false)
        );
    }
}

#[test]
fn c_11_a_second_read_meanwhile_gets_what_else_is_stored() {
    let store = store_with(300);
    let first = store.take(b"bob");
    let second = store.take(b"bob");
    assert_eq!((texts(&second), second.more()), (numbers(255..300), false));
    assert!(store.take(b"bob").is_empty());
    second.commit();
    drop(first);
    assert_eq!(texts(&store.take(b"bob")), numbers(0..255));
}

#[test]
fn c_11_batches_are_put_back_in_order_whichever_comes_first() {
    for first_comes_first in [true, false] {
        let store = store_with(400);
        let (first, second) = (store.take(b"bob"), store.take(b"bob"));
        store.create(b"bob", octets("400")).unwrap();
        if first_comes_first {
            drop((first, second));
        } else {
            drop((second, first));
        }
        let (first, second) = (store.take(b"bob"), store.take(b"bob"));
        assert_eq!([texts(&first), texts(&second)].concat(), numbers(0..401));
    }
}

#[test]
fn c_11_batches_that_lie_within_each_other_are_put_back_in_order() {
    let store = store_with(2);
    let early = store.take(b"bob");
    for number in 2..4 {
        store.create(b"bob", octets(&number.to_string())).unwrap();
    }
    let middle = store.take(b"bob");
    store.create(b"bob", octets("4")).unwrap();
    drop(early);
    let around = store.take(b"bob");
    assert_eq!(texts(&around), ["0", "1", "4"]);
    drop(middle);
    drop(around);
    assert_eq!(texts(&store.take(b"bob")), numbers(0..5));
}

#[test]
fn c_14_past_the_limit_a_message_is_refused_and_what_is_stored_stays() {
    let store = Store::new(2 * (OVERHEAD + 3 + 5));
    store.create(b"bob", octets("hello")).unwrap();
    let full = Err(Full {
        limit: 2 * (OVERHEAD + 8),
    });
    assert_eq!(store.create(b"bob", octets("hello!")), full);
    store.create(b"eve", octets("hello")).unwrap();
    assert_eq!(store.create(b"x", octets("")), full);

    // What is being sent still counts, and is put back although the store is full.
    let batch = store.take(b"bob");
    assert_eq!(store.create(b"x", octets("")), full);
    drop(batch);
    let batch = store.take(b"bob");
    assert_eq!(texts(&batch), ["hello"]);
    batch.commit();
    store.create(b"x", octets("")).unwrap();
    assert_eq!(
        Full { limit: 810 }.to_string(),
        "the store is full: the message would count beyond the limit of 810 bytes \
         (SERVER_MAX_BYTES)"
    );
}

#[test]
fn c_15_names_are_bytes() {
    let store = Store::new(NO_LIMIT);
    // Composed and decomposed, in another case, not UTF-8, with a zero behind.
    let names: [&[u8]; 6] = [
        "é".as_bytes(),
        "e\u{301}".as_bytes(),
        b"e",
        b"E",
        b"\xff",
        b"e\0",
    ];
    for name in names {
        store.create(name, name.into()).unwrap();
    }
    for name in names {
        let batch = store.take(name);
        assert_eq!(batch.iter().collect::<Vec<_>>(), [name]);
        batch.commit();
    }
}

#[test]
fn c_14_a_table_that_receivers_have_left_is_given_back() {
    let store = Store::new(NO_LIMIT);
    let names: Vec<_> = (0..100_000).map(|number: u32| number.to_string()).collect();
    for name in &names {
        store.create(name.as_bytes(), octets("x")).unwrap();
    }
    assert!(store.state().queues.capacity() >= 100_000);
    for (left, name) in names.iter().enumerate() {
        store.take(name.as_bytes()).commit();
        let (receivers, places) = (names.len() - left - 1, store.state().queues.capacity());
        assert!(
            places / 4 <= receivers || places <= SMALL_TABLE,
            "{places} for {receivers}"
        );
    }
    assert_eq!(store.state().used, 0);
}

/// What a store must do, in the simplest way.
#[derive(Default)]
struct Model {
    /// The receiver's number, the message's, and its length; always in order of the messages.
    messages: Vec<(usize, usize, usize)>,
    taken: Vec<Vec<(usize, usize, usize)>>,
    created: usize,
    used: usize,
}

impl Model {
    fn take(&mut self, receiver: usize) -> (Vec<(usize, usize, usize)>, bool) {
        let mine = self.messages.iter().filter(|message| message.0 == receiver);
        let batch: Vec<_> = mine.clone().take(255).copied().collect();
        let more = mine.count() > batch.len();
        self.messages.retain(|message| !batch.contains(message));
        (batch, more)
    }

    fn put_back(&mut self, batch: Vec<(usize, usize, usize)>) {
        self.messages.extend(batch);
        self.messages.sort_unstable_by_key(|message| message.1);
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many messages of one length.
    Create {
        receiver: usize,
        count: usize,
        len: usize,
    },
    Take {
        receiver: usize,
    },
    /// Of the batches that are out, the one at this place, wrapped around.
    Commit {
        place: usize,
    },
    Fail {
        place: usize,
    },
}

const RECEIVERS: [&[u8]; 3] = [b"a", b"b", b"c"];

fn step() -> impl Strategy<Value = Step> {
    let receiver = 0..RECEIVERS.len();
    // Counts around what fits one batch as well as few.
    let count = prop_oneof![3 => 1..20_usize, 1 => 200..300_usize];
    prop_oneof![
        4 => (receiver.clone(), count, 8..2000_usize)
            .prop_map(|(receiver, count, len)| Step::Create { receiver, count, len }),
        4 => receiver.prop_map(|receiver| Step::Take { receiver }),
        1 => any::<usize>().prop_map(|place| Step::Commit { place }),
        2 => any::<usize>().prop_map(|place| Step::Fail { place }),
    ]
}

fn numbered(number: usize, len: usize) -> Box<[u8]> {
    let mut octets = number.to_be_bytes().to_vec();
    octets.resize(len, b'x');
    octets.into()
}

proptest! {
    #[test]
    fn c_11_c_14_any_sequence_does_what_the_model_does(
        limit in 0..400_000_usize,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let store = Store::new(limit);
        let mut model = Model::default();
        let mut batches: Vec<Batch<'_>> = Vec::new();
        for step in steps {
            match step {
                Step::Create { receiver, count, len } => for _ in 0..count {
                    let number = model.created;
                    let created = store.create(RECEIVERS[receiver], numbered(number, len));
                    let fits = model.used + len + 1 + OVERHEAD <= limit;
                    prop_assert_eq!(created, if fits { Ok(()) } else { Err(Full { limit }) });
                    if fits {
                        model.messages.push((receiver, number, len));
                        model.created += 1;
 model.used += len + 1 + OVERHEAD;
                    }
                },
                Step::Take { receiver } => {
                    let batch = store.take(RECEIVERS[receiver]);
                    let (expected, more) = model.take(receiver);
                    let octets = expected.iter().map(|&(_, number, len)| numbered(number, len));
                    prop_assert!(batch.iter().eq(octets.collect::<Vec<_>>().iter().map(|m| &**m)));
                    prop_assert_eq!(batch.more(), more);
                    batches.push(batch);
                    model.taken.push(expected);
                }
                Step::Commit { place } if !batches.is_empty() => {
                    let place = place % batches.len();
                    batches.remove(place).commit();
                    for (_, _, len) in model.taken.remove(place) {
                        model.used -= len + 1 + OVERHEAD;
                    }
                }
                Step::Fail { place } if !batches.is_empty() => {
                    let place = place % batches.len();
                    drop(batches.remove(place));
                    let batch = model.taken.remove(place);
                    model.put_back(batch);
                }
                Step::Commit { .. } | Step::Fail { .. } => {}
            }
            prop_assert_eq!(store.state().used, model.used);
            let waiting = RECEIVERS.iter().enumerate().filter(|(receiver, _)| {
                model.messages.iter().any(|message| message.0 == *receiver)
            });
            prop_assert_eq!(store.state().queues.len(), waiting.count());
        }
    }
}

/// `(creator, number)` as octets and back, so that readers can tell what they got.
fn signed(creator: u32, number: u32) -> Box<[u8]> {
    [creator.to_be_bytes(), number.to_be_bytes()]
        .concat()
        .into()
}

fn signature(octets: &[u8]) -> (u32, u32) {
    let (creator, number) = octets.split_first_chunk().unwrap();
    (
        u32::from_be_bytes(*creator),
        u32::from_be_bytes(number.try_into().unwrap()),
    )
}

/// Creators and readers at once, every other batch failing. What each reader got, in its order.
fn concurrently(receivers: &[&[u8]], creators: u32, readers: usize) -> Vec<Vec<(u32, u32)>> {
    const EACH: u32 = 4000;
    // Refusals must happen too.
    let store = Store::new(700 * (OVERHEAD + 9));
    let to_come = AtomicUsize::new((creators * EACH) as usize);
    let read = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut got = Vec::new();
        while to_come.load(Ordering::Acquire) > 0 {
            let batch = store.take(receivers[random.usize(..receivers.len())]);
            if random.bool() {
                got.extend(batch.iter().map(signature));
                to_come.fetch_sub(batch.len().into(), Ordering::AcqRel);
                batch.commit();
            }
            thread::yield_now();
        }
        got
    };
    let create = |creator| {
        for number in 0..EACH {
            let receiver = receivers[number as usize % receivers.len()];
            while store.create(receiver, signed(creator, number)).is_err() {
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

    let mut seen = BTreeMap::<_, u32>::new();
    for signature in got.iter().flatten() {
        *seen.entry(*signature).or_default() += 1;
    }
    assert!(
        seen.values().all(|&times| times == 1),
        "a message was read twice"
    );
    assert_eq!(seen.len(), (creators * EACH) as usize);
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
    let got = concurrently(&[b"a"], 4, 1).concat();
    for creator in 0..4 {
        let numbers = got
            .iter()
            .filter(|signature| signature.0 == creator)
            .map(|signature| signature.1);
        assert!(numbers.is_sorted(), "creator {creator}");
    }
}
