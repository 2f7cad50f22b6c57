//! Which files are Dockerfiles, and which only look like it.
//!
//! Judged by the name, and for templates by their text; it must not know where files are.

/// Endings of files that are about Dockerfiles, or in a language of their own.
const OTHERS: &[&str] = &[
    "dockerignore",
    "go",
    "html",
    "js",
    "json",
    "md",
    "py",
    "rs",
    "rst",
    "sh",
    "toml",
    "ts",
    "txt",
    "yaml",
    "yml",
];

/// Endings of files from which another program makes a Dockerfile.
const TEMPLATES: &[&str] =
    &["ejs", "erb", "gotmpl", "hbs", "in", "j2", "jinja", "jinja2", "mustache", "template", "tmpl", "tpl"];

/// Whether a path looks like a Dockerfile: `Dockerfile`, `Containerfile`, `Dockerfile.x`, `Dockerfile-x`,
/// `Dockerfile_x`, `x.Dockerfile`.
pub(super) fn dockerfile(path: &str) -> bool {
    let name = name(path);
    let ending = ending(&name);
    ["dockerfile", "containerfile"].iter().any(|stem| {
        ending == Some(stem)
            || name
                .strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    }) && !ending.is_some_and(|ending| OTHERS.contains(&ending))
}

/// Whether the name says that the file is a template.
pub(super) fn template(path: &str) -> bool {
    ending(&name(path)).is_some_and(|ending| TEMPLATES.contains(&ending))
}

/// Whether the text is that of a template: a line begins with a tag of a template language, or a name in a `FROM` has
/// one.
pub(super) fn template_text(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim_start).any(|line| {
        ["{{", "{%", "<%"].iter().any(|tag| line.starts_with(tag))
            || (line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("from "))
                && ["{{", "{%", "<%", "%%"].iter().any(|tag| line.contains(tag)))
    })
}

fn name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}
