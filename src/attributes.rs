//! Which `.gitattributes` rules change the bytes of a file on disk.
//!
//! A build reads the checked-out file, the hash names the blob; between the two stand these attributes. Only
//! the files of the commit count: `info/attributes` and a user's own are no part of it, nor is
//! `core.ignoreCase`: names match as they are written. Parsing and matching
//! are gix's; lines that git ignores (a name that is none, `!pattern`, more than 2,047 bytes) are ignored here
//! alike. It must not know where the bytes come from: the caller passes regular files only, since git does not
//! follow a `.gitattributes` that is a link.

use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use gix_attributes::search::{MetadataCollection, Outcome};
use gix_attributes::{Search, StateRef};

use crate::error::{Error, Place, Result};

/// What changes a file between repository and disk; `crlf` is the old name of `text`.
const NAMES: [&str; 6] = ["crlf", "eol", "filter", "ident", "text", "working-tree-encoding"];

/// git's limits (`attr.h`): longer lines and larger files are ignored.
const MAX_LINE: usize = 2048;
const MAX_FILE: usize = 100 * 1024 * 1024;

/// The rules of one commit, or of as many of its folders as matter.
#[derive(Clone)]
pub struct Attributes {
    /// Folders with their bytes; matched in the order of their depth, whatever order they came in.
    files: Vec<(BString, Vec<u8>)>,
    search: Search,
    names: MetadataCollection,
}

impl Default for Attributes {
    fn default() -> Self {
        Attributes::new()
    }
}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|(folder, _)| folder)).finish()
    }
}

impl Attributes {
    /// No rules but git's own macro `binary`.
    pub fn new() -> Self {
        let mut names = MetadataCollection::default();
        let none: [&Path; 0] = [];
        // It reads no file, so it cannot fail.
        let search = Search::new_globals(none, &mut Vec::new(), &mut names).unwrap_or_default();
        Attributes { files: Vec::new(), search, names }
    }

    /// Adds the `.gitattributes` of a folder (empty for the root), in any order. Macros (`[attr]`) count in
    /// the root alone. Fails only where the folder's name is no path of this system.
    pub fn add(&mut self, folder: &BStr, bytes: &[u8]) -> Result<()> {
        if bytes.len() >= MAX_FILE {
            return Ok(());
        }
        let mut kept = Vec::with_capacity(bytes.len());
        for line in bytes.lines_with_terminator() {
            if line.strip_suffix(b"\n").unwrap_or(line).len() < MAX_LINE {
                kept.extend_from_slice(line);
            }
        }
        // A later list beats an earlier one, and the deeper folder has to win.
        let place = self.files.partition_point(|(known, _)| depth(known.as_bstr()) <= depth(folder));
        self.files.insert(place, (folder.to_owned(), kept));
        if place + 1 == self.files.len() {
            let (folder, kept) = &self.files[place];
            return push(&mut self.search, &mut self.names, folder.as_bstr(), kept);
        }
        let fresh = Attributes::new();
        (self.search, self.names) = (fresh.search, fresh.names);
        for (folder, kept) in &self.files {
            push(&mut self.search, &mut self.names, folder.as_bstr(), kept)?;
        }
        Ok(())
    }

    /// The rules that are in force for the file at `path`, sorted, as git writes them: `eol=lf text`,
    /// `-text`; empty if there are none. `!text` is the same as no rule.
    pub fn effective(&self, path: &BStr) -> String {
        self.matcher().effective(path)
    }

    /// For many files: what a search needs is set up once.
    pub fn matcher(&self) -> Matcher<'_> {
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&self.names, NAMES);
        Matcher { attributes: self, outcome }
    }
}

/// Asks [`Attributes`] about one file after the other.
pub struct Matcher<'a> {
    attributes: &'a Attributes,
    outcome: Outcome,
}

impl Matcher<'_> {
    /// As [`Attributes::effective`].
    pub fn effective(&mut self, path: &BStr) -> String {
        if self.attributes.files.is_empty() {
            return String::new();
        }
        self.outcome.reset();
        let case = gix_attributes::glob::pattern::Case::Sensitive;
        let search = &self.attributes.search;
        search.pattern_matching_relative_path(path, case, Some(false), &mut self.outcome);
        let mut rules: Vec<String> = self
            .outcome
            .iter_selected()
            .filter_map(|found| {
                let name = found.assignment.name.as_str();
                match found.assignment.state {
                    // `git_path_check_ident`: set or nothing.
                    StateRef::Unset | StateRef::Value(_) if name == "ident" => None,
                    StateRef::Set => Some(name.to_owned()),
                    StateRef::Unset => Some(format!("-{name}")),
                    // Percent signs keep two values apart that are no UTF-8.
                    StateRef::Value(value) => Some(format!("{name}={}", printable(value.as_bstr()))),
                    StateRef::Unspecified => None,
                }
            })
            .collect();
        rules.sort();
        rules.join(" ")
    }
}

