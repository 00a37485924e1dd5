#!/usr/bin/env python3
"""Writes the seeds: a folder for each fuzz target, a file for each input, and pickles.tsv, the repr
that Python has for those pickles that it wrote.

Run it with any Python from 3.8 on; what it writes stands beside it and is always the same.
"""
import pickle
import random
import shutil
import struct
from pathlib import Path

HERE = Path(__file__).parent


def write(target, seeds):
    folder = HERE / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, bytes in seeds.items():
        (folder / name).write_bytes(bytes)


# --- accio ---

COMMAND = b"accio\r\n"
FIRST = b"confirm-accio\r\n"
SECOND = b"confirm-accio-again\r\n\r\n"
HEADER = FIRST + SECOND


def accio_server():
    seeds = {
        "nothing": b"",
        "first_only": FIRST,
        "header_only": HEADER,
        "one_byte_file": HEADER + b"x",
        "file": HEADER + b"Content-Length: 5\r\n\r\nhello",
        "file_like_the_header": HEADER + HEADER,
        "binary_file": HEADER + bytes(range(256)),
        "long_file": HEADER + b"z" * 5000,
        "first_twice": FIRST + FIRST,
        "second_first": SECOND + FIRST,
        "without_empty_line": FIRST + b"confirm-accio-again\r\nfile",
        "line_feeds_only": HEADER.replace(b"\r\n", b"\n"),
        "carriage_returns_only": HEADER.replace(b"\r\n", b"\r"),
        "upper_case": HEADER.upper(),
        "space_before": b" " + HEADER,
        "space_after_word": b"confirm-accio \r\n" + SECOND,
        "command": COMMAND + COMMAND,
        "http": b"GET / HTTP/1.0\r\n\r\n",
        "zeroes": bytes(40),
    }
    for length in (1, 7, 13, 14, 16, 20, 34, 35, 36, 37):
        seeds[f"first_{length:02}_bytes"] = HEADER[:length]
    for at in (0, 12, 14, 15, 28, 35, 37):
        damaged = bytearray(HEADER + b"file")
        damaged[at] ^= 0x20
        seeds[f"damaged_at_{at:02}"] = bytes(damaged)
    return seeds


def accio_client():
    both = COMMAND + COMMAND
    seeds = {
        "nothing": b"",
        "one_command": COMMAND,
        "both_commands": both,
        "three_commands": both + COMMAND,
        "bytes_after": both + b"error: too late",
        "many_bytes_after": both + bytes(range(256)) * 4,
        "line_feeds_only": both.replace(b"\r\n", b"\n"),
        "upper_case": both.upper(),
        "confirmation": HEADER,
        "http": b"HTTP/1.0 400 Bad Request\r\n\r\n",
        "zeroes": bytes(14),
    }
    for length in range(1, 14):
        seeds[f"first_{length:02}_bytes"] = both[:length]
    for at in (0, 4, 5, 6, 7, 11, 13):
        damaged = bytearray(both)
        damaged[at] ^= 0xFF
        seeds[f"damaged_at_{at:02}"] = bytes(damaged)
    return seeds


# --- action ---

ACTIONS = {"uppercase": 1, "lowercase": 2, "reverse": 4, "shuffle": 8, "random": 16}

TEXTS = {
    "empty": "",
    "ascii": "Hello World 1! @[`{~\x7f\0",
    "latin": "straße ŉ ﬁ İı ǅ",
    "greek": "ΟΔΥΣΣΕΥΣ ΟΔΟΣ ΐ ς",
    "wide": "日本 😀 👩\u200d👧 e\u0301",
}


def action_header(code, length):
    return struct.pack(">I", code << 27 | length)


def action_request():
    seeds = {
        "header_cut_off": b"\x40\x00\x00",
        "announces_all": b"\x0f\xff\xff\xff" + b"text",
        "all_ones": b"\xff" * 8,
        "reserved_0": action_header(0, 4) + b"text",
        "reserved_3": action_header(3, 4) + b"text",
        "reserved_31": action_header(31, 0),
        # The announced length is also what the target seeds its randomness with: here the last
        # character is repeated up to the bound.
        "random_at_its_bound": action_header(16, 0x3B) + "é😀".encode(),
        "long": action_header(1, 5000) + "ΐa".encode() * 1000,
    }
    for name, code in ACTIONS.items():
        for kind, text in TEXTS.items():
            data = text.encode()
            seeds[f"{name}_{kind}"] = action_header(code, len(data)) + data
    for name, data in {
        "invalid": b"abc\x80",
        "cut_off": b"caf\xc3",
        "surrogate": b"\xed\xa0\x80",
        "overlong": b"\xc0\xaf",
        "beyond": b"\xf4\x90\x80\x80",
    }.items():
        seeds[f"utf8_{name}"] = action_header(4, len(data)) + data
    return seeds


