//! The store beside a model of it: any sequence of creates, reads, failed reads and refusals.

use proptest::prelude::*;

use super::*;

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
pub(super) enum Step {
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

pub(super) const RECEIVERS: [&[u8]; 3] = [b"a", b"b", b"c"];

pub(super) fn step() -> impl Strategy<Value = Step> {
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
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.resize(len, b'x');
    bytes.into()
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
                    let bytes = expected.iter().map(|&(_, number, len)| numbered(number, len));
                    prop_assert!(batch.iter().eq(bytes.collect::<Vec<_>>().iter().map(|m| &**m)));
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
        drop(batches);
        for batch in mem::take(&mut model.taken) {
            model.put_back(batch);
        }
        for (receiver, name) in RECEIVERS.iter().enumerate() {
            let mut rest = Vec::new();
            while let batch = store.take(name) && !batch.is_empty() {
                rest.extend(batch.iter().map(Box::from));
                batch.commit();
            }
            let mine = model.messages.iter().filter(|message| message.0 == receiver);
            let expected: Vec<_> = mine.map(|&(_, number, len)| numbered(number, len)).collect();
            prop_assert!(rest == expected, "{} of {} messages", rest.len(), expected.len());
        }
        prop_assert_eq!(store.state().used, 0);
    }
}
