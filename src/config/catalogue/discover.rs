//! `discover`: every file of a commit that a pattern matches is an image.
//!
//! A link counts (whoever reads the Dockerfile follows it) but is not entered: what lies behind would be found twice. Of two patterns
//! that match a file the first one has it, so an odd name is told by an item before the pattern.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use crate::config::catalogue::Absent;
use crate::config::catalogue::capture::{Captures, names};
use crate::config::detect::slug;
use crate::config::fill::Values;
use crate::config::image::is_name;
use crate::config::pattern::Pattern;
use crate::config::raw::{Discover, Image};
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::{Error, Result};
use crate::text::sanitise;
use crate::tree::{EntryRef, Id, Mode, Objects};

/// A checked item of `discover`.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    item: Discover,
    pattern: Pattern,
    captures: Captures,
    /// One for each name of a path, up to the first `**`.
    names: Vec<Pattern>,
    /// Whether the walk is done at the last of them.
    ends: bool,
}

impl Finder {
    /// Checks the pattern; what is wrong is reported.
    pub(super) fn new(report: &mut Report<'_>, item: &Discover) -> Option<Finder> {
        let text = &item.pattern;
        let parsed = Pattern::new(&text.value)
            .and_then(|pattern| Captures::new(&text.value).map(|captures| (pattern, captures)));
        let (pattern, captures) = match parsed {
            Ok(parsed) => parsed,
            Err((message, offset)) => {
                report.wrong(&text.inside(offset), message);
                return None;
            }
        };
        if text.value.ends_with('/') {
            report.wrong_but(&text.place, "a folder, not a file", "name the Dockerfiles themselves");
            return None;
        }
        let names = names(&text.value);
        let ends = !text.value.contains("**") && names.len() == text.value.split('/').count();
        // So that `{3}` of a pattern with two wildcards is told before there is a match.
        let dummies = vec!["x".to_owned(); captures.count()];
        filled(report, item, &dummies);
        Some(Finder { item: item.clone(), pattern, captures, names, ends })
    }

    /// The images that it finds in a tree, without those whose file is `taken`.
    pub(super) fn find(
        &self,
        report: &mut Report<'_>,
        (objects, root): (&dyn Objects, &Id),
        absent: Absent,
        taken: &mut BTreeSet<String>,
    ) -> Result<Vec<Image>> {
        let paths = self.walk(objects, root)?;
        let place = &self.item.pattern.place;
        if paths.is_empty() && absent == Absent::Refused {
            let message = format!("no file of the commit matches {}", shown(self.pattern.as_str()));
            let hint = "a pattern names files from the repository's root: images/*/Dockerfile; `*` stays in a folder";
            report.wrong_but(place, message, hint);
        }
        let mut images = Vec::new();
        for path in paths {
            let before = report.count();
            let image = self.found(report, path.as_bstr(), taken);
            match absent {
                // No image of a commit that is only looked at.
                Absent::Passed if report.count() > before => report.forget_since(before),
                _ => images.extend(image),
            }
        }
        Ok(images)
    }

    /// The image of one path, unless it is `taken`.
    fn found(&self, report: &mut Report<'_>, path: &BStr, taken: &mut BTreeSet<String>) -> Option<Image> {
        let place = &self.item.pattern.place;
        let Ok(path) = path.to_str() else {
            let message =
                format!("{} cannot be an image's: its path is not UTF-8", sanitise(&path.to_str_lossy()));
            report.wrong(place, message);
            return None;
        };
        // Where both read a path alike, a path that matches has its captures.
        let parts = self.captures.of(path.into()).unwrap_or_default();
        let parts: Option<Vec<String>> =
            parts.into_iter().map(|part| String::from_utf8(part.into()).ok()).collect();
        let Some(parts) = parts else {
            let message =
                format!("{}: a wildcard of the pattern takes a part of a character", sanitise(path));
            let hint = "`?` and `[…]` take one byte, and a letter like `ä` has two: write `*`";
            report.wrong_but(place, message, hint);
            return None;
        };
        if taken.insert(path.to_owned()) { self.image(report, path, &parts) } else { None }
    }

    /// The paths that match. Only folders that can hold a match are read.
    fn walk(&self, objects: &dyn Objects, root: &Id) -> Result<Vec<BString>> {
        let mut found = Vec::new();
        // With a stack of its own: how deep a tree is, is up to whoever made it.
        let mut left = vec![(*root, BString::default(), 0)];
        while let Some((folder, path, depth)) = left.pop() {
            let tree = objects.tree(&folder)?;
            let name = self.names.get(depth);
            let mut look = |entry: EntryRef<'_>| {
                let below: BString = match path.is_empty() {
                    true => entry.name.to_owned(),
                    false => bstr::join("/", [path.as_bstr(), entry.name]).into(),
                };
                match entry.mode {
                    Mode::Folder if self.ends && depth + 1 >= self.names.len() => {}
                    Mode::Folder => left.push((entry.id, below, depth + 1)),
                    Mode::File | Mode::Executable | Mode::Symlink => {
                        // `Dockerfile.*` means no ignore files.
                        if self.pattern.matches(below.as_bstr()) && !below.ends_with(b".dockerignore") {
                            found.push(below);
                        }
                    }
                    Mode::Submodule => {}
                }
            };
            match name.and_then(Pattern::literal) {
                // Only this name is asked for, so nothing else of the folder counts for what is remembered of it.
                Some(literal) => tree.find(literal.as_bytes().as_bstr()).into_iter().for_each(&mut look),
                None => tree
                    .iter()
                    .filter(|entry| name.is_none_or(|name| name.matches(entry.name)))
                    .for_each(&mut look),
            }
        }
        found.sort();
        Ok(found)
    }

    /// The image of one file.
    fn image(&self, report: &mut Report<'_>, path: &str, parts: &[String]) -> Option<Image> {
        let place = &self.item.pattern.place;
        let mut image = filled(report, &self.item, parts);
        if image.name.is_none() {
            let folder = path.rsplit_once('/').map(|(folder, _)| folder.rsplit('/').next().unwrap_or(folder));
            image.name = folder.map(|folder| Text::made(folder, place.clone()));
        }
        let name = image.name.as_ref().map_or("", |name| name.value.as_str());
        if !is_name(name) {
            let message = match name {
                "" => format!("{} is in no folder that could name its image", sanitise(path)),
                name => format!("{} would be the image {}, which is no name", sanitise(path), shown(name)),
            };
            let better = slug(if name.is_empty() { "app" } else { name });
            report.push(Error::invalid(message).at(place.clone()).hint(format!(
                "put an item of its own before this one: {{ dockerfile = {path:?}, name = {better:?} }}; names are \
                 lower-case letters and digits, with `.`, `_`, dashes or `/` between them"
            )));
            return None;
        }
        image.dockerfile = Some(Text::made(path, place.clone()));
        image.places.insert("dockerfile".to_owned(), place.clone());
        Some(image)
    }
}

/// The item's table for what the wildcards matched.
fn filled(report: &mut Report<'_>, item: &Discover, parts: &[String]) -> Image {
    let numbers: Vec<String> = (1..=parts.len()).map(|number| number.to_string()).collect();
    let known = numbers.iter().map(String::as_str).zip(parts.iter().map(String::as_str)).collect();
    let values = Values { known, kind: "a wildcard of the pattern" };
    let mut image = values.table(report, &item.image);
    image.name = item.name.as_ref().map(|name| values.fill(report, name));
    image
}
