//! What `COPY`, `ADD` and mounts take from a context, against what BuildKit takes.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::tree::{Memory, Mode, Tree};

/// Counts what is read.
struct Counting {
    objects: Memory,
    trees: AtomicUsize,
    blobs: AtomicUsize,
}

impl Objects for Counting {
    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        self.trees.fetch_add(1, Ordering::Relaxed);
        self.objects.tree(id)
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        self.blobs.fetch_add(1, Ordering::Relaxed);
        self.objects.blob(id)
    }
}

/// A context of `path`, `link -> target` and `submodule^` lines.
struct Context {
    objects: Counting,
    root: Id,
    ignore: Ignore,
}

fn context(files: &[&str], ignore: &str) -> Context {
    let files = files.iter().map(|file| match file.split_once(" -> ") {
        Some((link, target)) => (format!("{link}@"), target.to_owned()),
        None => ((*file).to_owned(), format!("content of {file}")),
    });
    let (objects, root) = Memory::new(files);
    let objects = Counting { objects, trees: AtomicUsize::new(0), blobs: AtomicUsize::new(0) };
    Context { objects, root, ignore: Ignore::parse(".dockerignore", ignore.as_bytes()).unwrap() }
}

impl Context {
    fn view(&self) -> View<'_> {
        View { objects: &self.objects, root: self.root, ignore: &self.ignore }
    }

    /// What a line of flags and sources takes, for people.
    fn copy(&self, line: &str) -> String {
        let mut copy = Copy::default();
        for word in line.split(' ') {
            match word {
                "--parents" => copy.parents = true,
                "--widened" => copy.widened = true,
                _ => match word.strip_prefix("--exclude=") {
                    Some(exclude) => copy.excludes.push(exclude.to_owned()),
                    None => copy.sources.push(word.to_owned()),
                },
            }
        }
        show(self.view().copy(&copy).unwrap())
    }

    fn mount(&self, source: &str) -> String {
        show(self.view().mount(source.into()).unwrap())
    }
}

/// Paths with `/` behind empty folders, `@` behind links, `^` behind submodules.
fn show(taken: std::result::Result<Found, Absent>) -> String {
    match taken {
        Ok(found) => {
            let mark = |mode: Mode| match mode {
                Mode::Symlink => "@",
                Mode::Folder => "/",
                Mode::Submodule => "^",
                _ => "",
            };
            let paths: Vec<_> = found.iter().map(|(path, mode, _)| format!("{path}{}", mark(mode))).collect();
            paths.join(" ")
        }
        Err(Absent::Missing(path)) => format!("missing {path}"),
        Err(Absent::Ignored { path, line, pattern }) => format!("ignored {path} by {line}: {pattern}"),
        Err(Absent::BadPattern(pattern)) => format!("bad {pattern}"),
    }
}

fn check(context: &Context, cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(context.copy(line), *expected, "{line}");
    }
}

const TREE: &[&str] =
    &["a.txt", "b.txt", "c.md", "src/a.rs", "src/b.rs", "src/sub/c.rs", "src/sub/d.md", "doc/x.md"];

#[test]
fn plain_sources() {
    check(
        &context(TREE, ""),
        &[
            ("a.txt", "a.txt"),
            ("/a.txt ./b.txt", "a.txt b.txt"),
            ("../../a.txt", "a.txt"),
            ("src/../a.txt", "a.txt"),
            ("src", "src/a.rs src/b.rs src/sub/c.rs src/sub/d.md"),
            ("src/sub/.", "src/sub/c.rs src/sub/d.md"),
            ("src/", "src/a.rs src/b.rs src/sub/c.rs src/sub/d.md"),
            ("a.txt/", "a.txt"),
            ("gone", "missing gone"),
            ("a.txt gone/x b.txt", "missing gone/x"),
            ("a.txt/x", "missing a.txt/x"),
            ("--widened a.txt gone", "a.txt"),
            ("a\\*", "missing a\\*"),
        ],
    );
    let all = "a.txt b.txt c.md doc/x.md src/a.rs src/b.rs src/sub/c.rs src/sub/d.md";
    check(&context(TREE, ""), &[(".", all), ("/", all), ("src/..", all), ("..", all)]);
}

