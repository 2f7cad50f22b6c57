//! A judged pair of commits as one text file that people read: what is kept of a failure, and what is replayed.
//!
//! The form is that of Go's txtar: a header, then sections `-- name --`. A section's name is `before/PATH` or
//! `after/PATH`, or `both/PATH` where the two commits agree, with the kind of entry behind it where it is no plain file:
//! `executable`, `link` (the text is the target), `submodule PATH` (a file of it). Bytes that a text file does not
//! hold well are escaped as in Rust, in a section marked `escaped`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

use crate::snapshot::{Node, Snapshot};

/// A pair of commits, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it shows, in lines.
    pub title: String,
    /// The image that is judged.
    pub image: String,
    /// Whether BuildKit makes the same image of both; none where it refuses the second.
    pub same_image: Option<bool>,
    /// Whether the content hashes are the same; none where imgplan refuses the second commit.
    pub same_hash: Option<bool>,
    /// The first commit.
    pub before: Snapshot,
    /// The second commit.
    pub after: Snapshot,
}

impl Case {
    /// As a text file.
    pub fn to_text(&self) -> Result<String> {
        let mut text = String::new();
        for line in self.title.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "image: {}", self.image);
        let _ = writeln!(text, "same image: {}", word(self.same_image));
        let _ = writeln!(text, "same hash: {}", word(self.same_hash));
        if self.before.images == self.after.images {
            section(&mut text, "both/imgplan.toml", self.before.configuration()?.as_bytes());
        } else {
            section(&mut text, "before/imgplan.toml", self.before.configuration()?.as_bytes());
            section(&mut text, "after/imgplan.toml", self.after.configuration()?.as_bytes());
        }
        for (path, node) in &self.before.files {
            let side = if self.after.files.get(path) == Some(node) { "both" } else { "before" };
            entry(&mut text, side, path, node);
        }
        for (path, node) in &self.after.files {
            if self.before.files.get(path) != Some(node) {
                entry(&mut text, "after", path, node);
            }
        }
        Ok(text)
    }

    /// Reads what [`Case::to_text`] wrote.
    pub fn parse(text: &str) -> Result<Case> {
        let (header, sections) = split(text);
        let mut title = String::new();
        let mut values = BTreeMap::new();
        for line in header.lines() {
            if let Some(line) = line.strip_prefix('#') {
                let _ = writeln!(title, "{}", line.strip_prefix(' ').unwrap_or(line));
            } else if let Some((key, value)) = line.split_once(": ") {
                values.insert(key, value);
            } else if !line.is_empty() {
                bail!("this line of the header is no `key: value`: {line}");
            }
        }
        let value =
            |key: &str| values.get(key).copied().with_context(|| format!("the header has no `{key}`"));
        let mut case = Case {
            title: title.trim_end().to_owned(),
            image: value("image")?.to_owned(),
            same_image: truth(value("same image")?)?,
            same_hash: truth(value("same hash")?)?,
            before: Snapshot::default(),
            after: Snapshot::default(),
        };
        for (name, body) in sections {
            let (side, name) = name.split_once('/').with_context(|| format!("section {name}: no side"))?;
            let sides: &mut [&mut Snapshot] = match side {
                "before" => &mut [&mut case.before],
                "after" => &mut [&mut case.after],
                "both" => &mut [&mut case.before, &mut case.after],
                other => bail!("section {name}: {other} is no side"),
            };
            for snapshot in sides {
                add(snapshot, name, &body).with_context(|| format!("section {name}"))?;
            }
        }
        Ok(case)
    }
}

fn word(truth: Option<bool>) -> &'static str {
    match truth {
        Some(true) => "yes",
        Some(false) => "no",
        None => "refused",
    }
}

fn truth(word: &str) -> Result<Option<bool>> {
    Ok(match word {
        "yes" => Some(true),
        "no" => Some(false),
        "refused" => None,
        other => bail!("{other} is not yes, no or refused"),
    })
}

fn entry(text: &mut String, side: &str, path: &str, node: &Node) {
    match node {
        Node::File { bytes, executable: false } => section(text, &format!("{side}/{path}"), bytes),
        Node::File { bytes, executable: true } => {
            section(text, &format!("{side}/{path} (executable)"), bytes)
        }
        Node::Link(target) => section(text, &format!("{side}/{path} (link)"), target.as_bytes()),
        Node::Submodule(files) => {
            for (name, bytes) in files {
                section(text, &format!("{side}/{path} (submodule {name})"), bytes);
            }
        }
    }
}

