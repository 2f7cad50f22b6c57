//! The text of a drafted `imgplan.toml`. It quotes and escapes; what stands in it was decided before.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::images::ASIDE;
use super::{Drafted, Facts};
use crate::config::{Image, ImageId, OWN_NAME};
use crate::text::sanitise;

/// The file.
pub(super) fn configuration(
    images: &[Drafted],
    left_out: &[(String, String)],
    definitions: &[String],
    prefixes: &BTreeSet<String>,
    facts: &Facts,
) -> String {
    let mut text =
        String::from("# The container images of this project. `imgplan check` reads this file.\n\n");
    repository(&mut text, prefixes, facts);
    for file in definitions {
        let _ = writeln!(
            text,
            "# {file} is not read: arguments, targets and platforms that it sets belong here, too."
        );
    }
    for image in images {
        table(&mut text, image);
    }
    let (aside, failed): (Vec<_>, Vec<_>) = left_out.iter().partition(|(_, reason)| reason == ASIDE);
    for (path, reason) in failed {
        let _ =
            writeln!(text, "\n# Left out: {}, because of this:\n#   {}", sanitise(path), sanitise(reason));
    }
    if !aside.is_empty() {
        let _ = writeln!(text, "\n# Left out, since they look like examples or tests:");
        aside.iter().for_each(|(path, _)| _ = writeln!(text, "#   {}", sanitise(path)));
    }
    text
}

fn repository(text: &mut String, prefixes: &BTreeSet<String>, facts: &Facts) {
    if let Some(repository) = &facts.repository {
        let _ = writeln!(text, "repository = {}", quoted(repository));
        return;
    }
    match &facts.found {
        Some((repository, by)) => {
            let _ = writeln!(text, "# Where the images are, if not where {} says:", sanitise(by));
            let _ = writeln!(text, "# repository = {}", quoted(repository));
        }
        None => text.push_str(
            "# Where the images are. GitLab CI and GitHub Actions say it by themselves; elsewhere it is said here, by\n\
             # --repository or by IMGPLAN_REPOSITORY.\n\
             # repository = \"registry.example.org/group/project\"\n",
        ),
    }
    for prefix in prefixes {
        let _ = writeln!(text, "# The Dockerfiles name them by this one:\n# repository = {}", quoted(prefix));
    }
}

fn table(text: &mut String, drafted: &Drafted) {
    let Image { id, context, dockerfile, .. } = &drafted.image;
    match id {
        ImageId::Own => text.push_str("\n[image]\n"),
        ImageId::Named(name) => _ = writeln!(text, "\n[images.{name}]"),
    }
    if let Some(context) = context {
        let _ = writeln!(text, "context = {}", quoted(if context.is_empty() { "." } else { context }));
    }
    if let Some(dockerfile) = dockerfile {
        let _ = writeln!(text, "dockerfile = {}", quoted(dockerfile));
    }
    if !drafted.parents.is_empty() {
        let _ = writeln!(text, "contexts = {{ {} }}", contexts(&drafted.parents));
    }
    if !drafted.perhaps.is_empty() {
        let _ = writeln!(
            text,
            "# If the image of this project is meant:\n# contexts = {{ {} }}",
            contexts(&drafted.perhaps)
        );
    }
}

fn contexts(parents: &[(String, ImageId)]) -> String {
    let all = parents.iter().map(|(written, parent)| {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let key = if written.chars().all(bare) { written.clone() } else { quoted(written) };
        format!("{key} = {}", quoted(&format!("image:{}", name(parent))))
    });
    all.collect::<Vec<_>>().join(", ")
}

/// The name behind `image:`.
pub(super) fn name(id: &ImageId) -> &str {
    match id {
        ImageId::Own => OWN_NAME,
        ImageId::Named(name) => name,
    }
}

/// A basic string of TOML, in which everything that a terminal would obey or that cannot be seen is escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let unsafe_char = sanitise(c.encode_utf8(&mut [0; 4])) != c.to_string();
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if unsafe_char => _ = write!(out, "\\U{:08x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