#[test]
fn wildcards() {
    check(
        &context(TREE, ""),
        &[
            ("*.txt", "a.txt b.txt"),
            ("s*", "src/a.rs src/b.rs src/sub/c.rs src/sub/d.md"),
            ("src/*.rs", "src/a.rs src/b.rs"),
            ("*/*.rs", "src/a.rs src/b.rs"),
            ("**/*.rs", "src/a.rs src/b.rs"),
            ("src/*/c.rs", "src/sub/c.rs"),
            ("[ab].tx?", "a.txt b.txt"),
            // A class takes a slash, too.
            ("doc[^a]x.md", "doc/x.md"),
            ("a.txt *.none", "a.txt"),
            ("*.none", ""),
            ("src/*.none", ""),
            ("a.txt/*", ""),
            ("gone/*.txt", "missing gone"),
            ("a.txt gone/*.txt", "missing gone"),
            ("--widened gone/*.txt", ""),
            ("[a", "bad [a"),
            ("*/b[", "bad */b["),
        ],
    );
    let widened = context(&["a", "b/c"], "").copy("--widened [a");
    assert_eq!(widened, "a b/c", "a pattern that is none takes all");
}

#[test]
fn excludes_are_relative_and_never_drop_what_is_named() {
    check(
        &context(TREE, ""),
        &[
            ("--exclude=*.md src doc", "doc/ src/a.rs src/b.rs src/sub/c.rs src/sub/d.md"),
            ("--exclude=**/*.md src", "src/a.rs src/b.rs src/sub/c.rs"),
            ("--exclude=sub src", "src/a.rs src/b.rs"),
            ("--exclude=/sub src", "src/a.rs src/b.rs src/sub/c.rs src/sub/d.md"),
            ("--exclude=sub --exclude=!sub/c.rs src", "src/a.rs src/b.rs src/sub/c.rs"),
            ("--exclude=a.txt *.txt", "a.txt b.txt"),
            ("--exclude=**/d.md --exclude=**/c.rs src", "src/a.rs src/b.rs src/sub/"),
            ("--exclude=a.txt a.txt", "a.txt"),
            ("--exclude=[ a.txt", "bad `[` is no valid pattern"),
        ],
    );
}

#[test]
fn parents_take_patternmatcher_patterns_and_a_pivot() {
    check(
        &context(TREE, ""),
        &[
            ("--parents **/*.md", "c.md doc/x.md src/sub/d.md"),
            ("--parents src/**/*.md", "src/sub/d.md"),
            ("--parents src/./sub/*.rs", "src/sub/c.rs"),
            ("--parents src/./sub", "src/sub/c.rs src/sub/d.md"),
            ("--parents ./src/sub", "src/sub/c.rs src/sub/d.md"),
            ("--parents src/../a.txt", "a.txt"),
            ("--parents src/gone", "missing src/gone"),
            ("--parents src/./gone", "missing src/gone"),
            ("--parents gone/./*", "missing gone"),
            ("--parents *.none", ""),
            // Files that are named themselves come along, whatever the pattern behind the pivot.
            ("--parents */./c.rs", "a.txt b.txt c.md doc/ src/"),
            ("--parents --exclude=**/sub src", "src/a.rs src/b.rs"),
            ("--parents [", "bad `[` is no valid pattern"),
        ],
    );
    check(
        &context(&["a/x", "a/l -> x", "l -> a"], ""),
        &[
            ("--parents l", "l@"),
            ("--parents l/x", "missing l/x"),
            ("--parents l/./x", "a/x l@"),
            ("--parents l/./gone", "missing a/gone"),
        ],
    );
}

