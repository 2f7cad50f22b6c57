//! Sets of characters, and the named ones that Go knows.

pub(super) type Range = (u32, u32);
const LAST: u32 = char::MAX as u32;

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) ranges: Vec<Range>,
    pub(super) negated: bool,
}

impl Set {
    pub(super) fn has(&self, char: char) -> bool {
        let code = u32::from(char);
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&code)) != self.negated
    }
}

/// Every character but a newline: Go's `.` without the flag `s`.
pub(super) fn any() -> Set {
    Set { ranges: vec![(10, 10)], negated: true }
}

pub(super) fn one(char: char) -> Set {
    Set { ranges: vec![(char.into(), char.into())], negated: false }
}

/// Pairs of characters as ranges: `azAZ`; a pair may not be the wrong way round.
pub(super) fn ranges(pairs: &str) -> Vec<Range> {
    let chars: Vec<u32> = pairs.chars().map(u32::from).collect();
    chars.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
}

pub(super) fn complement(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut holes = Vec::new();
    let mut from = 0;
    for (low, high) in sorted {
        if low > from {
            holes.push((from, low - 1));
        }
        from = from.max(high + 1);
    }
    if from <= LAST {
        holes.push((from, LAST));
    }
    holes
}

/// Go's POSIX classes, ASCII only.
pub(super) fn posix(name: &str) -> Option<Vec<Range>> {
    Some(ranges(match name {
        "alnum" => "09AZaz",
        "alpha" => "AZaz",
        "ascii" => "\0\x7f",
        "blank" => "\t\t  ",
        "cntrl" => "\0\x1f\x7f\x7f",
        "digit" => "09",
        "graph" => "!~",
        "lower" => "az",
        "print" => " ~",
        "punct" => "!/:@[`{~",
        "space" => "\t\r  ",
        "upper" => "AZ",
        "word" => "09AZaz__",
        "xdigit" => "09AFaf",
        _ => return None,
    }))
}