def action_responses():
    def response(data):
        return struct.pack(">I", len(data)) + data

    seeds = {
        "nothing": b"",
        "empty": response(b""),
        "error": response(b"error"),
        "two": response(b"HELLO") + response(b"WORLD"),
        "empty_between": response(b"a") + response(b"") + response(b"b"),
        "many_empty": response(b"") * 50,
        "many_short": b"".join(response(bytes([n])) for n in range(40)),
        "long": response(b"x" * 4000),
        "long_and_short": response(b"x" * 300) + response(b"y"),
        "wide_text": response(TEXTS["wide"].encode()),
        "header_like_data": response(response(b"inner")),
        "announces_all": b"\xff\xff\xff\xff" + b"text",
        "announces_27_bits": b"\x07\xff\xff\xff" + b"text",
        "announces_31_bits": b"\x7f\xff\xff\xff",
        "request": action_header(8, 11) + b"Hello World",
        "http": b"HTTP/1.0 400 Bad Request\r\n\r\n",
    }
    whole = response(b"error") + response(b"") + response(b"hi")
    for length in range(1, len(whole)):
        seeds[f"first_{length:02}_bytes"] = whole[:length]
    return seeds


# --- math ---


def question(left, right):
    return struct.pack(">cII", b"Q", left, right)


def math_frames():
    secret = b"Sopen 5es"
    lesson = question(2, 40) + question(0xFFFFFFFF, 1) + secret
    seeds = {
        "nothing": b"",
        "question": question(2, 40),
        "zero": question(0, 0),
        "largest": question(0xFFFFFFFF, 0xFFFFFFFF),
        "wraps": question(0xFFFFFFFF, 1),
        "most_negative": question(0x80000000, 0x80000000),
        "secret": secret,
        "secret_of_zeroes": b"S" + bytes(8),
        "secret_of_escapes": b"S\x1b[2J\r\n\xff\xfe",
        "lesson": lesson,
        "many_questions": b"".join(question(n, n * n) for n in range(60)),
        "secret_first": secret + question(1, 2),
        "two_secrets": secret * 2,
        "questions_of_q": b"Q" * 27,
        "secrets_of_s": b"S" * 18,
        "lower_case": b"q" + bytes(8),
        "unknown_kind": b"X",
        "unknown_second": question(1, 2) + b"R" + bytes(8),
        "zero_kind": bytes(9),
        "high_kind": b"\xff" * 9,
        "answer_only": b"\x00\x00\x00\x2a",
        "http": b"HTTP/1.0 400 Bad Request\r\n\r\n",
    }
    for length in (1, 2, 4, 5, 8, 10, 14, 17, 19, 26):
        seeds[f"first_{length:02}_bytes"] = lesson[:length]
    return seeds


# --- message ---


def create(sender, receiver, text):
    lengths = struct.pack(">BBH", len(sender), len(receiver), len(text))
    return b"\xae\x73\x02" + lengths + sender + receiver + text


def read(name):
    return b"\xae\x73\x01" + bytes([len(name), 0, 0, 0]) + name


def message_request():
    hello = create(b"alice", b"bob", b"hello")
    seeds = {
        "nothing": b"",
        "read": read(b"bob"),
        "read_shortest": read(b"b"),
        "read_longest": read(b"n" * 255),
        "create": hello,
        "create_shortest": create(b"a", b"b", b"c"),
        "create_long_names": create(b"s" * 255, b"r" * 255, b"t"),
        "create_long_text": create(b"a", b"b", b"t" * 4000),
        "create_utf8": create("é".encode(), "漢".encode(), "🎉".encode()),
        "create_not_utf8": create(b"\xff", b"\x00", b"\x80\n"),
        "one_byte_more": hello + b"x",
        "two_requests": read(b"bob") + read(b"bob"),
        "bad_magic": b"\xae\x74" + hello[2:],
        "little_endian_magic": b"\x73\xae" + hello[2:],
        "id_0": b"\xae\x73\x00" + hello[3:],
        "id_3": b"\xae\x73\x03" + hello[3:],
        "empty_name": b"\xae\x73\x01\x00\x00\x00\x00",
        "empty_sender": b"\xae\x73\x02\x00\x01\x00\x01bc",
        "empty_receiver": b"\xae\x73\x02\x01\x00\x00\x01ac",
        "empty_text": b"\xae\x73\x02\x01\x01\x00\x00ab",
        "receiver_in_read": b"\xae\x73\x01\x01\x01\x00\x00ab",
        "text_in_read": b"\xae\x73\x01\x01\x00\x00\x01ab",
        "announces_most": b"\xae\x73\x02\xff\xff\xff\xff" + b"abc",
        "http": b"GET / HTTP/1.0\r\n\r\n",
    }
    for length in (1, 2, 3, 6, 7, 8, 12, 15, 19):
        seeds[f"first_{length:02}_bytes"] = hello[:length]
    return seeds