#[test]
fn links_are_followed_as_in_a_chroot() {
    check(
        &context(
            &[
                "d/a",
                "d/up -> ../../../../d/a",
                "d/in -> a",
                "abs -> /d",
                "two -> abs",
                "gone -> nowhere",
                "x/l -> ../d",
            ],
            "",
        ),
        &[
            ("d", "d/a d/in@ d/up@"),
            ("d/up", "d/a d/up@"),
            ("abs", "abs@ d/a d/in@ d/up@"),
            ("abs/a", "abs@ d/a"),
            ("two/a", "abs@ d/a two@"),
            ("x/l/a", "d/a x/l@"),
            ("x/l/*n", "d/a d/in@ x/l@"),
            ("a*", "abs@ d/a d/in@ d/up@"),
            ("*/a", "d/a"),
            ("gone", "missing nowhere"),
            ("g*", "missing nowhere"),
            ("gone/x", "missing nowhere/x"),
            ("abs/../x", "x/l@"),
        ],
    );
}

#[test]
fn links_that_lead_nowhere_end() {
    check(
        &context(&["a -> b", "b -> a", "self -> self/self", "file", "past -> none/../file"], ""),
        &[("a", "missing a"), ("self", "missing self"), ("self/*", "missing self")],
    );
    let long = "x/".repeat(3_000);
    let line = format!("l -> {long}");
    check(&context(&[&line], ""), &[("l", "missing l")]);
}

#[test]
fn a_link_in_doubt_takes_everything() {
    // By its text `via/..` is the root, by its links it is `d`: BuildKit's parts do not agree.
    let context = context(&["d/e/f", "via -> d/e", "l -> via/../file", "file", "d/file", "other"], "");
    check(&context, &[("l", "d/e/f d/file file l@ other via@")]);
    check(&context, &[("other", "other")]);
}

#[test]
fn what_is_ignored_is_not_there() {
    let tree = context(
        &["a", "b", "d/x", "d/y", "e/x", "n/m/x", "l -> a", "k -> b"],
        "a\nd\n!d/x\ne/*\nn\nl\nk\n!k",
    );
    check(
        &tree,
        &[
            ("a", "ignored a by 1: a"),
            ("l", "ignored l by 6: l"),
            ("k", "b k@"),
            ("d", "d/x"),
            ("d/y", "ignored d/y by 2: d"),
            ("e", "e/"),
            ("e/x", "ignored e/x by 4: e/*"),
            ("e/*", ""),
            ("n", "ignored n by 5: n"),
            ("n/*", "ignored n by 5: n"),
            ("n/gone", "missing n/gone"),
            ("*", "b d/x e/ k@"),
            (".", "b d/x e/ k@"),
        ],
    );
    assert_eq!(show(Ok(tree.view().whole().unwrap())), "b d/x e/ k@");
    let linked = context(&["a", "l -> a"], "a");
    check(&linked, &[("l", "ignored a by 1: a")]);
}

#[test]
fn the_empty_folder_hides_what_is_in_it() {
    let one = context(&["a", "data/big"], "data/*");
    let other = context(&["a", "data/other", "data/more"], "data/*");
    let none = context(&["a"], "data/*");
    let whole = |context: &Context| {
        let found = context.view().whole().unwrap();
        found.iter().map(|(path, mode, id)| (path.to_owned(), mode, id)).collect::<Vec<_>>()
    };
    assert_eq!(whole(&one), whole(&other));
    assert_ne!(whole(&one).len(), whole(&none).len());
}

#[test]
fn submodules_are_leaves() {
    let context = context(&["sub^", "d/m^", "a"], "d/m/*\n!d/m/keep");
    check(
        &context,
        &[
            ("sub", "sub^"),
            ("sub/deep/file", "sub^"),
            ("sub/*.txt", "sub^"),
            ("*/file", "sub^"),
            ("s*", "sub^"),
            ("d", "d/m^"),
            ("d/m/keep", "d/m^"),
            ("d/m/other", "ignored d/m/other by 1: d/m/*"),
            ("--parents sub/file", "sub^"),
            ("--parents sub/*.txt", "sub^"),
        ],
    );
}

