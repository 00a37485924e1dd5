//! Smaller things of every kind: what leaves out most comes first.

/// One item of the list alone, the list without its first or second half, or without one of its
/// items; not empty if `least` is 1.
pub(crate) fn lists<T: Clone>(list: &[T], least: usize) -> Vec<Vec<T>> {
    let half = list.len() / 2;
    let mut all = Vec::new();
    if list.len() > 2 {
        all.extend(list.iter().map(|one| vec![one.clone()]));
    }
    if half > 1 {
        all.extend([list[..half].to_vec(), list[half..].to_vec()]);
    }
    all.extend((0..list.len()).rev().map(|index| {
        let mut rest = list.to_vec();
        rest.remove(index);
        rest
    }));
    all.retain(|rest| rest.len() >= least);
    all
}

/// The list with one of its items made smaller.
pub(crate) fn items<T: Clone>(list: &[T], smaller: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let each = list.iter().enumerate();
    each.flat_map(|(index, item)| {
        smaller(item).into_iter().map(move |item| {
            let mut list = list.to_vec();
            list[index] = item;
            list
        })
    })
    .collect()
}

/// The thing after each of these changes that makes it another one.
pub(crate) fn plainer<T: Clone + PartialEq>(thing: &T, changes: &[fn(&mut T)]) -> Vec<T> {
    let mut all = with(thing, changes.to_vec(), |thing, change| change(thing));
    all.retain(|plainer| plainer != thing);
    all
}

/// The thing with one of its parts replaced by each of these.
pub(crate) fn with<T: Clone, P>(thing: &T, parts: Vec<P>, put: impl Fn(&mut T, P)) -> Vec<T> {
    let each = parts.into_iter().map(|part| {
        let mut thing = thing.clone();
        put(&mut thing, part);
        thing
    });
    each.collect()
}

/// The number, nearer to the least one that it may be.
pub(crate) fn numbers(number: usize, least: usize) -> Vec<usize> {
    let over = number.saturating_sub(least);
    let mut all: Vec<usize> = [over, over / 2, over / 8, 1]
        .into_iter()
        .filter(|less| *less > 0 && *less <= over)
        .map(|less| number - less)
        .collect();
    all.dedup();
    all
}

/// A shorter text, then a plainer one of the same length: `a` for a character or for all.
pub(crate) fn texts(text: &str) -> Vec<String> {
    /// Characters that are tried one by one.
    const FEW: usize = 12;
    let characters: Vec<char> = text.chars().collect();
    let mut all: Vec<Vec<char>> = Vec::new();
    let plain = |character: &char| *character == 'a';
    if characters.len() > FEW {
        let half = characters.len() / 2;
        all.extend([characters[..1].to_vec(), characters[half..].to_vec()]);
        all.push(characters[..half].to_vec());
        let (eighth, last) = (characters.len() / 8, characters.len() - 1);
        all.extend([characters[eighth..].to_vec(), characters[..last].to_vec()]);
    } else {
        all.extend(lists(&characters, 0));
    }
    if !characters.iter().all(plain) {
        all.push(vec!['a'; characters.len()]);
        all.extend(
            items(&characters[..characters.len().min(FEW)], |one| {
                if plain(one) { vec![] } else { vec!['a'] }
            })
            .into_iter()
            .map(|start| [&start, &characters[characters.len().min(FEW)..]].concat()),
        );
    }
    all.into_iter()
        .map(|text| text.into_iter().collect())
        .collect()
}

/// The same for bytes, which may be no text.
pub(crate) fn bytes(bytes: &[u8]) -> Vec<Vec<u8>> {
    match str::from_utf8(bytes) {
        Ok(text) => texts(text).into_iter().map(String::into_bytes).collect(),
        Err(_) => {
            let mut all = lists(bytes, 0);
            all.push(vec![b'a'; bytes.len()]);
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left when always the first smaller one that is bad is taken.
    fn smallest<T: Clone>(mut bad: T, smaller: fn(&T) -> Vec<T>, is_bad: impl Fn(&T) -> bool) -> T {
        while let Some(next) = smaller(&bad).into_iter().find(|one| is_bad(one)) {
            bad = next;
        }
        bad
    }

    #[test]
    fn what_matters_is_left() {
        let text = "Hello\u{2028} World, how are ß you? ".repeat(20);
        let left = smallest(text, |text| texts(text), |text| text.contains('ß'));
        assert_eq!(left, "ß");
        let long = smallest(
            "xyz".repeat(100),
            |text| texts(text),
            |text| text.len() > 255,
        );
        assert_eq!(long, "a".repeat(256));
        let left = smallest(
            b"abc\xff\xfe".to_vec(),
            |all| bytes(all),
            |all| all.contains(&0xff),
        );
        assert_eq!(left, b"\xff");
        let left = smallest(b"\xe6\xbc".to_vec(), |all| bytes(all), |all| all.len() == 2);
        assert_eq!(left, b"aa");
        assert_eq!(smallest(1000, |n| numbers(*n, 3), |n| *n > 77), 78);
        let list = smallest(
            (0..50).collect(),
            |all: &Vec<u32>| lists(all, 1),
            |all| all.contains(&7) && all.contains(&31),
        );
        assert_eq!(list, [7, 31]);
    }
}
