//! Steps made from steps: repeated, and one or another.

use super::Step;

/// The repetition at the start of a text, `*` or a count in braces: least, most, and the text behind it. Braces that
/// hold no count are plain characters.
pub(super) fn operator(text: &str) -> Option<(u32, Option<u32>, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some((0, None, rest));
    }
    let (min, rest) = number(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    Some((min, max, rest.strip_prefix('}')?))
}

/// A number without leading zeros; one too large for its type is the largest, which is refused later.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let sound = number == "0" || !number.is_empty() && !number.starts_with('0');
    sound.then(|| (number.parse().unwrap_or(u32::MAX), rest))
}

/// The steps `min` times, and up to `max` times or without end.
pub(super) fn times(steps: &[Step], min: u32, max: Option<u32>) -> Vec<Step> {
    let length = steps.len();
    let mut program: Vec<Step> = (0..min).flat_map(|_| steps.iter().cloned()).collect();
    match max {
        None => {
            program.push(Step::Fork(offset(length + 2)));
            program.extend_from_slice(steps);
            program.push(Step::Jump(-offset(length + 1)));
        }
        Some(max) => {
            // Each may be the last: it skips all that follow.
            for left in (1..=max.saturating_sub(min)).rev() {
                let behind = usize::try_from(left).unwrap_or(usize::MAX).saturating_mul(length + 1);
                program.push(Step::Fork(offset(behind)));
                program.extend_from_slice(steps);
            }
        }
    }
    program
}

/// One of the alternatives.
pub(super) fn either(alternatives: Vec<Vec<Step>>) -> Vec<Step> {
    let last = alternatives.len().saturating_sub(1);
    let length = alternatives.iter().map(Vec::len).sum::<usize>() + 2 * last;
    let mut program = Vec::with_capacity(length);
    for (index, steps) in alternatives.into_iter().enumerate() {
        if index == last {
            program.extend(steps);
        } else {
            program.push(Step::Fork(offset(steps.len() + 2)));
            program.extend(steps);
            program.push(Step::Jump(offset(length - program.len())));
        }
    }
    program
}

/// Programs are much shorter than any address space.
fn offset(steps: usize) -> isize {
    isize::try_from(steps).unwrap_or(isize::MAX)
}
