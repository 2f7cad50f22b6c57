//! StarlingX's own list of tags, read by lines and not by the program's reader, so that both cannot be wrong in the same
//! way.

use super::sandbox::Sandbox;

/// The list's name in the project.
pub const LIST: &str = "image-tags-bullseye.yaml";
/// Its entries, counted by hand (`grep -c '  - name'`).
pub const ENTRIES: usize = 50;

/// One entry.
pub struct Line {
    /// The repository's path in its registry.
    pub path: String,
    /// The tag that its build pushed.
    pub source: String,
    /// The tag that it gets.
    pub tag: String,
}

/// Writes the list with the registry's name rewritten, and this behind every target tag; nothing else is changed.
pub fn list(sandbox: &Sandbox, host: &str, behind: &str) -> Vec<Line> {
    sandbox.copy_fixture("starlingx");
    let mut text = sandbox.read(LIST).replace("docker.io/", &format!("{host}/"));
    if !behind.is_empty() {
        let line = |line: &str| match line.trim().starts_with("tag: ") {
            true => format!("{line}{behind}\n"),
            false => format!("{line}\n"),
        };
        text = text.lines().map(line).collect();
    }
    sandbox.write(LIST, &text);
    let values = |key: &str| -> Vec<String> {
        let value = |line: &str| line.trim().trim_start_matches("- ").strip_prefix(key).map(str::to_owned);
        text.lines().filter_map(value).collect()
    };
    let (names, sources, tags) = (values("name: "), values("src_build_tag: "), values("tag: "));
    assert_eq!((names.len(), sources.len(), tags.len()), (ENTRIES, ENTRIES, ENTRIES));
    let lines = names.into_iter().zip(sources).zip(tags);
    let line = |((name, source), tag): ((String, String), String)| {
        let path = name.split_once('/').expect("HOST/PATH").1.to_owned();
        Line { path, source, tag }
    };
    lines.map(line).collect()
}
