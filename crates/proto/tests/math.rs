//! Math frames under any cut and damage, and a whole lesson in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use proptest::prelude::*;
use proto::math::{Answer, Error, Frame, FrameDecoder, Question};

use common::{any_places, cuts, damaged, pieces};

/// Two questions and the secret.
const FRAMES: &[u8] = b"Q\0\0\0\x02\0\0\0\x28Q\xff\xff\xff\xff\0\0\0\x01Sopen 5es";

/// What a client saw: the frames before the stream ended or went wrong, and how it ended.
fn decode(pieces: &[&[u8]]) -> (Vec<Frame>, Result<(), Error>) {
    let mut decoder = FrameDecoder::new();
    let mut frames = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break assert!(piece.is_empty()),
                Err(error) => return (frames, Err(error)),
            }
        }
    }
    (frames, decoder.finish())
}

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        any::<(u32, u32)>().prop_map(|(left, right)| Frame::Question(Question { left, right })),
        any::<[u8; 8]>().prop_map(Frame::Secret),
    ]
}

#[test]
fn m_5_no_cut_makes_a_difference() {
    let whole = decode(&[FRAMES]);
    assert_eq!((whole.0.len(), whole.1), (3, Ok(())));
    for pieces in cuts(FRAMES) {
        assert_eq!(decode(&pieces), whole, "{pieces:?}");
    }
}

#[test]
fn m_6_every_prefix_inside_a_frame_is_incomplete() {
    let whole = decode(&[FRAMES]).0;
    for len in 0..FRAMES.len() {
        let (frames, end) = decode(&[&FRAMES[..len]]);
        assert_eq!(frames, whole[..len / Frame::LEN]);
        let begun = len % Frame::LEN;
        let wanted = if begun == 0 {
            Ok(())
        } else {
            Err(Error::Truncated {
                missing: Frame::LEN - begun,
            })
        };
        assert_eq!(end, wanted, "after {len} bytes");
    }
}

#[test]
fn m_6_damage_gives_another_frame_or_an_error() {
    let whole = decode(&[FRAMES]);
    for bytes in damaged(FRAMES) {
        let (frames, end) = decode(&[&bytes]);
        assert_ne!(frames, whole.0);
        let kinds_hold = bytes
            .iter()
            .step_by(Frame::LEN)
            .all(|byte| b"QS".contains(byte));
        assert_eq!(end.is_ok(), kinds_hold);
    }
}

#[test]
fn m_3_a_client_that_adds_gets_the_secret() {
    let questions = [(2, 40), (u32::MAX, 1), (0, 0)].map(|(left, right)| Question { left, right });
    let mut decoder = FrameDecoder::new();
    for question in questions {
        let bytes = Frame::Question(question).emit();
        let Ok(Some(Frame::Question(asked))) = decoder.next(&mut &bytes[..]) else {
            panic!("no question");
        };
        assert_eq!(Answer::parse(asked.sum().emit()), question.sum());
    }
    let bytes = Frame::Secret(*b"open 5es").emit();
    assert_eq!(
        decoder.next(&mut &bytes[..]),
        Ok(Some(Frame::Secret(*b"open 5es")))
    );
    assert_eq!(decoder.finish(), Ok(()));
}

proptest! {
    #[test]
    fn m_2_any_bytes_are_the_frame_that_they_came_from_or_none(bytes: [u8; 9]) {
        match Frame::parse(bytes) {
            Ok(frame) => prop_assert_eq!(frame.emit(), bytes),
            Err(error) => prop_assert_eq!(error, Error::UnknownKind { found: bytes[0] }),
        }
    }

    #[test]
    fn m_2_any_32_bits_are_an_answer(bytes: [u8; 4]) {
        prop_assert_eq!(Answer::parse(bytes).emit(), bytes);
    }

    #[test]
    fn m_2_signed_numbers_give_the_same_bytes(left: i32, right: i32) {
        let question = Question { left: left as u32, right: right as u32 };
        prop_assert_eq!(question.sum().emit(), left.wrapping_add(right).to_be_bytes());
    }

    #[test]
    fn m_5_frames_survive_any_cut(
        frames in prop::collection::vec(any_frame(), 0..6),
        places in any_places(),
    ) {
        let bytes = frames.iter().flat_map(|frame| frame.emit()).collect::<Vec<u8>>();
        prop_assert_eq!(decode(&pieces(&bytes, &places)), (frames, Ok(())));
    }

    #[test]
    fn m_5_any_bytes_end_the_same_however_cut(
        bytes in prop::collection::vec(prop_oneof![Just(b'Q'), Just(b'S'), any::<u8>()], 0..40),
        places in any_places(),
    ) {
        prop_assert_eq!(decode(&pieces(&bytes, &places)), decode(&[&bytes]));
    }
}
