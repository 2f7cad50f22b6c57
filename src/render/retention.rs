//! `imgplan check --retention` for a person: what to give each registry.

use std::fmt::Write as _;

use crate::error::Result;
use crate::render::json;
use crate::retention::Policies;
use crate::text::sanitise;

/// Each registry with where its rules go, and what they are.
pub fn text(policies: &Policies) -> Result<String> {
    let mut out = String::new();
    let Policies { gitlab, quay, harbor, ecr, notes } = policies;
    out.push_str("GitLab: Settings > Packages and registries > Cleanup policies\n");
    let _ = writeln!(out, "  keep tags matching:    {}", sanitise(&gitlab.name_regex_keep));
    let _ = writeln!(out, "  remove tags matching:  {}", sanitise(&gitlab.name_regex));
    out.push_str("\nHarbor: Tag Retention\n");
    let _ = writeln!(out, "  retain always, tags matching:  {}", sanitise(&harbor.always));
    for recent in &harbor.recent {
        let (days, tags) = (recent.days, sanitise(&recent.tags));
        let _ = writeln!(out, "  retain those pushed within the last {days} days, tags matching:  {tags}");
    }
    out.push_str("\nQuay: auto-prune policies of the repository\n");
    for policy in quay {
        let _ = writeln!(out, "  {}", sanitise(&policy.to_string()));
    }
    if quay.is_empty() {
        out.push_str("  none: there are no rules in [[expire]]\n");
    }
    out.push_str("\nAmazon ECR: a lifecycle policy\n");
    out.push_str(&String::from_utf8_lossy(&json::value(ecr)?));
    out.push('\n');
    for note in notes {
        let _ = writeln!(out, "note: {}", sanitise(note));
    }
    Ok(out)
}
