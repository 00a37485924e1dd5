//! Pickles that Python wrote, and pickles that no honest program writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use proto::pickle::{
    Decoder, Error, MAX_DEPTH, MAX_INTEGER_BITS, MAX_OBJECT_LEN, MAX_TEXT_LEN, MAX_VALUES, Value,
    ValueRef,
};

/// Written by `fixtures/pickle/generate.py`: a pickle in hexadecimal, and Python's `repr` of it.
fn honest() -> impl Iterator<Item = (Vec<u8>, &'static str)> {
    include_str!("fixtures/pickle/honest.tsv")
        .lines()
        .map(|line| {
            let (hex, repr) = line.split_once('\t').unwrap();
            let bytes = (0..hex.len()).step_by(2);
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (bytes.map(byte).collect(), repr)
        })
}

/// Reads a pickle that comes in pieces of at most `piece` bytes; `None`: it is not complete.
fn read_in_pieces(pickle: &[u8], piece: usize) -> Result<Option<Value>, Error> {
    let mut decoder = Decoder::new();
    for mut input in pickle.chunks(piece) {
        if let Some(value) = decoder.next(&mut input)? {
            assert!(input.is_empty(), "bytes behind the end were taken");
            decoder.finish().unwrap();
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn read(pickle: &[u8]) -> Result<Option<Value>, Error> {
    read_in_pieces(pickle, usize::MAX)
}

fn refusal(pickle: &[u8]) -> Error {
    let whole = read(pickle).unwrap_err();
    if pickle.len() < 10_000 {
        assert_eq!(read_in_pieces(pickle, 1).unwrap_err(), whole);
    }
    whole
}

#[test]
fn p_4_p_5_p_9_every_honest_pickle_of_every_protocol_prints_as_in_python() {
    let mut count = 0;
    for (pickle, repr) in honest() {
        assert_eq!(
            read(&pickle).unwrap().unwrap().to_string(),
            repr,
            "{pickle:02x?}"
        );
        count += 1;
    }
    assert!(count > 500, "{count}");
}

#[test]
fn p_4_how_a_pickle_is_split_makes_no_difference() {
    for (pickle, repr) in honest() {
        for piece in [1, 2, 3, 7, pickle.len().div_ceil(2)] {
            assert_eq!(
                read_in_pieces(&pickle, piece).unwrap().unwrap().to_string(),
                repr
            );
        }
    }
}

#[test]
fn p_4_objects_that_arrive_together_come_out_one_by_one() {
    let all: Vec<_> = honest().collect();
    let stream: Vec<u8> = all.iter().flat_map(|(pickle, _)| pickle.clone()).collect();
    for piece in [1, 10, 1000, usize::MAX] {
        let mut decoder = Decoder::new();
        let mut read = Vec::new();
        for mut input in stream.chunks(piece) {
            while let Some(value) = decoder.next(&mut input).unwrap() {
                read.push(value.to_string());
            }
        }
        decoder.finish().unwrap();
        assert_eq!(read, all.iter().map(|&(_, repr)| repr).collect::<Vec<_>>());
    }
}

#[test]
fn p_8_every_part_of_a_pickle_is_incomplete_and_a_stream_may_not_end_there() {
    for (pickle, _) in honest() {
        for received in 1..pickle.len() {
            let mut decoder = Decoder::new();
            assert!(decoder.next(&mut &pickle[..received]).unwrap().is_none());
            assert_eq!(decoder.finish(), Err(Error::Truncated { received }));
        }
    }
}

#[test]
fn p_8_a_changed_byte_is_an_error_or_other_data_and_no_panic() {
    for (pickle, _) in honest().filter(|(pickle, _)| pickle.len() < 24) {
        for at in 0..pickle.len() {
            for change in 1..=255 {
                let mut damaged = pickle.clone();
                damaged[at] ^= change;
                let mut decoder = Decoder::new();
                if let Ok(Some(value)) = decoder.next(&mut &damaged[..]) {
                    let shown = value.to_string();
                    assert!(!shown.contains('\n'), "{shown}");
                }
            }
        }
    }
}

#[test]
fn p_5_one_object_is_one_line_whatever_it_holds() {
    for (_, repr) in honest() {
        assert!(!repr.chars().any(char::is_control));
    }
    let pickle = b"X\x0d\x00\x00\x00a\nServer: \x1b[\r.";
    let value = read(pickle).unwrap().unwrap();
    assert_eq!(value.as_ref().bare().to_string(), r"a\nServer: \x1b[\r");
}

#[test]
fn a_dictionary_is_looked_into() {
    let entry = honest()
        .find(|(_, repr)| repr.starts_with("{'student_name'"))
        .unwrap();
    let value = read(&entry.0).unwrap().unwrap();
    assert_eq!(value.get("student_name").unwrap().bare().to_string(), "A");
    assert_eq!(value.get("student_name").unwrap().to_string(), "'A'");
    assert_eq!(value.get("sid").unwrap().as_integer(), Some(7));
    assert_eq!(value.get("sid").unwrap().bare().to_string(), "7");
    let text = |value: ValueRef<'_>| value.as_text().map(<[u8]>::to_vec);
    assert_eq!(
        value.get("student_name").and_then(text),
        Some(b"A".to_vec())
    );
    assert_eq!(value.get("sid").and_then(text), None);
    assert!(value.get("pid").is_none());
    assert_eq!(read(b"K\x07.").unwrap().unwrap().as_integer(), Some(7));
    assert!(read(b"K\x07.").unwrap().unwrap().get("sid").is_none());
    assert_eq!(read(b"\x88.").unwrap().unwrap().as_integer(), None);
}

#[test]
fn p_8_what_asks_for_an_import_is_refused_by_name() {
    let import = |module: &str, name: &str, at| Error::Import {
        module: module.to_owned(),
        name: name.to_owned(),
        at,
    };
    let table: [(&[u8], Error); 6] = [
        (
            b"cposix\nsystem\n(S'echo'\ntR.",
            import("posix", "system", 14),
        ),
        (
            b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
            import("os", "system", 15),
        ),
        (b"(S'echo'\nios\nsystem\n.", import("os", "system", 20)),
        (
            b"ccopy_reg\n_reconstructor\n.",
            import("copy_reg", "_reconstructor", 25),
        ),
        (b"c__builtin__\neval\n.", import("__builtin__", "eval", 18)),
        (b"ca\x1b[2J\nb\xff\n.", import(r"a\x1b[2J", r"b\xff", 10)),
    ];
    for (pickle, error) in table {
        assert_eq!(refusal(pickle), error);
    }
    let long = refusal(&[b"c", &b"m".repeat(500_000)[..], b"\nname\n."].concat());
    assert!(long.to_string().len() < 200, "{long}");
    assert!(
        refusal(b"cposix\nsystem\n.")
            .to_string()
            .contains("posix.system")
    );
}

#[test]
fn p_8_what_only_a_running_python_could_do_is_refused() {
    for pickle in [
        &b"Pid\n."[..],
        b"NQ.",
        b"\x82\x01.",
        b"\x83\x01\x00.",
        b"\x84\x01\x00\x00\x00.",
        b"N)\x81.",
        b"N)}\x92.",
        b"NNb.",
        b"(No.",
        b"\x97.",
        b"\x98.",
    ] {
        assert!(
            matches!(refusal(pickle), Error::NotData { .. }),
            "{pickle:?}"
        );
    }
}

#[test]
fn p_8_calls_with_something_else_than_plain_data_are_refused() {
    let table: [(&[u8], &str); 8] = [
        (b"cbuiltins\nbytearray\nJ\x00\xca\x9a;\x85R.", "bytearray"),
        (b"cbuiltins\nbytes\nK\x09\x85R.", "bytes"),
        (b"cbuiltins\nset\nX\x01\x00\x00\x00a\x85R.", "set"),
        (b"cbuiltins\nset\n(NNNtR.", "set"),
        (b"c_codecs\nencode\n)R.", "_codecs.encode"),
        (
            b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.",
            "_codecs.encode",
        ),
        (
            b"c_codecs\nencode\nX\x03\x00\x00\x00\xe6\xbc\xa2X\x06\x00\x00\x00latin1\x86R.",
            "_codecs.encode",
        ),
        (b"cbuiltins\nfrozenset\nK\x01\x85R.", "frozenset"),
    ];
    for (pickle, name) in table {
        let error = refusal(pickle);
        assert!(
            matches!(error, Error::BadCall { callable, .. } if callable == name),
            "{error}"
        );
    }
    assert_eq!(
        refusal(b"cbuiltins\nset\n."),
        Error::HoldsCallable { callable: "set" }
    );
    assert!(matches!(refusal(b"NNR."), Error::WrongType { .. }));
}

#[test]
fn p_8_an_object_that_contains_itself_is_refused_and_one_reached_twice_is_not() {
    for pickle in [
        &b"]q\x00h\x00a."[..],
        b"}q\x00K\x01h\x00s.",
        b"]q\x00h\x00\x85a.",
        b"](](]q\x00h\x00aee\x85.",
    ] {
        assert_eq!(refusal(pickle), Error::ContainsItself, "{pickle:?}");
    }
    let twice = read(b"}(K\x01]q\x00K\x02h\x00u.").unwrap().unwrap();
    assert_eq!(twice.to_string(), "{1: [], 2: []}");
}

#[test]
fn p_8_the_limit_of_nesting_is_exact_and_deep_values_are_dropped_safely() {
    let nested = |levels| [b"]".repeat(levels), b"a".repeat(levels - 1), b".".to_vec()].concat();
    let deepest = read(&nested(MAX_DEPTH)).unwrap().unwrap();
    assert_eq!(
        deepest.to_string(),
        "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH)
    );
    assert_eq!(
        refusal(&nested(MAX_DEPTH + 1)),
        Error::TooDeep { limit: MAX_DEPTH }
    );
    assert_eq!(
        refusal(&nested(200_000)),
        Error::TooDeep { limit: MAX_DEPTH }
    );
    assert_eq!(
        refusal(&b"(".repeat(300_000)),
        Error::TooDeep { limit: MAX_DEPTH }
    );
    let dropped_inside = nested(200_000);
    Decoder::new()
        .next(&mut &dropped_inside[..300_000])
        .unwrap();
    // Depth also counts where a finished value is reached again, further down.
    let mut pickle = b"\x80\x02".to_vec();
    pickle.extend(nested(600).strip_suffix(b".").unwrap());
    pickle.extend(b"q\x00");
    pickle.extend(b"]".repeat(500));
    pickle.extend(b"h\x00a");
    pickle.extend(b"a".repeat(499));
    pickle.extend(b"\x86.");
    assert_eq!(refusal(&pickle), Error::TooDeep { limit: MAX_DEPTH });
}

#[test]
fn p_8_values_are_counted_with_their_repetitions() {
    let many = |count| [b"(".to_vec(), b"N".repeat(count), b"t.".to_vec()].concat();
    assert!(read(&many(MAX_VALUES - 1)).unwrap().is_some());
    let too_many = Error::TooManyValues { limit: MAX_VALUES };
    assert_eq!(refusal(&many(MAX_VALUES)), too_many);
    for flood in [&b"N"[..], b"]", b"N2", b"K\x01"] {
        assert_eq!(refusal(&flood.repeat(400_000)), too_many, "{flood:?}");
    }
    // Forty lists, each of which names the one before it ten times.
    let mut bomb = b"\x80\x02]q\x00K\x01a".to_vec();
    for level in 1..40 {
        bomb.extend([b']', b'q', level, b'(']);
        bomb.extend([b'h', level - 1].repeat(10));
        bomb.push(b'e');
    }
    bomb.push(b'.');
    assert!(bomb.len() < 1000);
    assert_eq!(refusal(&bomb), too_many);
}

/// A text of `length` bytes, put into the memo at place 0.
fn remembered_text(fill: &[u8], length: usize) -> Vec<u8> {
    let announced = u32::try_from(length).unwrap().to_le_bytes();
    [b"X", &announced[..], &fill.repeat(length), b"q\x00"].concat()
}

/// A tuple of as many references to what is at place 0 of the memo, and of `rest`.
fn tuple_of_repetitions(start: &[u8], times: usize, rest: &[u8]) -> Vec<u8> {
    [start, b"(", &b"h\x00".repeat(times), rest, b"t."].concat()
}

#[test]
fn p_8_text_is_counted_with_its_repetitions() {
    let repeated = |length: usize, times: usize| {
        tuple_of_repetitions(&remembered_text(b"x", length), times, b"")
    };
    let too_much = Error::TooMuchText {
        limit: MAX_TEXT_LEN,
    };
    assert_eq!(refusal(&repeated(100_000, 10_000)), too_much);
    assert!(
        read(&repeated(1_000, 60)).unwrap().is_some(),
        "P-9: an honest repetition"
    );
    let length = 256 * 1024;
    assert!(
        read(&repeated(length, MAX_TEXT_LEN / length))
            .unwrap()
            .is_some()
    );
    assert_eq!(
        refusal(&repeated(length, MAX_TEXT_LEN / length + 1)),
        too_much
    );
}

#[test]
fn p_8_the_limit_of_a_line_is_64_kib_or_16_times_the_bytes_received_and_exact() {
    for (length, times) in [(1_020, 63), (10_000, 17)] {
        let mut allowed = Vec::new();
        for more in (1..2_000).step_by(37).chain([1_020, 1_021]) {
            let start = remembered_text(b"x", length);
            let text = [
                b"X",
                &u32::to_le_bytes(more)[..],
                &b"y".repeat(more as usize),
            ]
            .concat();
            let pickle = tuple_of_repetitions(&start, times, &text);
            let line_len = times * (length + "'', ".len()) + more as usize + "'')(".len();
            let limit = (64 * 1024).max(16 * pickle.len());
            match read(&pickle) {
                Ok(value) => {
                    assert_eq!(value.unwrap().to_string().len(), line_len);
                    assert!(line_len <= limit, "{line_len} bytes of {limit}");
                    allowed.push(true);
                }
                Err(error) => {
                    let received = pickle.len();
                    assert_eq!(error, Error::LineTooLong { limit, received });
                    assert!(line_len > limit, "{line_len} bytes of {limit}");
                    allowed.push(false);
                }
            }
        }
        assert!(allowed.contains(&true) && allowed.contains(&false));
    }
    let bomb = tuple_of_repetitions(&remembered_text(b"x", 1_000), 1_000, b"");
    let shown = refusal(&bomb).to_string();
    assert_eq!(
        shown,
        "the pickle of 3010 bytes would print as more than 65536"
    );
}

#[test]
fn p_8_a_line_is_measured_as_it_prints() {
    let text = |text: &str| {
        let announced = u32::try_from(text.len()).unwrap().to_le_bytes();
        [b"X", &announced[..], text.as_bytes()].concat()
    };
    // Each is repeated by the opcode DUP, which is one byte long.
    for (value, printed) in [
        (
            b"G\xff\xef\xff\xff\xff\xff\xff\xff".to_vec(),
            "-1.7976931348623157e+308",
        ),
        (b"\x96\x01\0\0\0\0\0\0\0'".to_vec(), r#"bytearray(b"\'")"#),
        (
            [&b"C\xff"[..], &[0; 255]].concat(),
            &format!("b'{}'", r"\x00".repeat(255)),
        ),
        (
            text(&"\0".repeat(255)),
            &format!("'{}'", r"\x00".repeat(255)),
        ),
        (text("\u{e000}\u{e000}\u{e000}"), r"'\ue000\ue000\ue000'"),
        (text("\u{e0001}\u{e0001}"), r"'\U000e0001\U000e0001'"),
    ] {
        let repeated = |times: usize| [b"(", &value[..], &b"2".repeat(times - 1), b"t."].concat();
        // The brackets take as much as a comma and a space.
        let most = 64 * 1024 / (printed.len() + 2);
        let longest = read(&repeated(most)).unwrap().unwrap();
        assert_eq!(longest.to_string().len(), most * (printed.len() + 2));
        let error = refusal(&repeated(most + 1));
        assert!(
            matches!(error, Error::LineTooLong { limit: 65_536, .. }),
            "{error}"
        );
    }
}

#[test]
fn p_8_a_text_that_calls_take_again_and_again_is_refused_although_nothing_holds_it() {
    // Each call makes the text's bytes anew and drops them.
    let text = [
        b"X".to_vec(),
        500_000_u32.to_le_bytes().to_vec(),
        b"x".repeat(500_000),
    ]
    .concat();
    let start = [
        &b"c_codecs\nencode\nq\x00"[..],
        &text,
        b"q\x01X\x06\0\0\0latin1q\x02",
    ]
    .concat();
    let bomb = [&start, &b"h\x00h\x01h\x02\x86R0".repeat(1_000)[..], b"."].concat();
    assert_eq!(
        refusal(&bomb),
        Error::RepeatedCall {
            callable: "_codecs.encode",
            at: start.len() + 2 * 9 - 1
        }
    );
}

#[test]
fn p_8_a_list_that_calls_take_again_and_again_is_refused() {
    let start = [
        &b"](("[..],
        &b"N".repeat(1_000),
        b"lq\x000cbuiltins\nset\nq\x01",
    ]
    .concat();
    let bomb = [&start, &b"h\x01h\x00\x85R".repeat(300)[..], b"e."].concat();
    let error = Error::RepeatedCall {
        callable: "set",
        at: start.len() + 2 * 6,
    };
    assert_eq!(refusal(&bomb), error);
    assert!(error.to_string().contains("calls set at byte"), "{error}");
    // P-9: each set from a list of its own.
    let lists = b"h\x00](NNNNe\x85R".repeat(300);
    let honest = [b"cbuiltins\nset\nq\x00(".to_vec(), lists, b"t.".to_vec()].concat();
    assert!(read(&honest).unwrap().is_some());
}

#[test]
fn p_5_what_a_call_was_made_with_stays_what_the_memo_says() {
    let pickle = b"\x80\x02Nq\x060c__builtin__\nset\n](K\x01K\x02e\x85q\x05R0h\x05.";
    assert_eq!(read(pickle).unwrap().unwrap().to_string(), "([1, 2],)");
}

#[test]
fn p_8_the_limit_of_an_object_is_exact() {
    let sized = |length: usize| {
        let announced = u32::try_from(length - 6).unwrap().to_le_bytes();
        [
            b"B".to_vec(),
            announced.to_vec(),
            vec![0; length - 6],
            b".".to_vec(),
        ]
        .concat()
    };
    assert!(read(&sized(MAX_OBJECT_LEN)).unwrap().is_some());
    assert!(matches!(
        read(&sized(MAX_OBJECT_LEN + 1)),
        Err(Error::TooLarge { .. } | Error::LengthTooLarge { .. })
    ));
    assert_eq!(
        refusal(&[b"S".to_vec(), b"x".repeat(2 << 20)].concat()),
        Error::TooLarge {
            limit: MAX_OBJECT_LEN
        }
    );
    assert_eq!(
        refusal(&b"N0".repeat(1 << 20)),
        Error::TooLarge {
            limit: MAX_OBJECT_LEN
        }
    );
}

#[test]
fn p_8_a_huge_announced_length_is_refused_at_once() {
    for (pickle, length) in [
        (&b"X\xff\xff\xff\xff"[..], 0xffff_ffff),
        (b"B\x00\x00\x11\x00", 0x11_0000),
        (b"\x8b\xff\xff\xff\x7f", 0x7fff_ffff),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", u64::MAX),
        (b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", u64::MAX >> 1),
        (b"\x96\x00\x00\x00\x00\x01\x00\x00\x00", 1 << 32),
    ] {
        let (limit, at) = (MAX_OBJECT_LEN, pickle.len());
        assert_eq!(refusal(pickle), Error::LengthTooLarge { length, limit, at });
    }
}

#[test]
fn p_8_a_negative_length_is_refused_as_one() {
    for (pickle, length) in [
        (&b"\x8b\xff\xff\xff\xff"[..], -1),
        (b"\x8b\x00\x00\x00\x80", i32::MIN),
        (b"T\xfe\xff\xff\xff", -2),
    ] {
        let error = refusal(pickle);
        assert_eq!(error, Error::NegativeLength { length, at: 5 });
        assert_eq!(
            error.to_string(),
            format!("the pickle announces a negative length, {length} bytes, at byte 5")
        );
    }
}

#[test]
fn p_8_an_integer_beyond_the_limit_is_refused() {
    let limit = Error::IntegerTooLarge {
        limit: MAX_INTEGER_BITS,
    };
    let mut pickle = b"\x8b\xd5\x30\x00\x00".to_vec();
    pickle.extend(vec![0; 12_500]);
    pickle.extend(b"\x01.");
    assert_eq!(refusal(&pickle), limit);
    assert_eq!(
        refusal(&[b"L".to_vec(), b"9".repeat(31_000), b"L\n.".to_vec()].concat()),
        limit
    );
}

#[test]
fn p_9_an_integer_of_100_000_bits_is_printed_whole() {
    let mut pickle = b"\x8b\xd5\x30\x00\x00".to_vec();
    pickle.extend(vec![0xff; 12_500]);
    pickle.extend(b"\x00.");
    let digits = read(&pickle).unwrap().unwrap().to_string();
    assert_eq!(digits.len(), 30_103);
    assert!(
        digits.starts_with("99900209301438450794"),
        "{}",
        &digits[..20]
    );
    assert!(digits.ends_with("883109375"), "{}", &digits[30_090..]);
}

#[test]
fn equal_keys_collapse_as_in_python_and_changeable_ones_are_refused() {
    // {1: 'a', 1.0: 'b', True: 'c', 2**70: 'd', float(2**70): 'e'}
    let pickle = b"}(K\x01U\x01aG?\xf0\x00\x00\x00\x00\x00\x00U\x01b\x88U\x01c\
        \x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x40U\x01dG\x44\x50\x00\x00\x00\x00\x00\x00U\x01eu.";
    let shown = read(pickle).unwrap().unwrap().to_string();
    assert_eq!(shown, "{1: 'c', 1180591620717411303424: 'e'}");
    for pickle in [
        &b"}]Ns."[..],
        b"}}Ns.",
        b"}(]tNs.",
        b"\x8f(\x8f\x90.",
        b"(]\x91.",
    ] {
        assert_eq!(refusal(pickle), Error::Unhashable, "{pickle:?}");
    }
}

#[test]
fn damage_is_named_with_its_place() {
    let table: [(&[u8], Error); 9] = [
        (
            b"GET / HTTP/1.0\r\n",
            Error::UnknownOpcode {
                opcode: b'E',
                at: 0,
            },
        ),
        (
            b".",
            Error::NothingToTake {
                opcode: b'.',
                at: 1,
            },
        ),
        (
            b"e",
            Error::NothingToTake {
                opcode: b'e',
                at: 1,
            },
        ),
        (
            b"(NR",
            Error::NothingToTake {
                opcode: b'R',
                at: 3,
            },
        ),
        (
            b"NNa",
            Error::WrongType {
                opcode: b'a',
                at: 3,
            },
        ),
        (
            b"Iabc\n",
            Error::BadOperand {
                opcode: b'I',
                at: 5,
            },
        ),
        (
            b"X\x01\x00\x00\x00\xff",
            Error::BadOperand {
                opcode: b'X',
                at: 6,
            },
        ),
        (b"h\x07", Error::BadMemoIndex { index: 7, at: 2 }),
        (
            b"\x80\x06",
            Error::UnknownProtocol {
                found: 6,
                newest: 5,
            },
        ),
    ];
    for (pickle, error) in table {
        match error {
            // `G` is BINFLOAT: its operand is the next eight bytes, whatever they are.
            Error::UnknownOpcode { .. } => assert!(read(pickle).is_err()),
            _ => assert_eq!(refusal(pickle), error),
        }
    }
    let far = b"Nr\xff\xff\xff\x7f.";
    assert_eq!(
        refusal(far),
        Error::BadMemoIndex {
            index: 0x7fff_ffff,
            at: 6
        }
    );
}

#[test]
fn lists_appended_to_in_turn_take_linear_work() {
    let turns = b"h\x00Na0h\x01Na0".repeat(87_000);
    let pickle = [b"]q\x00]q\x01".to_vec(), turns, b"h\x00.".to_vec()].concat();
    assert!(pickle.len() <= MAX_OBJECT_LEN);
    let value = read(&pickle).unwrap().unwrap();
    assert_eq!(value.to_string().matches("None").count(), 87_000);
}

/// Opcodes with short operands, so that random ones often make sense together.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(b"()]}.01N2adeltusR\x85\x86\x87\x88\x89\x8f\x90\x91\x94".to_vec())
            .prop_map(|opcode| vec![opcode]),
        (prop::sample::select(b"KhqU\x8cC".to_vec()), 0..4_u8).prop_map(|(opcode, n)| {
            let mut piece = vec![opcode, n];
            if matches!(opcode, b'U' | 0x8c | b'C') {
                piece.extend(b"abc".iter().take(n.into()));
            }
            piece
        }),
        Just(b"cbuiltins\nset\n".to_vec()),
        Just(b"c_codecs\nencode\n".to_vec()),
        Just(b"\x8c\x06latin1".to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn p_8_no_bytes_panic_or_depend_on_their_split(bytes: Vec<u8>, piece in 1..5_usize) {
        same_however_split(&bytes, piece)?;
    }

    #[test]
    fn p_8_no_opcodes_panic_or_depend_on_their_split(bytes in soup(), piece in 1..5_usize) {
        same_however_split(&bytes, piece)?;
    }
}

fn same_however_split(bytes: &[u8], piece: usize) -> Result<(), TestCaseError> {
    let shown = |piece: usize| {
        let mut decoder = Decoder::new();
        let mut all = Vec::new();
        for mut input in bytes.chunks(piece) {
            loop {
                match decoder.next(&mut input) {
                    Ok(Some(value)) => all.push(Ok(value.to_string())),
                    Ok(None) => break,
                    Err(error) => {
                        all.push(Err(error));
                        return all;
                    }
                }
            }
        }
        all
    };
    prop_assert_eq!(shown(piece), shown(usize::MAX));
    Ok(())
}
