use super::*;

mod model;
mod threads;

const NO_LIMIT: usize = usize::MAX;

fn bytes(text: &str) -> Box<[u8]> {
    text.as_bytes().into()
}

/// A store with the messages `0`, `1`, ... for bob.
fn store_with(count: usize) -> Store {
    let store = Store::new(NO_LIMIT);
    for number in 0..count {
        store.create(b"bob", bytes(&number.to_string())).unwrap();
    }
    store
}

fn texts(batch: &Batch<'_>) -> Vec<String> {
    let texts = batch
        .iter()
        .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
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
        store.create(b"bob", bytes("400")).unwrap();
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
        store.create(b"bob", bytes(&number.to_string())).unwrap();
    }
    let middle = store.take(b"bob");
    store.create(b"bob", bytes("4")).unwrap();
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
    store.create(b"bob", bytes("hello")).unwrap();
    let full = Err(Full {
        limit: 2 * (OVERHEAD + 8),
    });
    assert_eq!(store.create(b"bob", bytes("hello!")), full);
    store.create(b"eve", bytes("hello")).unwrap();
    assert_eq!(store.create(b"x", bytes("")), full);

    // What is being sent still counts, and is put back although the store is full.
    let batch = store.take(b"bob");
    assert_eq!(store.create(b"x", bytes("")), full);
    drop(batch);
    let batch = store.take(b"bob");
    assert_eq!(texts(&batch), ["hello"]);
    batch.commit();
    store.create(b"x", bytes("")).unwrap();
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
        store.create(name.as_bytes(), bytes("x")).unwrap();
    }
    assert!(store.state().queues.capacity() >= 100_000);
    for (left, name) in names.iter().enumerate() {
        store.take(name.as_bytes()).commit();
        let (receivers, places) = (names.len() - left - 1, store.state().queues.capacity());
        assert!(
            places / 4 <= receivers || places <= SMALL,
            "{places} for {receivers}"
        );
    }
    assert_eq!(store.state().used, 0);
}
