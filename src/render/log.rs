//! A log for a person: a line for each commit, runs that share an image drawn together.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use renderdag::{Ancestor, GraphRowRenderer, Renderer as _};

use crate::text::sanitise;
use crate::timeline::{Behind, Entry, Place, Presence, Shown};

/// How it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With the graph of merges.
    pub graph: bool,
    /// With ANSI colours.
    pub colour: bool,
    /// Seconds since the epoch, for ages.
    pub now: i64,
    /// What is behind the last line.
    pub behind: Behind,
}

/// The whole log.
pub fn text(entries: &[Entry], look: Look) -> String {
    let mut out = String::new();
    let several = entries.iter().any(|entry| entry.images.len() > 1);
    let mut graph = GraphRowRenderer::new().output().with_min_row_height(1).build_box_drawing();
    for entry in entries {
        let mut lines = vec![head(entry, look)];
        for image in &entry.images {
            lines.push(line(image, several, look));
        }
        if !look.graph {
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "{}", line.trim_end());
            });
            continue;
        }
        let parents =
            entry.parents.iter().map(|parent| match entries.iter().any(|one| one.commit == *parent) {
                true => Ancestor::Parent(parent.clone()),
                false => Ancestor::Anonymous,
            });
        let built = entry.images.iter().any(|image| image.cause.is_some());
        let glyph = if built { "●" } else { "○" };
        let row = graph.next_row(entry.commit.clone(), parents.collect(), glyph.to_owned(), lines.join("\n"));
        row.lines().for_each(|line| {
            let _ = writeln!(out, "{}", line.trim_end());
        });
    }
    match look.behind {
        Behind::Nothing => {}
        Behind::More => out.push_str("history goes on: -n N shows more\n"),
        Behind::CutOff => out.push_str(
            "this clone's history ends here, as it is a shallow one: `git fetch --unshallow` gets the rest\n",
        ),
    }
    out
}

fn style(look: Look, color: AnsiColor) -> Style {
    if look.colour { Style::new().fg_color(Some(color.into())) } else { Style::new() }
}

fn head(entry: &Entry, look: Look) -> String {
    let (id, dim) = (style(look, AnsiColor::Yellow), style(look, AnsiColor::BrightBlack));
    let short = entry.commit.get(..7).unwrap_or(&entry.commit);
    format!(
        "{id}{short}{id:#} {dim}{:>8}{dim:#}  {}",
        age(look.now.saturating_sub(entry.time)),
        sanitise(&entry.subject)
    )
}

fn line(image: &Shown, several: bool, look: Look) -> String {
    let bracket = match image.place {
        Place::Alone => '─',
        Place::First => '╮',
        Place::Middle => '│',
        Place::Last => '╯',
    };
    let name = if several { format!("{}  ", sanitise(&image.name)) } else { String::new() };
    // What is the same as the line above need not be read again.
    let state = match image.place {
        Place::Middle | Place::Last if image.cause.is_none() => String::new(),
        _ => state(image, look),
    };
    let cause = image.cause.as_ref().map(|cause| {
        let mark = style(look, AnsiColor::Cyan);
        format!("  {mark}{}{mark:#}", sanitise(cause))
    });
    format!("        {bracket} {name}{state}{}", cause.unwrap_or_default())
}

fn state(image: &Shown, look: Look) -> String {
    let (good, bad, dim) =
        (style(look, AnsiColor::Green), style(look, AnsiColor::Red), style(look, AnsiColor::BrightBlack));
    let digest = image.digest.as_ref().map(ToString::to_string);
    let digest = digest.as_deref().and_then(|digest| digest.get(..19)).unwrap_or("image");
    let tag = image.content_tag.as_ref().map(ToString::to_string);
    let tag = tag.as_deref().and_then(|tag| tag.get(..tag.len().min(16))).unwrap_or_default();
    let built = image.built.as_ref().map(|built| match built.shown() {
        Some(time) => format!("{}, built {time}", built.tag),
        None => built.tag.to_string(),
    });
    let tag = built.as_deref().unwrap_or(tag);
    match image.image {
        Presence::CommitTag | Presence::ContentTag => format!("{good}{digest}{good:#} {dim}{tag}{dim:#}"),
        Presence::OtherCommit => format!("{good}by another commit's tag{good:#} {dim}{tag}{dim:#}"),
        Presence::Missing => format!("no image {dim}{tag}{dim:#}"),
        Presence::Unknown => format!("{bad}the registry did not say{bad:#} {dim}{tag}{dim:#}"),
        Presence::Refused => format!("{bad}no build takes it{bad:#}"),
    }
}

/// As git says it, shorter.
fn age(seconds: i64) -> String {
    const UNITS: [(i64, &str); 6] =
        [(31_557_600, "y"), (2_629_800, "mo"), (604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "min")];
    match UNITS.iter().find(|(length, _)| seconds >= *length) {
        Some((length, unit)) => format!("{} {unit}", seconds / length),
        None => "now".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        for (seconds, shown) in [(-5, "now"), (59, "now"), (60, "1 min"), (7_300, "2 h"), (40_000_000, "1 y")]
        {
            assert_eq!(age(seconds), shown);
        }
    }
}