#[test]
fn mounts_show_a_whole_subtree() {
    let context = context(&["a", "d/x", "d/l -> ../a", "l -> d", "n/x"], "n");
    for (source, expected) in [
        ("/", "a d/l@ d/x l@"),
        ("", "a d/l@ d/x l@"),
        (".", "a d/l@ d/x l@"),
        ("d", "d/l@ d/x"),
        ("/l/", "d/l@ d/x l@"),
        ("d/l", "a d/l@"),
        ("gone", "missing gone"),
        ("*", "missing *"),
        ("n", "ignored n by 1: n"),
    ] {
        assert_eq!(context.mount(source), expected, "{source}");
    }
}

#[test]
fn only_folders_on_the_way_are_read() {
    for (ignore, line, trees, blobs) in [
        ("", "a/b.txt", 2, 0),
        ("", "a/*.txt", 2, 0),
        ("", "*.txt", 1, 0),
        ("", "*/b.txt", 4, 0),
        ("", "a/b/deep/x a/b.txt", 6, 0),
        ("", "--parents a/b.txt", 2, 0),
        ("", "--parents a/b/./deep", 4, 0),
        ("big", ".", 5, 0),
        ("*\n!a/b.txt", ".", 2, 0),
        ("", "l/b.txt", 3, 1),
    ] {
        let context = context(&["a/b.txt", "a/b/deep/x", "big/1/2/3", "c/d", "l -> a"], ignore);
        context.copy(line);
        let read =
            (context.objects.trees.load(Ordering::Relaxed), context.objects.blobs.load(Ordering::Relaxed));
        assert_eq!(read, (trees, blobs), "{ignore} {line}");
    }
}

#[test]
fn many_folders_are_shared_among_threads_and_come_in_order() {
    let files = |n: usize| {
        ["-a", "/x", "/e/gone", ".b/c/y"]
            .map(|end| format!("top/d{n}{end}"))
            .into_iter()
            .chain([format!("hollow/{n}/x")])
    };
    let files: Vec<String> = (0..100).flat_map(files).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let context = context(&files, "top/*/e/*");
    let mut expected: Vec<(&str, &str)> = vec![("hollow", "hollow/")];
    for file in files.iter().filter(|file| !file.starts_with("hollow")) {
        let folder = file.strip_suffix("/gone");
        let shown = if folder.is_some() { file.trim_end_matches("gone") } else { file };
        expected.push((folder.unwrap_or(file), shown));
    }
    expected.sort();
    let expected: Vec<&str> = expected.into_iter().map(|(_, shown)| shown).collect();
    // An exception makes the walk look into each of the excluded folders.
    assert_eq!(context.copy("--exclude=hollow/* --exclude=!nothing ."), expected.join(" "));
    assert_eq!(context.copy("top/*-a top/d7 top/d7/x").split(' ').count(), 102);
}

#[test]
fn what_was_found_is_sorted_and_stands_once() {
    let id = |n| Id::new(&[n; 20]).unwrap();
    let mut found = Found::default();
    for path in ["b/c", "a", "b/c", "b-", "d"] {
        found.push(path.as_bytes(), Mode::File, id(1));
    }
    for path in ["b", "e", "b/c-"] {
        found.push(path.as_bytes(), Mode::Folder, id(0));
    }
    for settled in [false, true] {
        for (path, there) in [
            ("b", true),
            ("b/c", true),
            ("b/", false),
            ("b/c/d", false),
            ("b-", true),
            ("c", false),
            ("e", true),
        ] {
            assert_eq!(found.has(path.as_bytes()), there, "{path} {settled}");
        }
        found.settle();
    }
    assert_eq!(show(Ok(found)), "a b- b/c b/c-/ d e/", "a folder in which something was found is not empty");
}

#[test]
fn hostile_input_ends() {
    let deep = format!("{}x", "d/".repeat(300));
    let context = context(&[&deep, "l -> l2/l2", "l2 -> l3/l3", "l3 -> ."], "");
    assert_eq!(context.copy(&"*/".repeat(300)), "d/".repeat(300) + "x");
    assert_eq!(context.copy(&format!("--parents {}x", "**/".repeat(40))), deep);
    context.copy("l/l/l/l/l/l");
}
