//! The looks of a Dockerfile: comments, blank lines, continuations, letters of keywords.

use super::model::{Break, Case, Dockerfile, Layout};
use super::render;
use crate::generate::{chance, pick};

const COMMENTS: [&str; 7] = [
    "# install what the build needs",
    "# TODO: smaller",
    "#",
    "   # indented",
    "#RUN [\"/bin/false\"]",
    "# escape=`",
    "# ends in a backslash \\",
];

/// A comment that is none of the others' with some likelihood.
pub(super) fn comment(rng: &mut fastrand::Rng) -> String {
    format!("{} {}", pick(rng, &COMMENTS[..2]), rng.u8(..))
}

/// Lays out a whole file.
pub(super) fn lay_out(rng: &mut fastrand::Rng, dockerfile: &mut Dockerfile) {
    let loose = *pick(rng, &[0, 5, 15, 40]);
    for line in dockerfile.globals.iter_mut().chain(dockerfile.stages.iter_mut().flat_map(|s| &mut s.body)) {
        let words = render::words(&line.instruction).len();
        line.layout = layout(rng, loose, words);
    }
    for stage in &mut dockerfile.stages {
        stage.layout = layout(rng, loose, 2);
        stage.layout.above.insert(0, String::new());
    }
    if chance(rng, loose) {
        dockerfile.tail.push(comment(rng));
    }
}

fn layout(rng: &mut fastrand::Rng, loose: u8, words: usize) -> Layout {
    let mut layout = Layout::default();
    while chance(rng, loose) {
        let line = if chance(rng, 40) { "" } else { pick(rng, &COMMENTS) };
        layout.above.push(line.to_owned());
    }
    if chance(rng, loose) {
        layout.case = *pick(rng, &[Case::Lower, Case::Title]);
    }
    if chance(rng, loose / 3) {
        layout.indent = (*pick(rng, &["  ", "\t"])).to_owned();
    }
    if chance(rng, loose / 3) {
        layout.trailing = (*pick(rng, &[" ", "\t", "   "])).to_owned();
    }
    wrap(rng, &mut layout, words, loose);
    layout
}

/// Draws new line breaks for an instruction of so many words.
pub(super) fn wrap(rng: &mut fastrand::Rng, layout: &mut Layout, words: usize, percent: u8) {
    layout.breaks.clear();
    for index in 1..words {
        if chance(rng, percent) {
            let mut between = Vec::new();
            while chance(rng, 15) {
                between.push(pick(rng, &COMMENTS[..4]).to_string());
            }
            let indent = (*pick(rng, &["    ", "  ", "\t", ""])).to_owned();
            layout.breaks.insert(index, Break { between, indent });
        }
    }
}
