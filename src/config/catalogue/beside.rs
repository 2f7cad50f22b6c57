//! Files that bake and compose read beside the one that is named, without being asked: overrides, and `.env`.
//!
//! They are not merged here. Where one of them says something about a build, the images of the named file alone are not
//! those that the tool builds, so it is an error that says how to get one file.

use std::collections::BTreeSet;

use bstr::ByteSlice;

use crate::config::catalogue::node::Node;
use crate::config::catalogue::{Kind, compose, read, yaml};
use crate::config::paths;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::Result;
use crate::tree::{Id, Objects};

/// The only name under which bake adds overrides, and those.
const BAKE: (&[&str], &[&str]) =
    (&["docker-bake.json"], &["docker-bake.override.json", "docker-bake.override.hcl"]);

/// The same of compose.
const COMPOSE: (&[&str], &[&str]) = (
    &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"],
    &[
        "compose.override.yaml",
        "compose.override.yml",
        "docker-compose.override.yaml",
        "docker-compose.override.yml",
    ],
);

/// Reports an override that the tool would add to a file of definitions.
pub(super) fn overrides(
    report: &mut Report<'_>,
    tree: (&dyn Objects, &Id),
    (text, path, kind): (&Text, &str, Kind),
) -> Result<()> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let ((named, added), print) = match kind {
        Kind::Bake => (BAKE, "docker buildx bake --print > bake.json"),
        Kind::Compose => (COMPOSE, "docker compose config --no-interpolate > compose.resolved.yaml"),
    };
    if !named.contains(&name) {
        return Ok(());
    }
    for name in added {
        let other = paths::join(folder, name);
        let Some(bytes) = read(tree, &other)? else { continue };
        if matches!(kind, Kind::Compose) && !says_how(&bytes) {
            continue;
        }
        let message = format!("{} is merged into {} by whoever builds with it", shown(&other), shown(path));
        let hint =
            format!("only the file that is named is read here; merge them: {print}, and name that file");
        report.wrong_but(&text.place, message, hint);
    }
    Ok(())
}

/// Whether an override says how something is built; one that cannot be read might.
fn says_how(bytes: &[u8]) -> bool {
    let Some(Node::Map(document)) = yaml::document(&mut Report::new("", ""), "", bytes) else { return true };
    let says = |service: &Node| match service {
        Node::Map(service) => compose::SERVICE.iter().any(|key| service.get(key).is_some()),
        _ => true,
    };
    document.get("include").is_some()
        || match document.get("services") {
            None => false,
            Some(Node::Map(services)) => services.entries().any(|(_, service)| says(service)),
            Some(_) => true,
        }
}

/// The variables that a `.env` beside a compose file sets.
pub(super) fn set_beside(tree: (&dyn Objects, &Id), path: &str) -> Result<BTreeSet<String>> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(bytes) = read(tree, &paths::join(folder, ".env"))? else { return Ok(BTreeSet::new()) };
    let name = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches('\u{feff}').trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        // Both signs are taken.
        let (name, _) = line.split_once(['=', ':'])?;
        Some(name.trim().to_owned()).filter(|name| !name.starts_with('#'))
    };
    Ok(bytes.lines().filter_map(name).collect())
}
