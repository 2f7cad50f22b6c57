//! A drawing of what stands on what, coloured by what happens to it, in Mermaid's language: GitHub and GitLab draw it
//! where it stands in Markdown.
//!
//! Names come from a repository: ids are made here, and a label holds nothing that the language could read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::decision::Action;
use crate::plan::Plan;
use crate::text::sanitise;

/// The longest label; names past it are cut in their middle, where they differ least.
const LABEL: usize = 40;

/// Mermaid's own limits, as GitHub has them: 500 lines between things, 50,000 characters. The rest is for the eye.
const EDGES: usize = 500;
const CHARACTERS: usize = 50_000;

/// The images of a plan, parents before what is built on them; none where there is nothing to draw, or too much.
pub(super) fn plan(plan: &Plan) -> Option<String> {
    let mut out = String::from("flowchart LR\n");
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for (index, image) in plan.images.iter().enumerate() {
        let _ = writeln!(
            out,
            "  i{index}[\"{}<br/>{}\"]:::{}",
            label(&image.name),
            image.action.as_str(),
            class(image.action)
        );
        ids.insert(&image.name, format!("i{index}"));
    }
    let mut edges = 0;
    for image in &plan.images {
        for parent in &image.depends_on {
            // A parent that was not asked for, and need not be built.
            if !ids.contains_key(parent.as_str()) {
                let id = format!("p{}", ids.len());
                let _ = writeln!(out, "  {id}[\"{}\"]:::other", label(parent));
                ids.insert(parent, id);
            }
            let (from, to) = (ids.get(parent.as_str())?, ids.get(image.name.as_str())?);
            let _ = writeln!(out, "  {from} --> {to}");
            edges += 1;
        }
    }
    out.push_str(CLASSES);
    (!plan.images.is_empty() && edges <= EDGES && out.len() <= CHARACTERS).then_some(out)
}

/// Light grounds with dark letters and a strong edge: they are read on a light page and on a dark one.
const CLASSES: &str = "  classDef build fill:#fff1c2,stroke:#9a6700,color:#1f2328\n  \
  classDef retag fill:#d5ebff,stroke:#0969da,color:#1f2328\n  \
  classDef current fill:#d3f5dc,stroke:#1a7f37,color:#1f2328\n  \
  classDef skipped fill:#e6e9ed,stroke:#59636e,color:#1f2328\n  \
  classDef trouble fill:#ffdfdb,stroke:#cf222e,color:#1f2328\n  \
  classDef other fill:#e6e9ed,stroke:#59636e,color:#1f2328,stroke-dasharray:4\n";

fn class(action: Action) -> &'static str {
    match action {
        Action::Build => "build",
        Action::Retag => "retag",
        Action::UpToDate => "current",
        Action::Skip => "skipped",
        Action::Conflict | Action::Unknown => "trouble",
    }
}

/// A name between quotation marks: everything but letters, digits and what stands in most names is a reference to its
/// character, `#34;` for a quotation mark.
fn label(name: &str) -> String {
    let name = sanitise(name);
    let length = name.chars().count();
    let shown: String = if length > LABEL {
        let half = LABEL / 2;
        name.chars().take(half).chain(['…']).chain(name.chars().skip(length - half)).collect()
    } else {
        name.into_owned()
    };
    let mut out = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            c if c.is_alphanumeric() => out.push(c),
            '-' | '_' | '.' | '/' | ' ' | '…' => out.push(c),
            c => _ = write!(out, "#{};", u32::from(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_no_syntax() {
        assert_eq!(label("team/my-app_2.x"), "team/my-app_2.x");
        assert_eq!(label("a\"]:::x; click b"), "a#34;#93;#58;#58;#58;x#59; click b");
        assert_eq!(label("<script>"), "#60;script#62;");
        let long = label(&format!("{}{}", "a".repeat(60), "b".repeat(60)));
        assert_eq!(long, format!("{}…{}", "a".repeat(20), "b".repeat(20)));
    }
}
