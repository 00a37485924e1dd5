//! The five transformations, on the code points of a text in UTF-8 (T-9 to T-14).

use std::str;

use super::Action;

/// A piece of a text that stays in the processor's cache, in bytes.
const PIECE: usize = 16 * 1024;

/// Where the transformed text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transformed {
    /// In the buffer that held the request's data: it has the same length.
    InPlace,
    /// Here.
    Replaced(String),
}

/// Carries out `action` on `body`, the data of one request, of which nothing is left.
///
/// ASCII text is transformed in place by all actions but `random`, without other memory; `reverse`
/// and `shuffle` leave their result in place for any text. An empty text stays empty (T-14). The
/// result always fits a response: it is shorter than 2³¹ bytes for any request.
///
/// ```
/// use proto::action::Action;
/// use proto::action::transform::{Transformed, transform};
///
/// let mut rng = fastrand::Rng::with_seed(1);
/// let mut body = *b"Hello World";
/// assert_eq!(transform(Action::Reverse, &mut body, &mut rng), Ok(Transformed::InPlace));
/// assert_eq!(&body, b"dlroW olleH");
///
/// let mut body = "straße".to_owned().into_bytes();
/// let replaced = Transformed::Replaced("STRASSE".to_owned());
/// assert_eq!(transform(Action::Uppercase, &mut body, &mut rng), Ok(replaced));
/// ```
///
/// # Errors
/// Those that are answered with [`ERROR_MESSAGE`](super::ERROR_MESSAGE): a reserved action (T-5),
/// or data that is not UTF-8 (T-6).
pub fn transform(
    action: Action,
    body: &mut [u8],
    rng: &mut fastrand::Rng,
) -> Result<Transformed, TransformError> {
    transform_rest(action, body, 0, rng)
}

/// Does with the beginning of a text what can be done before the rest of it is there, so that it
/// happens while the bytes are in the processor's cache. Returns how many bytes need not be looked
/// at again: they are ASCII, and in the right case.
///
/// Go on behind them when more has arrived, and end with [`transform_rest`]:
///
/// ```
/// use proto::action::Action;
/// use proto::action::transform::{Transformed, begin, transform_rest};
///
/// let mut rng = fastrand::Rng::with_seed(1);
/// let mut body = *b"Hello World";
/// let begun = begin(Action::Uppercase, &mut body[..5]);
/// assert_eq!((begun, &body), (5, b"HELLO World"));
/// let result = transform_rest(Action::Uppercase, &mut body, begun, &mut rng);
/// assert_eq!((result, &body), (Ok(Transformed::InPlace), b"HELLO WORLD"));
/// ```
pub fn begin(action: Action, arrived: &mut [u8]) -> usize {
    match action {
        Action::Uppercase => change_ascii(arrived, <[u8]>::make_ascii_uppercase),
        Action::Lowercase => change_ascii(arrived, <[u8]>::make_ascii_lowercase),
        Action::Reverse | Action::Shuffle => change_ascii(arrived, |_| ()),
        Action::Random | Action::Reserved(_) => 0,
    }
}

/// Like [`transform`], for a text whose first `begun` bytes have been through [`begin`].
///
/// # Errors
/// Those of [`transform`].
pub fn transform_rest(
    action: Action,
    body: &mut [u8],
    begun: usize,
    rng: &mut fastrand::Rng,
) -> Result<Transformed, TransformError> {
    let begun = begun + begin(action, &mut body[begun..]);
    let is_ascii = begun == body.len();
    let replaced = |text: String| Ok(Transformed::Replaced(text));
    match action {
        Action::Uppercase | Action::Lowercase if is_ascii => {}
        // A part of it is in this case already, which changes nothing for the rest.
        Action::Uppercase => return replaced(text(body)?.to_uppercase()),
        Action::Lowercase => return replaced(text(body)?.to_lowercase()),
        Action::Reverse if is_ascii => body.reverse(),
        Action::Reverse => reverse(body)?,
        Action::Shuffle if is_ascii => rng.shuffle(body),
        Action::Shuffle => shuffle(body, rng)?,
        Action::Random => return replaced(repeat(text(body)?, || copies(rng))),
        Action::Reserved(code) => return Err(TransformError::Reserved { code }),
    }
    Ok(Transformed::InPlace)
}

