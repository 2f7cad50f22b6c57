//! `--format text`: the plan for a person at a terminal.
//!
//! One line says what happens to an image and why; below it stand the moves (tag -> digest) or the tags that a
//! build pushes, then what to know. Of many images those that need no attention take the one line alone, and what
//! several have to know is said once, at the end.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::decision::{Action, How};
use crate::plan::{Image, Plan};
use crate::render::many::{self, MANY};
use crate::text::sanitise;

/// How much is shown, and how.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Hashes and tags that need no attention, too.
    pub details: bool,
    /// With ANSI colours.
    pub colour: bool,
}

/// The plan as text.
pub fn plan(plan: &Plan, look: Look) -> String {
    let mut out = String::new();
    let short = plan.short();
    let _ = writeln!(out, "commit {short}: {}", summary(plan));
    let name_width =
        plan.images.iter().map(|image| unicode_width::UnicodeWidthStr::width(&*image.name)).max();
    let name_width = name_width.unwrap_or(0);
    if plan.images.len() < MANY || look.details {
        for image in &plan.images {
            headline(&mut out, image, &image.reason, name_width, look);
            details(&mut out, image, look);
            notes(&mut out, &sentences(image));
        }
        return out;
    }
    let said: Vec<Vec<String>> = plan.images.iter().map(sentences).collect();
    let names = plan.images.iter().map(|image| image.name.as_str());
    let said: Vec<(&str, &[String])> = names.zip(said.iter().map(Vec::as_slice)).collect();
    let divided = many::divide(&said);
    for (image, warnings) in plan.images.iter().zip(&divided.own) {
        match short_form(image) {
            Some(sentence) => headline(&mut out, image, &sentence, name_width, look),
            None => {
                headline(&mut out, image, &image.reason, name_width, look);
                details(&mut out, image, look);
            }
        }
        notes(&mut out, warnings);
    }
    many::write_shared(&mut out, &divided);
    out.push_str("all tags and digests: -v; one image: --image NAME\n");
    out
}

fn sentences(image: &Image) -> Vec<String> {
    image.warnings.iter().map(ToString::to_string).collect()
}

/// What stands behind the name where one line is enough; none for what a person should look at.
fn short_form(image: &Image) -> Option<String> {
    match image.action {
        Action::Build | Action::UpToDate | Action::Skip => Some(image.reason.clone()),
        // The move itself says why. An image from elsewhere, or one that nothing proves, is told in full.
        Action::Retag => {
            let proven = image.from.as_ref().is_some_and(|from| from.how == How::Content);
            let tags: Vec<&str> = image.moves.iter().map(|step| step.tag.as_str()).collect();
            let digest = image.digest.as_ref().filter(|_| proven)?;
            Some(format!("{} -> {digest}", tags.join(", ")))
        }
        Action::Conflict | Action::Unknown => None,
    }
}

pub(super) fn summary(plan: &Plan) -> String {
    let count = |action| plan.images.iter().filter(|image| image.action == action).count();
    let mut parts = Vec::new();
    for (action, word) in [
        (Action::Build, "to build"),
        (Action::Retag, "to retag"),
        (Action::UpToDate, "up to date"),
        (Action::Skip, "skipped"),
        (Action::Conflict, "in conflict"),
        (Action::Unknown, "unknown"),
    ] {
        match count(action) {
            0 => {}
            count => parts.push(format!("{count} {word}")),
        }
    }
    // There is a plan only where there are images; those that are refused do not stand in it.
    if parts.is_empty() { "no image could be planned".to_owned() } else { parts.join(", ") }
}

fn style(action: Action) -> Style {
    let color = match action {
        Action::UpToDate => AnsiColor::Green,
        Action::Retag => AnsiColor::Cyan,
        Action::Build => AnsiColor::Yellow,
        Action::Skip => AnsiColor::BrightBlack,
        Action::Conflict | Action::Unknown => AnsiColor::Red,
    };
    Style::new().fg_color(Some(color.into())).bold()
}

/// What happens, to whom, and why.
fn headline(out: &mut String, image: &Image, sentence: &str, name_width: usize, look: Look) {
    let style = if look.colour { style(image.action) } else { Style::new() };
    let _ = writeln!(
        out,
        "{style}{:<10}{style:#}  {:<name_width$}  {}",
        image.action.as_str(),
        sanitise(&image.name),
        sanitise(sentence)
    );
}

fn notes(out: &mut String, warnings: &[String]) {
    for warning in warnings {
        let _ = writeln!(out, "            {}", sanitise(&format!("note: {warning}")));
    }
}

fn details(out: &mut String, image: &Image, look: Look) {
    let mut line = |text: String| {
        let _ = writeln!(out, "            {}", sanitise(&text));
    };
    match (image.action, &image.digest) {
        (Action::Retag, Some(digest)) => {
            for step in &image.moves {
                line(format!("{}:{} -> {digest}", image.repository, step.tag));
            }
            if let Some(from) = &image.from {
                line(format!("found as {}", from.repository.tagged(&from.tag)));
            }
        }
        (Action::UpToDate, Some(_)) => {
            if let Some(reference) = &image.reference {
                line(reference.clone());
            }
        }
        (Action::Conflict, Some(digest)) => {
            line(format!("image with these inputs: {}@{digest}", image.repository))
        }
        _ => {}
    }
    if let Some(build) = &image.build {
        let dockerfile = match &build.target {
            Some(target) => format!("{}, target {target}", build.dockerfile),
            None => build.dockerfile.clone(),
        };
        line(format!("build {dockerfile} in {}", build.context));
        build.tags.iter().for_each(|tag| line(format!("push  {tag}")));
        for (name, context) in &build.contexts {
            line(format!("with  {name} = {context}"));
        }
    }
    if look.details {
        line(format!("content hash {}", image.content_hash));
        if !image.tags.is_empty() {
            let tags: Vec<&str> = image.tags.iter().map(|tag| tag.as_str()).collect();
            line(format!("wanted tags {}", tags.join(", ")));
        }
    }
}
