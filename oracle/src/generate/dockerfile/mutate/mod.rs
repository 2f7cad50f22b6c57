//! Changes of a Dockerfile that know what they change.
//!
//! Each has a name, by which verdicts are counted, and a weight: roughly half should leave the image as it was, since
//! that is what most commits do, and no rule of the hash should be without its change. The looks of a file change more
//! often than what a flag or an operator says for the same result.

mod looks;
mod reads;
mod stages;
mod values;

use super::model::{Dockerfile, Instruction};
use super::words::Site;

type Change = fn(&mut Dockerfile, &Site<'_>, &mut fastrand::Rng) -> Option<String>;

const CHANGES: [(u8, &str, Change); 28] = [
    (24, "comment added", looks::comment_added),
    (12, "comment removed", looks::comment_removed),
    (10, "blank line added", looks::blank_added),
    (12, "continuation lines wrapped anew", looks::rewrapped),
    (8, "letters of a keyword", looks::keyword_case),
    (6, "blanks at the end of a line", looks::trailing_blanks),
    (4, "line ends", looks::line_ends),
    (10, "unreached stage added", stages::stage_added),
    (2, "stage renamed", stages::stage_renamed),
    (8, "stages in another order", stages::stages_swapped),
    (8, "default of an ARG", values::arg_default),
    (8, "value of an ENV", values::env_value),
    (2, "ARG made ENV or the reverse", values::arg_or_env),
    (4, "expansion operator", values::expansion_operator),
    (14, "source of a copy", reads::copy_source),
    (4, "destination of a copy", reads::copy_destination),
    (4, "--chmod of a copy", reads::copy_chmod),
    (1, "--exclude of a copy", reads::copy_exclude),
    (4, "--parents of a copy", reads::copy_parents),
    (1, "--link of a copy", reads::copy_link),
    (4, "shell or JSON form", reads::form),
    (2, "instructions swapped", stages::instructions_swapped),
    (4, "instruction removed", stages::instruction_removed),
    (6, "source of a mount", reads::mount_source),
    (4, "target of a mount", reads::mount_target),
    (10, "body of a heredoc", values::heredoc_body),
    (4, "image configuration", values::configuration),
    (4, "base image", stages::base_image),
];

/// Every kind that [`mutate`] knows.
#[cfg(test)]
pub fn kinds() -> impl Iterator<Item = &'static str> {
    CHANGES.iter().map(|(_, kind, _)| *kind)
}

/// Changes something: its kind and detail. None where the drawn change has nothing to change.
pub fn mutate(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<(&'static str, String)> {
    let mut lot = rng.u32(..CHANGES.iter().map(|(weight, ..)| u32::from(*weight)).sum::<u32>());
    for (weight, kind, change) in CHANGES {
        match lot.checked_sub(u32::from(weight)) {
            Some(rest) => lot = rest,
            None => return change(dockerfile, site, rng).map(|detail| (kind, detail)),
        }
    }
    None
}

/// One of those that are there.
fn one<T>(rng: &mut fastrand::Rng, mut all: Vec<T>) -> Option<T> {
    if all.is_empty() { None } else { Some(all.swap_remove(rng.usize(..all.len()))) }
}

/// All instructions, those that `ONBUILD` holds back included.
fn instructions(dockerfile: &mut Dockerfile) -> impl Iterator<Item = &mut Instruction> {
    dockerfile.lines_mut().map(|line| match &mut line.instruction {
        Instruction::Onbuild(inner) => inner.as_mut(),
        other => other,
    })
}