/// The bound of T-13: how many copies beyond the first `random` writes in one response to a text
/// of `points` code points. So its result has at most 4 × `points` + 64 code points.
///
/// The number of copies has no mean, so without a bound a short request could take any amount of
/// memory.
pub const fn max_extra_copies(points: usize) -> usize {
    points.saturating_mul(3).saturating_add(64)
}

/// Why a request is answered with `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// The action is none of the five (T-5).
    #[error("action 0x{code:02x} is reserved, want 0x01, 0x02, 0x04, 0x08 or 0x10")]
    Reserved {
        /// The action's code, 0 to 31.
        code: u8,
    },
    /// The data is not UTF-8 (T-6).
    #[error("message is not UTF-8 from byte offset {at} on")]
    NotUtf8 {
        /// How many bytes from the start are; the next one is not, or its code point is cut off.
        at: usize,
    },
}

fn text(body: &[u8]) -> Result<&str, TransformError> {
    str::from_utf8(body).map_err(|e| TransformError::NotUtf8 {
        at: e.valid_up_to(),
    })
}

/// Changes the pieces in front that are ASCII, and returns their length.
fn change_ascii(bytes: &mut [u8], change: impl Fn(&mut [u8])) -> usize {
    let mut changed = 0;
    for piece in bytes.chunks_mut(PIECE) {
        if !piece.is_ascii() {
            break;
        }
        change(piece);
        changed += piece.len();
    }
    changed
}

fn reverse(body: &mut [u8]) -> Result<(), TransformError> {
    text(body)?;
    body.reverse();
    // Each code point now stands backwards and ends with its first byte: turn it round.
    for point in body.split_inclusive_mut(|byte| !is_continuation(*byte)) {
        point.reverse();
    }
    Ok(())
}

/// Whether a byte of UTF-8 is not the first one of its code point.
const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn shuffle(body: &mut [u8], rng: &mut fastrand::Rng) -> Result<(), TransformError> {
    let mut points: Vec<char> = text(body)?.chars().collect();
    rng.shuffle(&mut points);
    // The same code points need the same number of bytes, so they fill the body exactly.
    let mut end = 0;
    for point in points {
        end += point.encode_utf8(&mut body[end..]).len();
    }
    debug_assert_eq!(end, body.len());
    Ok(())
}

/// How many times `random` writes one code point (T-12); 0 if it is dropped.
fn copies(rng: &mut fastrand::Rng) -> usize {
    let dropped = rng.u8(..6) == 0;
    let repeated = rng.u8(..6) == 0;
    match (dropped, repeated) {
        (true, _) => 0,
        (false, true) => pareto(rng) as usize,
        (false, false) => 1,
    }
}

/// A Pareto distributed number with shape 1 and scale 1, by inverse transform: 1 or more.
fn pareto(rng: &mut fastrand::Rng) -> f64 {
    // `f64` is in [0, 1), so the divisor is in (0, 1].
    1.0 / (1.0 - rng.f64())
}

