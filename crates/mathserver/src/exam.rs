use fastrand::Rng;
use proto::math::Question;

use crate::Config;

/// A client that is asked a random number of questions is asked at most this many (MS-1).
const MOST_DRAWN_QUESTIONS: u32 = 20;

/// What one client is asked, and the secret for the right answers.
///
/// ```
/// use fastrand::Rng;
/// use mathserver::{Config, Exam};
///
/// let config = Config { questions: Some(2), secret: Some(*b"open 5es"), ..Config::default() };
/// let mut exam = Exam::draw(&config, Rng::with_seed(1));
/// assert_eq!((exam.questions(), exam.secret()), (2, *b"open 5es"));
/// assert_eq!(exam.question(), Exam::draw(&config, Rng::with_seed(1)).question());
/// ```
#[derive(Clone, Debug)]
pub struct Exam {
    questions: u32,
    secret: [u8; 8],
    random: Rng,
}

impl Exam {
    /// An exam for `config`; what that leaves open is drawn from `random`, as are all numbers.
    pub fn draw(config: &Config, mut random: Rng) -> Self {
        // Both are drawn in any case: what is drawn after them, then, does not depend on `config`.
        let questions = random.u32(1..=MOST_DRAWN_QUESTIONS);
        // Letters and digits are one byte each.
        let secret = [0; 8].map(|_: u8| random.alphanumeric() as u8);
        Self {
            questions: config.questions.unwrap_or(questions),
            secret: config.secret.unwrap_or(secret),
            random,
        }
    }

    /// How many questions are asked.
    pub fn questions(&self) -> u32 {
        self.questions
    }

    /// What the client gets if all its answers are right.
    pub fn secret(&self) -> [u8; 8] {
        self.secret
    }

    /// The next question. Its sum is any number of 32 bits, and never more (MS-3): the sum is
    /// drawn first, then where it is divided.
    pub fn question(&mut self) -> Question {
        let sum = self.random.u32(..);
        let left = self.random.u32(..=sum);
        Question {
            left,
            right: sum - left,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ms_1_what_is_not_given_is_drawn() {
        let mut random = Rng::with_seed(7);
        let exams: Vec<_> = (0..1000)
            .map(|_| Exam::draw(&Config::default(), random.fork()))
            .collect();
        let counts: HashSet<_> = exams.iter().map(Exam::questions).collect();
        assert_eq!(counts, (1..=20).collect());
        let secrets: HashSet<_> = exams.iter().map(Exam::secret).collect();
        assert_eq!(secrets.len(), 1000);
        assert!(secrets.iter().flatten().all(u8::is_ascii_alphanumeric));
        let bytes: HashSet<_> = secrets.iter().flatten().collect();
        assert_eq!(bytes.len(), 62);
    }

    #[test]
    fn ms_1_the_questions_do_not_depend_on_what_else_is_given() {
        let given = Config {
            questions: Some(0),
            secret: Some(*b"open 5es"),
            ..Config::default()
        };
        let mut one = Exam::draw(&given, Rng::with_seed(1));
        let mut other = Exam::draw(&Config::default(), Rng::with_seed(1));
        assert_eq!((one.questions(), one.secret()), (0, *b"open 5es"));
        for _ in 0..100 {
            assert_eq!(one.question(), other.question());
        }
    }

    #[test]
    fn ms_3_every_sum_fits_32_bits_and_the_whole_range_is_used() {
        let mut exam = Exam::draw(&Config::default(), Rng::with_seed(3));
        let (mut ones, mut zeros) = ((0, 0, 0), (0, 0, 0));
        for _ in 0..100_000 {
            let Question { left, right } = exam.question();
            let sum = left.checked_add(right).expect("the sum fits 32 bits");
            ones = (ones.0 | left, ones.1 | right, ones.2 | sum);
            zeros = (zeros.0 | !left, zeros.1 | !right, zeros.2 | !sum);
        }
        assert_eq!(ones, (u32::MAX, u32::MAX, u32::MAX));
        assert_eq!(zeros, (u32::MAX, u32::MAX, u32::MAX));
    }
}
