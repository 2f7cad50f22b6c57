//! The text of a drafted `imgplan.toml`. It quotes and escapes; what stands in it was decided before.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Drafted, Facts, LeftOut, Why};
use crate::config::{Image, ImageId, OWN_NAME};
use crate::text::sanitise;

/// The file.
pub(super) fn configuration(
    images: &[Drafted],
    left_out: &[LeftOut],
    definitions: &[String],
    prefixes: &BTreeSet<String>,
    facts: &Facts,
) -> String {
    let mut text =
        String::from("# The container images of this project. `imgplan check` reads this file.\n\n");
    repository(&mut text, prefixes, facts);
    for file in definitions {
        let _ = text.write_str(&other_program(file));
    }
    for image in images {
        let _ = write!(text, "\n{}", table(&image.image));
        parents(&mut text, image);
    }
    let mut heading = "\n# Left out, since a build could not read them as they are. `build-args` says what a FROM lacks, `generated`\n\
                       # what is made before the build, `context` where the files are.\n";
    for left in left_out {
        let Why::Fails(reason) = &left.why else { continue };
        let _ = write!(text, "{heading}#\n# {}\n", sanitise(reason));
        left.table.lines().for_each(|line| _ = writeln!(text, "# {line}"));
        heading = "";
    }
    let aside: Vec<_> = left_out.iter().filter(|left| left.why == Why::Aside).collect();
    if !aside.is_empty() {
        text.push_str("\n# Left out, since they look like examples or tests:\n");
        aside.iter().for_each(|left| _ = writeln!(text, "#   {}", sanitise(&left.dockerfile)));
    }
    text
}

/// A file that says how images are built, for another program: what it takes to read it, or what it may say that this
/// file does not.
fn other_program(file: &str) -> String {
    if file.ends_with(".hcl") {
        return format!(
            "# {file} is not read: `docker buildx bake --print > bake.json` makes a file that is, named here:\n\
             # definitions = [\"bake.json\"]\n"
        );
    }
    format!(
        "# {file} may set arguments, targets and platforms. This reads its images, in place of the tables below:\n\
         # definitions = [{}]\n",
        quoted(file)
    )
}

fn repository(text: &mut String, prefixes: &BTreeSet<String>, facts: &Facts) {
    if let Some(repository) = &facts.repository {
        let _ = writeln!(text, "repository = {}", quoted(repository));
        return;
    }
    match &facts.found {
        Some((repository, by)) => {
            let _ = writeln!(text, "# Where the images are. {};\n# written here it holds everywhere.", sanitise(by));
            let _ = writeln!(text, "# repository = {}", quoted(repository));
        }
        None => text.push_str(
            "# Where the images are. GitLab CI and GitHub Actions say it by themselves; elsewhere it is said here, by\n\
             # --repository or by IMGPLAN_REPOSITORY.\n\
             # repository = \"registry.example.org/group/project\"\n",
        ),
    }
    for prefix in prefixes {
        let _ = writeln!(
            text,
            "# Or below this one, as the Dockerfiles name them:\n# repository = {}",
            quoted(prefix)
        );
    }
}

/// The table of an image, without its parents.
pub(super) fn table(image: &Image) -> String {
    let Image { id, context, dockerfile, .. } = image;
    let mut text = match id {
        ImageId::Own => "[image]\n".to_owned(),
        ImageId::Named(name) => format!("[images.{name}]\n"),
    };
    if let Some(context) = context {
        let _ = writeln!(text, "context = {}", quoted(if context.is_empty() { "." } else { context }));
    }
    if let Some(dockerfile) = dockerfile {
        let _ = writeln!(text, "dockerfile = {}", quoted(dockerfile));
    }
    text
}

fn parents(text: &mut String, drafted: &Drafted) {
    if !drafted.parents.is_empty() {
        let _ = writeln!(text, "contexts = {{ {} }}", contexts(&drafted.parents));
    }
    if !drafted.perhaps.is_empty() {
        text.push_str("# If the image of this project is meant:\n");
        let _ = writeln!(text, "# contexts = {{ {} }}", contexts(&drafted.perhaps));
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