/// Writes each code point of `text` as often as `copies` says for it, within the bound of T-13.
/// If nothing is left, the first one is (T-12).
fn repeat(text: &str, mut copies: impl FnMut() -> usize) -> String {
    let mut extra_left = max_extra_copies(text.chars().count());
    let mut result = String::with_capacity(text.len());
    for point in text.chars() {
        let copies = copies();
        if copies == 0 {
            continue;
        }
        let extra = (copies - 1).min(extra_left);
        extra_left -= extra;
        result.extend(std::iter::repeat_n(point, 1 + extra));
    }
    if result.is_empty() {
        result.extend(text.chars().next());
    }
    result
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn rng() -> fastrand::Rng {
        fastrand::Rng::with_seed(20_260)
    }

    fn apply(action: Action, text: &str, rng: &mut fastrand::Rng) -> String {
        let mut body = text.as_bytes().to_vec();
        match transform(action, &mut body, rng).unwrap() {
            Transformed::InPlace => String::from_utf8(body).unwrap(),
            Transformed::Replaced(text) => text,
        }
    }

    #[test]
    fn t_9_t_6_a_long_text_that_begins_in_ascii() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let begun = "aB".repeat(length).split_off(length);
            // A final sigma is told by the letter before it.
            for end in ["", "Σ", "Σ ß", "\u{301}Σ"] {
                let text = format!("{begun}{end}");
                let upper = apply(Action::Uppercase, &text, &mut rng());
                let lower = apply(Action::Lowercase, &text, &mut rng());
                assert!(upper == text.to_uppercase(), "{length} {end}");
                assert!(lower == text.to_lowercase(), "{length} {end}");
            }
            let mut body = [begun.as_bytes(), b"\xff"].concat();
            let error = transform(Action::Lowercase, &mut body, &mut rng());
            assert_eq!(error, Err(TransformError::NotUtf8 { at: length }));
        }
    }

    #[test]
    fn t_9_case_mapping_is_that_of_unicode() {
        for (text, upper, lower) in [
            ("Hello World 1!", "HELLO WORLD 1!", "hello world 1!"),
            ("straße", "STRASSE", "straße"),
            ("ΟΔΥΣΣΕΥΣ ΟΔΟΣ", "ΟΔΥΣΣΕΥΣ ΟΔΟΣ", "οδυσσευς οδος"),
            ("İ", "İ", "i\u{307}"),
            ("ﬁ ŉ \u{390}", "FI ʼN \u{399}\u{308}\u{301}", "ﬁ ŉ \u{390}"),
            ("dž ǅ", "DŽ Ǆ", "dž ǆ"),
            ("日本 😀", "日本 😀", "日本 😀"),
            ("@[`{\u{7f}\0", "@[`{\u{7f}\0", "@[`{\u{7f}\0"),
        ] {
            assert_eq!(apply(Action::Uppercase, text, &mut rng()), upper);
            assert_eq!(apply(Action::Lowercase, text, &mut rng()), lower);
        }
    }

    #[test]
    fn t_10_reverse_is_by_code_points() {
        for (text, reversed) in [
            ("a", "a"),
            ("Hello World", "dlroW olleH"),
            ("é", "é"),
            ("aé漢😀z", "z😀漢éa"),
            ("e\u{301}x", "x\u{301}e"),
            ("👩\u{200d}👧", "👧\u{200d}👩"),
        ] {
            assert_eq!(apply(Action::Reverse, text, &mut rng()), reversed);
        }
    }

    #[test]
    fn t_17_ascii_is_transformed_in_place() {
        for action in [
            Action::Uppercase,
            Action::Lowercase,
            Action::Reverse,
            Action::Shuffle,
        ] {
            let mut body = *b"Hello World";
            let result = transform(action, &mut body, &mut rng());
            assert_eq!(result, Ok(Transformed::InPlace), "{action}");
        }
    }

    #[test]
    fn t_14_an_empty_text_stays_empty() {
        for code in [0x01, 0x02, 0x04, 0x08, 0x10] {
            assert_eq!(apply(Action::from_code(code), "", &mut rng()), "");
        }
    }

    #[test]
    fn t_5_reserved_actions_are_refused_whatever_the_data() {
        for body in [&b""[..], b"text", b"\xff"] {
            let mut bytes = body.to_vec();
            let result = transform(Action::Reserved(0x03), &mut bytes, &mut rng());
            assert_eq!(result, Err(TransformError::Reserved { code: 0x03 }));
            assert_eq!(bytes, body);
        }
        assert_eq!(
            TransformError::Reserved { code: 0x03 }.to_string(),
            "action 0x03 is reserved, want 0x01, 0x02, 0x04, 0x08 or 0x10"
        );
    }

    #[test]
    fn t_6_data_that_is_not_utf8_is_refused_and_left_alone() {
        for (body, at) in [
            (&b"\xff"[..], 0),
            (b"abc\x80", 3),
            (b"caf\xc3", 3),
            (b"\xc3\xa9\xed\xa0\x80", 2),
            (b"\xc0\xaf", 0),
            (b"\xf4\x90\x80\x80", 0),
        ] {
            for code in [0x01, 0x02, 0x04, 0x08, 0x10] {
                let mut bytes = body.to_vec();
                let result = transform(Action::from_code(code), &mut bytes, &mut rng());
                assert_eq!(result, Err(TransformError::NotUtf8 { at }));
                assert_eq!(bytes, body);
            }
        }
        assert_eq!(
            TransformError::NotUtf8 { at: 3 }.to_string(),
            "message is not UTF-8 from byte offset 3 on"
        );
    }

    /// Shuffles `text` often and compares how often each order comes up with what a uniform choice
    /// gives. `limit` is the chi-square that one seed in a thousand exceeds.
    fn assert_uniform(text: &str, orders: usize, limit: f64) {
        let mut rng = rng();
        let expected = 1_000.0;
        let mut counts = HashMap::new();
        for _ in 0..orders * 1_000 {
            *counts
                .entry(apply(Action::Shuffle, text, &mut rng))
                .or_insert(0) += 1;
        }
        assert_eq!(counts.len(), orders);
        let chi_square: f64 = counts
            .values()
            .map(|&count| (f64::from(count) - expected).powi(2) / expected)
            .sum();
        assert!(chi_square < limit, "{chi_square}: {counts:?}");
    }

    #[test]
    fn t_11_every_order_is_equally_likely() {
        // For 5 and for 23 degrees of freedom.
        assert_uniform("abc", 6, 20.5);
        assert_uniform("abcd", 24, 49.7);
        assert_uniform("aé漢😀", 24, 49.7);
    }

    #[test]
    fn t_12_copies_are_dropped_and_repeated_as_often_as_they_should() {
        const DRAWS: u32 = 600_000;
        let mut rng = rng();
        let draws: Vec<usize> = (0..DRAWS).map(|_| copies(&mut rng)).collect();
        let share = |wanted: &dyn Fn(usize) -> bool| {
            let count = draws.iter().filter(|&&copies| wanted(copies)).count();
            count as f64 / f64::from(DRAWS)
        };
        // A kept one (5/6) is repeated with 1/6, and then is at least k with 1/k.
        let at_least = |k: f64| 5.0 / 36.0 / k;
        for (found, wanted) in [
            (share(&|copies| copies == 0), 1.0 / 6.0),
            (share(&|copies| copies == 1), 5.0 / 6.0 - at_least(2.0)),
            (share(&|copies| copies >= 2), at_least(2.0)),
            (share(&|copies| copies >= 3), at_least(3.0)),
            (share(&|copies| copies >= 10), at_least(10.0)),
            (share(&|copies| copies >= 100), at_least(100.0)),
        ] {
            // Four standard deviations.
            let tolerance = 4.0 * (wanted * (1.0 - wanted) / f64::from(DRAWS)).sqrt();
            assert!(
                (found - wanted).abs() < tolerance,
                "found {found}, want {wanted}"
            );
        }
    }

    #[test]
    fn t_12_copies_stand_together_in_the_order_of_the_text() {
        let mut copies = [1, 0, 3, 1, 0].into_iter();
        assert_eq!(repeat("aé漢😀z", || copies.next().unwrap()), "a漢漢漢😀");
    }

    #[test]
    fn t_12_if_nothing_is_left_the_first_code_point_is() {
        assert_eq!(repeat("éab", || 0), "é");
        assert_eq!(repeat("", || 0), "");
    }

    #[test]
    fn t_13_the_bound_is_met_exactly() {
        for (text, points) in [("a", 1), ("é漢", 2), ("abcdefghij", 10)] {
            let result = repeat(text, || usize::MAX);
            assert_eq!(result.chars().count(), 4 * points + 64);
        }
        // The bound counts only what goes beyond the first copy, wherever the first copies are.
        let mut copies = [0, 1, 70, 1, 5].into_iter();
        assert_eq!(
            repeat("abcde", || copies.next().unwrap()).len(),
            1 + 70 + 1 + 5
        );
        let mut copies = [0, 1, 80, 1, 5].into_iter();
        assert_eq!(
            repeat("abcde", || copies.next().unwrap()).len(),
            1 + 80 + 1 + 1
        );
        let mut copies = [0, 1, 79, 1, 5].into_iter();
        assert_eq!(
            repeat("abcde", || copies.next().unwrap()).len(),
            1 + 79 + 1 + 2
        );
    }

    #[test]
    fn t_13_no_response_is_longer_than_the_bound_and_some_reach_it() {
        let mut rng = rng();
        let longest = (0..100_000)
            .map(|_| apply(Action::Random, "a", &mut rng).len())
            .max()
            .unwrap();
        assert_eq!(longest, 4 + 64);
    }
}
