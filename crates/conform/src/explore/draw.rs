use std::ops::Range;

/// What is not ASCII, or not to be printed, of every kind that has broken a program.
const ALPHABETS: &[&str] = &[
    "äöüéñßøÅÇ",
    "ЖжЯяЩщ",
    "ΟΔΥΣΣΕΥΣσς",
    "İıIi",
    "漢字かなカナ",
    "😀🇩🇪👩\u{200d}👧",
    "e\u{301}a\u{308}o\u{302}\u{323}",
    "שלום\u{200f}مرحبا",
    "\u{feff}ab",
    "\u{85}\u{2028}\u{2029}a",
    "\u{a0}\u{3000}\u{200b}a",
    "\u{80}\u{9f}\u{ad}a",
    "\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}",
    "ﬁŉǆǅß",
    "𐐀𐐨",
];

/// Lengths at which programs change: buffers, and what an integer holds.
const LIMITS: &[usize] = &[
    16, 32, 64, 100, 128, 255, 256, 512, 1000, 1024, 1460, 2048, 4096, 8192, 16384, 32768, 65535,
    65536,
];

/// Whether every program prints the character as it is: a letter of any script, a digit, a sign or a
/// blank.
pub(crate) fn is_plain(one: char) -> bool {
    one.is_alphanumeric() || one.is_ascii_graphic() || one == ' '
}

/// The same of a text, in every encoding.
pub(crate) fn is_plain_ascii(text: &str) -> bool {
    text.is_ascii() && text.chars().all(is_plain)
}

/// Draws a case: the same number makes the same draws.
#[derive(Debug)]
pub(crate) struct Draw {
    random: fastrand::Rng,
    case: u64,
}

impl Draw {
    pub(crate) fn new(case: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(case),
            case,
        }
    }

    /// The number itself: another one for each case.
    pub(crate) fn case(&self) -> u64 {
        self.case
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.random.usize(..times) == 0
    }

    pub(crate) fn number(&mut self, range: Range<usize>) -> usize {
        self.random.usize(range)
    }

    pub(crate) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.random.usize(..all.len())].clone()
    }

    /// A few: one most of the time.
    pub(crate) fn few(&mut self, most: usize) -> usize {
        match self.random.usize(..4) {
            0 | 1 => 1,
            2 => self.random.usize(1..=most.min(3)),
            _ => self.random.usize(1..=most),
        }
    }

    /// The length of a text: short most of the time, or at a limit, one below it or one above. The
    /// low limits come more often: they cost less.
    pub(crate) fn length(&mut self, most: usize) -> usize {
        let length = match self.random.usize(..20) {
            0 => 0,
            1..=12 => self.random.usize(1..12),
            13..=17 => self.random.usize(12..80),
            _ => self.pick(LIMITS).min(self.pick(LIMITS)) + self.random.usize(..3) - 1,
        };
        length.min(most)
    }

    /// Letters.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| self.random.alphabetic()).collect()
    }

    /// A text of so many characters: letters half of the time, or anything that UTF-8 allows.
    pub(crate) fn text(&mut self, length: usize) -> String {
        match self.random.usize(..20) {
            0..=9 => self.letters(length),
            10..=12 => (0..length).map(|_| self.random.char(' '..='~')).collect(),
            13 | 14 => self.mixed(length, "\n\r\t\0\u{1b}\u{8}\u{7f} ab"),
            _ => {
                let alphabet = self.pick(ALPHABETS);
                self.mixed(length, alphabet)
            }
        }
    }

    /// A text of so many plain characters, with no blanks at its ends.
    pub(crate) fn words(&mut self, length: usize) -> String {
        let text = self.text(length);
        let is_inside = |index| 0 < index && index + 1 < length;
        let plain = text.chars().enumerate().map(|(index, one)| match one {
            ' ' if is_inside(index) => ' ',
            one if is_plain(one) && one != ' ' => one,
            _ => 'x',
        });
        plain.collect()
    }

    /// Characters of an alphabet, with letters between them now and then.
    fn mixed(&mut self, length: usize, alphabet: &str) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let letters = self.one_in(2);
        (0..length)
            .map(|_| match letters && self.one_in(2) {
                true => self.random.alphabetic(),
                false => self.pick(&alphabet),
            })
            .collect()
    }

    /// Bytes that are not UTF-8, perhaps with text around them.
    pub(crate) fn not_utf8(&mut self) -> Vec<u8> {
        const BROKEN: [&[u8]; 9] = [
            b"\xff",
            b"\x80",
            b"\xc3",
            b"\xc0\xaf",
            b"\xe6\xbc",
            b"\xed\xa0\x80",
            b"\xf0\x9f\x98",
            b"\xf4\x90\x80\x80",
            b"\xfe\xff\0a",
        ];
        let broken = self.pick(&BROKEN);
        let [before, after] = [(); 2].map(|()| {
            let length = self.number(0..4);
            self.letters(length)
        });
        // What is cut off at the end is broken only there.
        let after = if self.one_in(2) { after } else { String::new() };
        [before.as_bytes(), broken, after.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_draws_and_another_one_others() {
        let draws = |case| {
            let mut draw = Draw::new(case);
            let length = draw.length(1000);
            (draw.text(20), length, draw.not_utf8())
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }

    #[test]
    fn texts_are_of_every_kind_and_what_is_not_utf8_is_not() {
        let mut draw = Draw::new(1);
        let texts: Vec<String> = (0..500).map(|_| draw.text(20)).collect();
        assert!(texts.iter().all(|text| text.chars().count() == 20));
        let count = |is: fn(char) -> bool| texts.iter().filter(|text| text.contains(is)).count();
        assert!(count(|c| c.len_utf8() == 4) > 5);
        assert!(count(|c| c == '\u{2028}') > 1 && count(|c| c == '\n') > 5);
        assert!((0..500).all(|_| str::from_utf8(&draw.not_utf8()).is_err()));
        let lengths: Vec<_> = (0..5000).map(|_| draw.length(70_000)).collect();
        assert!(
            [0, 1, 255, 256, 257]
                .iter()
                .all(|length| lengths.contains(length))
        );
    }
}