fn depth(folder: &BStr) -> usize {
    if folder.is_empty() { 0 } else { 1 + folder.find_iter("/").count() }
}

fn printable(value: &BStr) -> String {
    let mut text = String::with_capacity(value.len());
    for &byte in value.iter() {
        match byte {
            b'%' | 0..=b' ' | 0x7f.. => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

fn push(search: &mut Search, names: &mut MetadataCollection, folder: &BStr, bytes: &[u8]) -> Result<()> {
    let place = || Place::file(format!("{}/.gitattributes", folder.to_str_lossy()));
    let source = folder
        .to_path()
        .map_err(|error| {
            Error::invalid("the folder's name is no path on this system").at(place()).caused_by(error)
        })?
        .join(".gitattributes");
    search
        .add_patterns_buffer(bytes, source, Some(Path::new("")), names, folder.is_empty())
        .map_err(|error| Error::invalid("the attributes cannot be used").at(place()).caused_by(error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn effective(files: &[(&str, &str)], path: &str) -> String {
        let mut attributes = Attributes::new();
        for (folder, bytes) in files {
            attributes.add((*folder).into(), bytes.as_bytes()).unwrap();
        }
        attributes.effective(path.into())
    }

    #[test]
    fn ident_is_set_or_nothing() {
        for rule in ["-ident", "!ident", "ident=yes"] {
            assert_eq!(effective(&[("", &format!("*.m {rule}\n"))], "x.m"), "", "{rule}");
        }
        assert_eq!(effective(&[("", "*.m ident\n")], "x.m"), "ident");
    }

    #[test]
    fn rules_are_sorted_and_others_do_not_count() {
        let root = "*.sh text eol=lf diff=bash\n*.psd filter=lfs diff=lfs merge=lfs -text\n";
        assert_eq!(effective(&[("", root)], "a/run.sh"), "eol=lf text");
        assert_eq!(effective(&[("", root)], "x.psd"), "-text filter=lfs");
        assert_eq!(effective(&[("", root)], "x.txt"), "");
        assert_eq!(effective(&[], "x.sh"), "");
    }

    #[test]
    fn later_lines_and_deeper_folders_win_in_whatever_order_they_are_added() {
        let (root, deep) = (("", "*.txt text\n*.txt eol=crlf\n"), ("a/b", "*.txt -text !eol\n"));
        for files in [[root, deep], [deep, root]] {
            assert_eq!(effective(&files, "a/x.txt"), "eol=crlf text");
            assert_eq!(effective(&files, "a/b/x.txt"), "-text");
            assert_eq!(effective(&files, "a/bc/x.txt"), "eol=crlf text");
        }
    }

    #[test]
    fn one_file_says_nothing_of_the_next() {
        let mut attributes = Attributes::new();
        attributes
            .add("".into(), b"[attr]mine text eol=lf\n*.m mine\n*.bin binary\n*.png filter=lfs\n")
            .unwrap();
        let mut matcher = attributes.matcher();
        for (path, expected) in [
            ("a.m", "eol=lf text"),
            ("a", ""),
            ("a.bin", "-text"),
            ("a.png", "filter=lfs"),
            ("b", ""),
            ("b.m", "eol=lf text"),
        ] {
            assert_eq!(matcher.effective(path.into()), expected, "{path}");
            assert_eq!(attributes.effective(path.into()), expected, "{path}");
        }
    }

    #[test]
    fn macros_count_in_the_root_only() {
        assert_eq!(effective(&[("", "*.bin binary\n")], "x.bin"), "-text");
        assert_eq!(effective(&[("", "[attr]mine text eol=lf\n*.m mine\n")], "x.m"), "eol=lf text");
        assert_eq!(effective(&[("", "*.m mine\n[attr]mine ident\n")], "x.m"), "ident");
        assert_eq!(effective(&[("a", "[attr]mine text\n*.m mine\n")], "a/x.m"), "");
        assert_eq!(effective(&[("", "[attr]binary text\n*.bin binary\n")], "x.bin"), "text");
        assert_eq!(effective(&[("", "[attr]a b text\n[attr]b a\nx a\n")], "x"), "text", "a circle ends");
    }

    #[test]
    fn the_old_name_and_automatic_values_are_kept() {
        assert_eq!(effective(&[("", "* text=auto\n*.c crlf=input\n")], "x.c"), "crlf=input text=auto");
        assert_eq!(
            effective(&[("", "* working-tree-encoding=UTF-16\n")], "x"),
            "working-tree-encoding=UTF-16"
        );
    }

    #[test]
    fn what_git_ignores_is_ignored() {
        let long = format!("x text {}\n", "a".repeat(2048));
        assert_eq!(effective(&[("", &long)], "x"), "");
        assert_eq!(effective(&[("", "!x text\nx -te,xt text\n# x text\n")], "x"), "");
        assert_eq!(effective(&[("", "x/ text\n")], "x/y"), "", "a folder's rule is for no file");
    }
}
