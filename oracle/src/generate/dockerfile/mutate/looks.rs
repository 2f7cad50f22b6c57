//! Changes of a Dockerfile's looks, which no build should mind.

use super::one;
use crate::generate::dockerfile::layout::{comment, wrap};
use crate::generate::dockerfile::model::{Case, Dockerfile, Layout};
use crate::generate::dockerfile::render;
use crate::generate::dockerfile::words::Site;
use crate::generate::pick;

fn layout<'a>(dockerfile: &'a mut Dockerfile, rng: &mut fastrand::Rng) -> Option<&'a mut Layout> {
    one(rng, dockerfile.layouts_mut().collect())
}

pub(super) fn comment_added(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let text = comment(rng);
    let layout = layout(dockerfile, rng)?;
    match layout.breaks.values_mut().next() {
        Some(at) if rng.bool() => at.between.push(text.clone()),
        _ => layout.above.push(text.clone()),
    }
    Some(text)
}

pub(super) fn comment_removed(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let above = one(rng, dockerfile.layouts_mut().map(|l| &mut l.above).filter(|a| !a.is_empty()).collect())?;
    above.pop()
}

pub(super) fn blank_added(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    layout(dockerfile, rng)?.above.push((*pick(rng, &["", "  ", "\t"])).to_owned());
    Some("a blank line".to_owned())
}

pub(super) fn rewrapped(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let line = one(rng, dockerfile.lines_mut().collect())?;
    let words = render::words(&line.instruction);
    wrap(rng, &mut line.layout, words.len(), 40);
    Some(words.join(" "))
}

pub(super) fn keyword_case(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let layout = layout(dockerfile, rng)?;
    layout.case =
        if layout.case == Case::Upper { *pick(rng, &[Case::Lower, Case::Title]) } else { Case::Upper };
    Some(format!("{:?}", layout.case))
}

pub(super) fn trailing_blanks(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let layout = layout(dockerfile, rng)?;
    layout.trailing.push_str(if rng.bool() { " " } else { "\t" });
    Some(format!("{:?}", layout.trailing))
}

pub(super) fn line_ends(dockerfile: &mut Dockerfile, _: &Site<'_>, _: &mut fastrand::Rng) -> Option<String> {
    dockerfile.style.crlf = !dockerfile.style.crlf;
    Some(format!("CRLF: {}", dockerfile.style.crlf))
}