def message_response():
    def response(messages, more=0, items=None):
        items = len(messages) if items is None else items
        record = b"\xae\x73\x03" + bytes([items, more])
        for sender, text in messages:
            record += struct.pack(">BH", len(sender), len(text)) + sender + text
        return record

    two = response([(b"alice", b"hello"), (b"b", b"\0\xff")], 1)
    seeds = {
        "nothing": b"",
        "none": response([]),
        "none_but_more": response([], 1),
        "one": response([(b"alice", b"hello")]),
        "two_and_more": two,
        "shortest": response([(b"a", b"b")]),
        "long_sender": response([(b"s" * 255, b"t")]),
        "long_text": response([(b"s", b"t" * 4000)]),
        "short_after_long": response([(b"s", b"t" * 600), (b"a", b"b")]),
        "most_items": response([(b"a", b"b")] * 255),
        "utf8": response([("é".encode(), "🎉".encode())]),
        "bytes_after": two + b"\xae\x73\x03",
        "two_responses": two + two,
        "fewer_than_announced": response([(b"a", b"b")], items=255),
        "more_than_announced": response([(b"a", b"b")] * 3, items=1),
        "bad_magic": b"\xae\x74\x03\x00\x00",
        "id_2": b"\xae\x73\x02\x00\x00",
        "more_2": response([], 2),
        "more_255": response([], 255),
        "empty_sender": response([(b"", b"text")]),
        "empty_text": response([(b"sender", b"")]),
        "empty_second_text": response([(b"a", b"b"), (b"c", b"")]),
        "announces_most": b"\xae\x73\x03\xff\x01\xff\xff\xff" + b"abc",
        "request": create(b"alice", b"bob", b"hello"),
        "http": b"HTTP/1.0 400 Bad Request\r\n\r\n",
    }
    for length in (1, 4, 5, 6, 8, 9, 13, 17, 18, 20, 21, 23):
        seeds[f"first_{length:02}_bytes"] = two[:length]
    return seeds


# --- pickle ---

shared = [1, 2]

HONEST = {
    "none": None,
    "bools": [True, False],
    "small_integers": [0, 1, -1, 255, 256, 65535, 65536],
    "large_integers": [2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40],
    "huge_integer": -(7**900),
    "floats": [0.0, -0.0, 0.1, 1e16, 1e-5, 5e-324, float("inf"), float("nan")],
    "texts": ["", "it's", '"both" it\'s', "a\nb\t\\", "\x1b[2J", "Grüße 漢字 🎉", "\ud800"],
    "bytes": [b"", b"it's", b"\x00\xff\n", bytearray(b"it's \xff")],
    "lists": [[], [1], [[2], [[3]]]],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "dictionaries": {"a": {}, (2, "b"): [3], None: 1.5, 1: {2: {}}},
    "sets": [set(), {1}, frozenset(), frozenset({"x"}), {frozenset({(1, 2)})}],
    "student": {"student_name": "A", "github_username": "B", "sid": 7},
    "client_id": {"clientid": 51669},
    "shared": {"x": shared, "y": shared, "z": [shared, shared]},
    "many": list(range(100)),
    "nested": [[[[[[[[[[[[]]]]]]]]]]]],
}

