//! `explain` as text: an image's definition and inputs, what is left out, what changed, or what one path is.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::folders::{Group, Least, groups};
use super::text::Look;
use crate::explanation::{Against, Answers, Change, Explanation, Image, Input, LeftOut, Reason, State, Why};
use crate::text::sanitise;

/// Longer texts are cut, unless details are shown.
const LONGEST: usize = 100;
/// Folders of so many inputs that are read by the same lines are counted, unless details are shown.
const MANY: usize = 20;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// All that counts.
    Inputs,
    /// What is left out.
    Excluded,
    /// What changed.
    Changes,
}

/// The explanation as text.
pub fn explanation(explanation: &Explanation, section: Section, look: Look) -> String {
    let mut page = Page { out: String::new(), look };
    let commit = short(&explanation.commit, 7);
    let place = if explanation.worktree {
        format!("the working tree on {commit}")
    } else {
        format!("commit {commit}")
    };
    let since = explanation.against.as_deref().map(|against| short(against, 7));
    for image in &explanation.images {
        page.head(image, &place);
        match (section, &image.against) {
            (Section::Changes, Some(against)) => page.changes(against, since.as_deref().unwrap_or_default()),
            (Section::Excluded, _) => page.left_out(image, image.excluded.as_deref().unwrap_or_default()),
            _ => page.inputs(image),
        }
    }
    for name in &explanation.only_against {
        let since = since.as_deref().unwrap_or_default();
        page.line(0, &format!("{name}: {since} has this image, {place} has not"));
    }
    page.out
}

/// The answers as text.
pub fn answers(answers: &Answers) -> String {
    let mut page = Page { out: String::new(), look: Look { details: true, colour: false } };
    for answer in &answers.images {
        page.line(0, &format!("{}: {} {}", answer.name, answers.path, answer.text));
        answer.why.iter().for_each(|why| page.line(4, &shown(why)));
    }
    page.out
}

struct Page {
    out: String,
    look: Look,
}

