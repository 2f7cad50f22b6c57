//! What two sequences of parts have in common, in order.
//!
//! It must not know what the parts mean.

use crate::parts::Part;

/// Files of so many parts are compared place by place where a proper comparison would take long.
const MOST_CELLS: usize = 4_000_000;

/// Places of parts that stayed, in order: a longest common subsequence, as long as that is affordable.
pub(super) fn common(before: &[Part], after: &[Part]) -> Vec<(usize, usize)> {
    let same = |(one, other): &(&Part, &Part)| one.is_same(other);
    let start = before.iter().zip(after).take_while(same).count();
    let (old, new) = (before.get(start..).unwrap_or_default(), after.get(start..).unwrap_or_default());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let mut kept: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    if old.len().saturating_mul(new.len()) <= MOST_CELLS {
        kept.extend(longest(old, new).into_iter().map(|(one, other)| (start + one, start + other)));
    }
    kept.extend((0..end).map(|at| (before.len() - end + at, after.len() - end + at)));
    kept
}

fn longest(old: &[Part], new: &[Part]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    // For each pair of places, how much the rests have in common.
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            lengths[i * width + j] = match one.is_same(other) {
                true => lengths[(i + 1) * width + j + 1] + 1,
                false => lengths[(i + 1) * width + j].max(lengths[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut kept = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i].is_same(&new[j]) {
            kept.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}