DAMAGED = {
    "nothing": b"",
    "stop": b".",
    "import": b"cposix\nsystem\n(S'echo'\ntR.",
    "import_by_stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "instance": b"(S'echo'\nios\nsystem\n.",
    "persistent": b"Pid\n.",
    "build": b"NNb.",
    "contains_itself": b"]q\x00h\x00a.",
    "tuple_contains_itself": b"]q\x00h\x00\x85a.",
    "unhashable": b"}]Ns.",
    "callable_alone": b"cbuiltins\nset\n.",
    "bytearray_of_length": b"cbuiltins\nbytearray\nJ\x00\xca\x9a;\x85R.",
    "announces_4_gib": b"X\xff\xff\xff\xff",
    "announces_64_bits": b"\x8e" + b"\xff" * 8,
    "announces_less_than_nothing": b"\x8b\xff\xff\xff\xff",
    "long_line": b"(C\xff" + bytes(255) + b"2" * 63 + b"t.",
    "longest_line": b"(C\xff" + bytes(255) + b"2" * 62 + b"t.",
    "announces_a_megabyte": b"B\x00\x00\x0f\x00abc",
    "frame_too_large": b"\x80\x04\x95" + b"\xff" * 8,
    "protocol_6": b"\x80\x06N.",
    "far_memo": b"Nr\xff\xff\xff\x7f.",
    "memo_at_its_limit": b"Nr\x05\x04\x00\x00.",
    "unknown_place": b"h\x07",
    "not_utf8": b"X\x01\x00\x00\x00\xff.",
    "damaged_digits": b"Iabc\n.",
    "integer_cut_off": b"L12",
    "list_bomb": b"]q\x00K\x01a"
    + b"".join(b"]q%c(" % n + b"h%c" % (n - 1) * 10 + b"e" for n in range(1, 20))
    + b".",
    "deep": b"]" * 1001 + b"a" * 1000 + b".",
    "deepest": b"]" * 1000 + b"a" * 999 + b".",
    "marks": b"(" * 3000,
    "lists": b"]" * 2000 + b"(" + b"t.",
    "memo": b"N" + b"\x94" * 2000 + b".",
    "lists_in_turn": b"]q\x00]q\x01" + b"h\x00Na0h\x01Na0" * 50 + b"h\x00.",
    "sets_of_one_list": b"](" + b"N" * 1000 + b"eq\x000c__builtin__\nset\nq\x01("
    + b"h\x01h\x00\x85R" * 300 + b"t.",
    "bytes_of_one_text": b"X\x00\x04\x00\x00" + b"\xc3\xa9" * 512
    + b"q\x000X\x06\x00\x00\x00latin1q\x010c_codecs\nencode\nq\x02("
    + b"h\x02h\x00h\x01\x86R" * 300 + b"t.",
    "http": b"GET / HTTP/1.0\r\n\r\n",
}

# Beyond what Python's own pickler writes, but what its unpickler reads.
BY_HAND = {
    "protocol_0_integers": b"(I1\nI01\nI00\nL5L\nL-7\nl.",
    "python_2_strings": b"(S'it\\'s'\nU\x03abcT\x02\x00\x00\x00hit.",
    "equal_keys": b"(I1\nI2\nI1\nI3\nd.",
    "popped_mark": b"\x80\x02](K\x01K\x02e0(K\x051K\x07.",
    "equal_members": b"\x80\x04\x8f(K\x01G?\xf0\x00\x00\x00\x00\x00\x00\x88\x90.",
    "set_of_a_tuple": b"\x80\x02c__builtin__\nset\n(K\x01K\x01t\x85R.",
    "no_bytes": b"cbuiltins\nbytes\n)R.",
    "memo_with_gaps": b"Nq\x050h\x05.",
}


def random_object(rng, depth):
    if depth > 0 and rng.random() < 0.7:
        members = [random_object(rng, depth - 1) for _ in range(rng.randrange(4))]
        keys = [random_object(rng, 0) for _ in members]
        return rng.choice([members, tuple(members), dict(zip(keys, members))])
    return rng.choice([
        None, True, rng.randrange(-300, 300), rng.randrange(2**80), rng.uniform(-1e9, 1e9),
        "".join(chr(rng.choice([0x41, 0x27, 0x0A, 0xE9, 0x6F22, 0x1F389])) for _ in range(5)),
        bytes(rng.randrange(256) for _ in range(5)), frozenset([rng.randrange(9)]),
    ])


def pickles():
    written = {}
    for name, value in HONEST.items():
        for protocol in (0, 2, 3, 5):
            written[f"{name}_{protocol}"] = pickle.dumps(value, protocol)
    rng = random.Random(5)
    for number in range(12):
        value = random_object(rng, 4)
        written[f"random_{number:02}"] = pickle._dumps(value, number % 6)
    written.update(BY_HAND)
    with open(HERE / "pickles.tsv", "w", encoding="utf-8") as file:
        for name, pickled in written.items():
            file.write(f"{name}\t{pickle.loads(pickled)!r}\n")
    stream = {
        "two_objects": pickle.dumps({"a": 1}) + pickle.dumps("b"),
        "object_and_part": pickle.dumps([1]) + pickle.dumps([2])[:5],
        "object_and_damage": pickle.dumps([1]) + b"cos\nsystem\n.",
        "many_objects": b"N." * 50,
    }
    return {**written, **DAMAGED, **stream}


def main():
    for target in (
        accio_client, accio_server, action_request, action_responses, math_frames,
        message_request, message_response, pickles,
    ):
        write(target.__name__, target())


main()