impl Page {
    /// One line, safe for a terminal, whatever is in it.
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{}", "", sanitise(text.trim_end()));
    }

    fn style(&self, color: AnsiColor) -> Style {
        if self.look.colour { Style::new().fg_color(Some(color.into())).bold() } else { Style::new() }
    }

    fn cut(&self, text: &str) -> String {
        if self.look.details {
            return text.to_owned();
        }
        let first = text.lines().next().unwrap_or_default();
        let kept: String = first.chars().take(LONGEST).collect();
        if kept.len() < text.trim_end().len() { format!("{kept} …") } else { kept }
    }

    fn head(&mut self, image: &Image, place: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let style = self.style(AnsiColor::Cyan);
        let _ = writeln!(self.out, "{style}{}{style:#} in {place}", sanitise(&image.name));
        self.line(2, &format!("content hash  {}", image.content_hash));
        self.line(2, &format!("content tag   {}", image.content_tag));
        self.line(2, &format!("context       {}", image.context));
        self.line(2, &format!("Dockerfile    {}", image.dockerfile));
        if let Some(file) = &image.ignore_file {
            self.line(2, &format!("ignore file   {file}"));
        }
    }

    fn inputs(&mut self, image: &Image) {
        // What only counts stages says nothing to a person that the lines before it do not say.
        let parts = image
            .definition
            .iter()
            .filter(|part| self.look.details || !matches!(part.kind, "scheme" | "scratch" | "other-stage"));
        let parts: Vec<(String, String)> = parts
            .map(|part| {
                let text = match part.kind {
                    "instruction" | "global-arg" | "stage" | "not-known" => part.text.clone(),
                    kind => format!("{}: {}", kind.replace('-', " "), part.text),
                };
                (shown(&part.why), self.cut(&text))
            })
            .collect();
        let width = parts.iter().map(|(place, _)| width(place)).max().unwrap_or(0);
        self.line(2, "definition");
        for (place, text) in parts {
            let pad = width - self::width(&place);
            self.line(4, &format!("{}{:pad$}  {text}", sanitise(&place), ""));
        }
        match image.inputs.len() {
            0 => self.line(2, "no files"),
            1 => self.line(2, "1 file"),
            count => self.line(2, &format!("{count} files")),
        }
        let mut inputs: Vec<&Input> = image.inputs.iter().collect();
        inputs.sort_by(|one, other| one.path.cmp(&other.path));
        let items: Vec<(&str, &[Why])> =
            inputs.iter().map(|input| (input.path.as_str(), input.why.as_slice())).collect();
        for Group { range, folder } in groups(&items, self.least(MANY)) {
            let Some(first) = inputs.get(range.start) else { continue };
            let text = match folder {
                Some(folder) => format!("{:<15}  {folder}", files(range.len())),
                None => {
                    let attributes = match first.attributes.as_str() {
                        "" => String::new(),
                        attributes => format!(" [{attributes}]"),
                    };
                    let seen = if first.mode == "040000" { "/ (only that it is there)" } else { "" };
                    format!("{} {}  {}{seen}{attributes}", first.mode, short(&first.id, 8), first.path)
                }
            };
            self.line(4, &text);
            first.why.iter().for_each(|why| self.line(23, &self.cut(&shown(why))));
        }
    }

    fn least(&self, whole: usize) -> Least {
        let all = if self.look.details { usize::MAX } else { 0 };
        Least { whole: whole.max(all), row: MANY.max(all) }
    }

    fn left_out(&mut self, image: &Image, left: &[LeftOut]) {
        if left.is_empty() {
            return self.line(2, "nothing is left out: every file of its contexts is an input");
        }
        self.line(2, &format!("{} of its contexts left out", files(left.len())));
        // Beside the inputs, so that a folder that holds one never stands for what is left out.
        let mut items: Vec<(&str, Option<&Reason>)> =
            left.iter().map(|file| (file.path.as_str(), Some(&file.reason))).collect();
        items.extend(image.inputs.iter().map(|input| (input.path.as_str(), None)));
        items.sort_by_key(|(path, _)| *path);
        for Group { range, folder } in groups(&items, self.least(1)) {
            let Some((path, Some(cause))) = items.get(range.start) else { continue };
            let reason = match cause.reason {
                "ignored" => "ignored by",
                "excluded" => "excluded by",
                "not-listed" => "not listed in",
                "unread" => "read by no instruction",
                "dockerfile" => "the Dockerfile: what its instructions say counts",
                "ignore-file" => "the ignore file: what it leaves out counts",
                _ => "the configuration: what it says of the build counts",
            };
            let by = cause.by.as_ref().map(shown).unwrap_or_default();
            let what = match folder {
                Some(folder) => format!("{folder} ({})", files(range.len())),
                None => (*path).to_owned(),
            };
            self.line(4, &format!("{}  {reason} {}", sanitise(&what), self.cut(&by)));
        }
    }

    fn changes(&mut self, against: &Against, since: &str) {
        if against.content_hash.is_none() {
            return self.line(2, &format!("new: {}", against.summary));
        }
        if against.changes.is_empty() {
            return self.line(2, &format!("nothing that counts changed since {since}: no build is needed"));
        }
        let changes = match against.changes.len() {
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        };
        self.line(2, &format!("{changes} since {since}, so it is another image: {}", against.summary));
        let (files, parts): (Vec<&Change>, Vec<&Change>) =
            against.changes.iter().partition(|change| change.kind == "file");
        parts.into_iter().for_each(|change| self.part(change));
        let items: Vec<(&str, _)> =
            files.iter().map(|change| (change.subject.as_str(), (change.how, &change.why))).collect();
        for Group { range, folder } in groups(&items, self.least(MANY)) {
            let Some(change) = files.get(range.start) else { continue };
            match folder {
                Some(folder) => self.change(change.how, &format!("{folder} ({})", self::files(range.len()))),
                None => {
                    self.change(change.how, &change.subject);
                    self.line(13, &became(change.before.as_ref(), change.after.as_ref()));
                }
            }
            change.why.iter().for_each(|why| self.line(13, &self.cut(&shown(why))));
        }
    }

    fn change(&mut self, how: &str, subject: &str) {
        let style = self.style(match how {
            "added" => AnsiColor::Green,
            "removed" => AnsiColor::Red,
            _ => AnsiColor::Yellow,
        });
        let _ = writeln!(self.out, "    {style}{how:<7}{style:#}  {}", sanitise(subject));
    }

    fn part(&mut self, change: &Change) {
        let place = change.why.first().map(shown).unwrap_or_default();
        // Most subjects begin with the line already.
        let subject = match change.subject.starts_with(&place) {
            true => change.subject.clone(),
            false => format!("{} ({place})", change.subject),
        };
        self.change(change.how, &subject);
        for (sign, state) in [("-", &change.before), ("+", &change.after)] {
            let text = state.as_ref().and_then(|state| state.text.as_deref()).unwrap_or_default();
            if !text.is_empty() {
                self.line(13, &format!("{sign} {}", self.cut(text)));
            }
        }
    }
}

/// What a file was and is.
fn became(before: Option<&State>, after: Option<&State>) -> String {
    let show = |state: &State| {
        let id = state.id.as_deref().map(|id| short(id, 8)).unwrap_or_default();
        let attributes = match state.attributes.as_deref() {
            None | Some("") => String::new(),
            Some(attributes) => format!(" [{attributes}]"),
        };
        format!("{} {id}{attributes}", state.mode.unwrap_or_default())
    };
    let sides: Vec<String> = [before, after].into_iter().flatten().map(show).collect();
    sides.join(" -> ")
}

/// `Dockerfile:4: COPY requirements.txt /tmp/`, `imgplan.toml:7:11: images.app.inputs[0]: app/**`.
fn shown(why: &Why) -> String {
    let mut text = why.file.clone();
    for number in [why.line, why.column].into_iter().flatten() {
        let _ = write!(text, ":{number}");
    }
    for more in [why.key.as_deref(), Some(why.text.as_str())].into_iter().flatten() {
        if !more.is_empty() {
            let _ = write!(text, ": {more}");
        }
    }
    text
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

fn short(id: &str, digits: usize) -> String {
    id.chars().take(digits).collect()
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(&*sanitise(text))
}