fn section(text: &mut String, name: &str, bytes: &[u8]) {
    let plain = std::str::from_utf8(bytes).ok().filter(|text| {
        (text.is_empty() || text.ends_with('\n'))
            && !text.contains(|c: char| c.is_control() && c != '\n')
            && !text.lines().any(|line| line.starts_with("-- "))
            && !text.contains('\u{feff}')
    });
    match plain {
        Some(plain) => {
            let _ = write!(text, "-- {name} --\n{plain}");
        }
        None => {
            let _ = writeln!(text, "-- {name} (escaped) --");
            // A line of the bytes stays a line of the file.
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let _ = writeln!(text, "{}", line.escape_ascii());
            }
        }
    }
}

fn split(text: &str) -> (String, Vec<(String, String)>) {
    let mut header = String::new();
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let name = line.trim_end_matches('\n').strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (name, sections.last_mut()) {
            (Some(name), _) => sections.push((name.to_owned(), String::new())),
            (None, Some((_, body))) => body.push_str(line),
            (None, None) => header.push_str(line),
        }
    }
    (header, sections)
}

fn add(snapshot: &mut Snapshot, name: &str, body: &str) -> Result<()> {
    let (name, bytes) = match name.strip_suffix(" (escaped)") {
        Some(name) => (name, unescape(body)?),
        None => (name, body.as_bytes().to_vec()),
    };
    if name == "imgplan.toml" {
        snapshot.images = Snapshot::images(std::str::from_utf8(&bytes)?)?;
        return Ok(());
    }
    let marked = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let (path, node) = match marked {
        Some((path, "executable")) => (path, Node::File { bytes, executable: true }),
        Some((path, "link")) => (path, Node::Link(String::from_utf8(bytes)?)),
        Some((path, mark)) if mark.starts_with("submodule ") => {
            let file = mark.trim_start_matches("submodule ").to_owned();
            let mut files = match snapshot.files.remove(path) {
                Some(Node::Submodule(files)) => files,
                _ => BTreeMap::new(),
            };
            files.insert(file, bytes);
            (path, Node::Submodule(files))
        }
        _ => (name, Node::File { bytes, executable: false }),
    };
    snapshot.files.insert(path.to_owned(), node);
    Ok(())
}

/// Undoes [`slice::escape_ascii`]; line ends of the file itself are not part of the bytes.
fn unescape(body: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = body.bytes().filter(|byte| *byte != b'\n');
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().context("an escape without end")? {
            b't' => b'\t',
            b'r' => b'\r',
            b'n' => b'\n',
            b'x' => {
                let digits = [rest.next().context("\\x")?, rest.next().context("\\x")?];
                u8::from_str_radix(std::str::from_utf8(&digits)?, 16)?
            }
            other => other,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Context, Image};

    #[test]
    fn a_case_is_read_as_it_was_written() -> Result<()> {
        let image = Image {
            name: "app".to_owned(),
            context: ".".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            target: Some("t".to_owned()),
            args: BTreeMap::from([("A".to_owned(), "1 \"2\"".to_owned())]),
            contexts: BTreeMap::from([
                ("v".to_owned(), Context::Folder("vendor".to_owned())),
                ("p".to_owned(), Context::Parent("base".to_owned())),
                ("e".to_owned(), Context::External("oracle.test/env".to_owned())),
            ]),
            platforms: vec!["linux/amd64".to_owned()],
        };
        let mut before = Snapshot { files: BTreeMap::new(), images: vec![image] };
        for (path, node) in [
            ("Dockerfile", Node::text("FROM plain\n")),
            ("no end", Node::text("a")),
            ("crlf (x)", Node::text("a\r\n-- b --\n\\\"\u{feff}\u{e4}")),
            ("bin/x", Node::File { bytes: vec![0, 255], executable: true }),
            ("link", Node::Link("../a b".to_owned())),
            ("empty", Node::text("")),
            (
                "sub",
                Node::Submodule(BTreeMap::from([
                    ("a/b".to_owned(), b"1\n".to_vec()),
                    ("c".to_owned(), Vec::new()),
                ])),
            ),
        ] {
            before.files.insert(path.to_owned(), node);
        }
        let mut after = before.clone();
        after.files.remove("no end");
        after.files.insert("empty".to_owned(), Node::text("not\n"));
        after.images[0].target = None;
        let case = Case {
            title: "two\nlines".to_owned(),
            image: "app".to_owned(),
            same_image: Some(false),
            same_hash: None,
            before,
            after,
        };
        assert_eq!(Case::parse(&case.to_text()?)?, case);
        Ok(())
    }
}
