//! The frames of a math server. The decoder allocates nothing.

use proto::math::{Answer, Error, Frame, FrameDecoder};

use super::{assert_line, cuts, memory};

/// Any bytes as a stream of frames, and as answers.
pub fn frames(bytes: &[u8]) {
    memory::assert_at_most(0, || {
        let mut decoder = FrameDecoder::new();
        let mut input = bytes;
        while let Ok(Some(_)) = decoder.next(&mut input) {}
    });

    let (frames, end) = cuts::assert_no_difference(bytes, decode);
    let again: Vec<u8> = frames.iter().flat_map(|frame| frame.emit()).collect();
    let rest = bytes
        .strip_prefix(again.as_slice())
        .expect("frames emit what they came from");
    // M-6: the first byte of a frame is enough to refuse it.
    let first_holds = matches!(rest, [b'Q' | b'S', ..]);
    match end {
        Ok(()) => assert_eq!(rest, b""),
        Err(Error::UnknownKind { found }) => {
            assert_eq!((rest.first(), first_holds), (Some(&found), false));
        }
        Err(Error::Truncated { missing }) => {
            assert_eq!((rest.len() + missing, first_holds), (Frame::LEN, true));
        }
    }
    if let Err(error) = end {
        assert_line(error);
    }

    for frame in frames {
        if let Frame::Question(question) = frame {
            let sum = i64::from(question.left) + i64::from(question.right);
            assert_eq!(question.sum(), Answer(sum as u32));
            assert_eq!(Answer::parse(question.sum().emit()), question.sum());
        }
    }
    if let Some(bytes) = bytes.first_chunk() {
        assert_eq!(Answer::parse(*bytes).emit(), *bytes);
    }
}

fn decode(pieces: &[&[u8]]) -> (Vec<Frame>, Result<(), Error>) {
    let mut decoder = FrameDecoder::new();
    let mut frames = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break assert_eq!(piece, b""),
                Err(error) => return (frames, Err(error)),
            }
        }
    }
    (frames, decoder.finish())
}
