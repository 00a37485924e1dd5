use crate::figure::{Goal, Unit};

const KIB: f64 = 1024.0;
const MIB: f64 = KIB * 1024.0;
const GIB: f64 = MIB * 1024.0;

/// How values of a unit are shown: the size of the unit that suits `typical`, and its name.
fn scale(unit: Unit, typical: f64) -> (f64, &'static str) {
    match unit {
        Unit::PerSecond if typical >= 1e4 => (1e3, "k/s"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::BytesPerSecond => (GIB, "GiB/s"),
        Unit::SecondsPerByte => (1.0 / GIB, "s/GiB"),
        Unit::Bytes => (MIB, "MiB"),
        Unit::Seconds if typical < 1e-3 => (1e-6, "µs"),
        Unit::Seconds if typical < 1.0 => (1e-3, "ms"),
        Unit::Seconds => (1.0, "s"),
    }
}

/// Three digits that count, and no more after the point than that takes.
pub(super) fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0..100.0 => 1,
        1.0..10.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// `values` in the size of the unit that suits the first of them, without its name, and its name.
pub(super) fn scaled<const N: usize>(
    unit: Unit,
    typical: f64,
    values: [f64; N],
) -> ([String; N], &'static str) {
    let (size, name) = scale(unit, typical);
    (values.map(|value| three_digits(value / size)), name)
}

/// A value with its unit: `12.5 µs`.
///
/// ```
/// use bench::figure::Unit;
/// use bench::report::in_unit;
///
/// assert_eq!(in_unit(Unit::Seconds, 0.0000125), "12.5 µs");
/// assert_eq!(in_unit(Unit::BytesPerSecond, 1073741824.0), "1.00 GiB/s");
/// ```
pub fn in_unit(unit: Unit, value: f64) -> String {
    let ([shown], name) = scaled(unit, value, [value]);
    format!("{shown} {name}")
}

/// A size in bytes as people write it, in whole units where it is that: `64 B`, `1 MiB`.
pub fn size(bytes: usize) -> String {
    const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
        if bytes > 1 && (bytes + 1).is_multiple_of(unit) {
            return format!("{} {name} - 1", (bytes + 1) / unit);
        }
    }
    format!("{bytes} B")
}

/// `≥ 0.93`
pub(super) fn goal(goal: Goal) -> String {
    match goal {
        Goal::AtLeast(bound) => format!("≥ {bound:.2}"),
        Goal::AtMost(bound) => format!("≤ {bound:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_units_where_they_are() {
        for (bytes, shown) in [
            (64, "64 B"),
            (1500, "1500 B"),
            (1 << 20, "1 MiB"),
            ((128 << 20) - 1, "128 MiB - 1"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }

    #[test]
    fn values_have_three_digits_that_count() {
        for (unit, value, shown) in [
            (Unit::PerSecond, 9999.0, "9999 /s"),
            (Unit::PerSecond, 73_000.0, "73.0 k/s"),
            (Unit::Seconds, 0.0000004, "0.400 µs"),
            (Unit::Seconds, 0.0125, "12.5 ms"),
            (Unit::SecondsPerByte, 1.0 / GIB, "1.00 s/GiB"),
            (Unit::Bytes, 2.0 * MIB, "2.00 MiB"),
        ] {
            assert_eq!(in_unit(unit, value), shown);
        }
    }
}
