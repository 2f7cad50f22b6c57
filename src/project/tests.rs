//! Whole commits in memory, with their `imgplan.toml`, through [`assess`]; other modules' tests use [`Commit`], too.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::config;
use crate::tree::Memory;

/// A commit: files by path, marked as [`Memory`] reads them; `imgplan.toml` defines the images.
#[derive(Clone)]
pub(crate) struct Commit(BTreeMap<String, String>);

impl Commit {
    pub(crate) fn new(files: &[(&str, &str)]) -> Commit {
        Commit(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(crate) fn put(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.to_owned());
    }

    /// Replaces a text that must be there.
    pub(crate) fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = self.0.get_mut(path).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        *text = text.replace(from, to);
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let text = self.0.remove(from).unwrap();
        self.0.insert(to.to_owned(), text);
    }

    pub(crate) fn remove(&mut self, path: &str) {
        assert!(self.0.remove(path).is_some());
    }

    pub(crate) fn assess(&self, wanted: &[&str]) -> Project {
        let (objects, tree) = Memory::new(&self.0);
        let toml = self.0.get("imgplan.toml").map_or("[image]", String::as_str);
        let images = config::parse("imgplan.toml", toml, Path::new("/")).unwrap().images;
        let definitions: Vec<Defined> = images
            .into_iter()
            .map(|image| {
                let name = image.id.to_string();
                let known_as = vec![ImageName::parse(&format!("ghcr.io/acme/{name}")).unwrap()];
                Defined { image, name, known_as }
            })
            .collect();
        let is_commit_tag = |tag: &str| tag.len() == 7 && tag.bytes().all(|b| b.is_ascii_hexdigit());
        let snapshot = Snapshot {
            objects: &objects,
            tree,
            is_commit_tag: &is_commit_tag,
            readings: &Readings::default(),
        };
        assess(snapshot, &definitions, &|name| wanted.is_empty() || wanted.contains(&name))
    }

    /// The hash of one image that can be assessed.
    pub(crate) fn hash(&self, name: &str) -> String {
        let project = self.assess(&[]);
        let errors = errors(&project);
        project.get(name).unwrap_or_else(|| panic!("{name}: {errors:?}")).content_hash.to_string()
    }
}

/// Errors as `place: message (hint)`.
pub(crate) fn errors(project: &Project) -> Vec<String> {
    let show = |error: &Error| {
        let place = error.place().map(ToString::to_string).unwrap_or_default();
        format!("{place}: {} ({})", error.message(), error.hints().join("; "))
    };
    project.errors.0.iter().map(show).collect()
}

fn names(project: &Project) -> Vec<&str> {
    project.images.iter().map(|image| image.defined.name.as_str()).collect()
}

fn family() -> Commit {
    Commit::new(&[
        (
            "imgplan.toml",
            "[images.app]\ncontext='app'\ncontexts={base='image:base'}\n[images.base]\ncontext='base'\n\
             [images.web]\ncontext='web'\nbuild-args={REGISTRY='ghcr.io/acme'}\n[images.other]\ncontext='other'\n",
        ),
        ("base/Dockerfile", "FROM scratch\nENV DIR=conf\nONBUILD COPY extra /extra\nCOPY a /a\n"),
        ("base/a", "1"),
        ("app/Dockerfile", "FROM base\nCOPY $DIR /etc\n"),
        ("app/conf/x", "1"),
        ("app/extra", "1"),
        ("web/Dockerfile", "ARG REGISTRY=none\nARG BASE=$REGISTRY/app:latest\nFROM $BASE\nCOPY w /w\n"),
        ("web/w", "1"),
        ("web/extra", "1"),
        ("other/Dockerfile", "FROM scratch\nCOPY o /o\n"),
        ("other/o", "1"),
    ])
}

#[test]
fn parents_by_context_and_by_repository_come_first_and_reach_their_children() {
    let commit = family();
    let project = commit.assess(&[]);
    assert_eq!(errors(&project), [""; 0]);
    assert_eq!(names(&project), ["base", "app", "web", "other"]);
    let parents = |name: &str| project.get(name).unwrap().parents.clone();
    assert_eq!(parents("app"), BTreeMap::from([("base".to_owned(), "base".to_owned())]));
    assert_eq!(parents("web"), BTreeMap::from([("ghcr.io/acme/app:latest".to_owned(), "app".to_owned())]));
    let read = |name: &str, path: &str| {
        let inputs = &project.get(name).unwrap().inputs;
        inputs.files.iter().any(|file| file.path == path)
    };
    assert!(read("app", "conf/x"), "the parent's ENV is known");
    assert!(read("app", "extra"), "the parent's ONBUILD fires");
    assert!(!read("web", "extra"), "ONBUILD fires once");

    let mut changed = commit.clone();
    changed.put("base/a", "2");
    for (name, differs) in [("base", true), ("app", true), ("web", true), ("other", false)] {
        assert_eq!(commit.hash(name) != changed.hash(name), differs, "{name}");
    }
}

/// The builder opens each named context before it builds, used or not.
#[test]
fn a_named_folder_that_is_not_there_is_refused_where_nothing_reads_it() {
    let mut commit = Commit::new(&[
        ("imgplan.toml", "[images.app]\ncontext = \"app\"\ncontexts = { conf = \"conf/x\" }\n"),
        ("app/Dockerfile", "FROM scratch\nCOPY a /a\n"),
        ("app/a", "1"),
        ("conf/x/y", "1"),
    ]);
    let before = commit.hash("app");
    commit.put("conf/x/y", "2");
    assert_eq!(commit.hash("app"), before, "nothing reads it");
    commit.remove("conf/x/y");
    let found = errors(&commit.assess(&[]));
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("imgplan.toml:3:21: images.app.contexts.conf: there is no folder conf/x in this commit")),
        "{found:?}"
    );
}

#[test]
fn only_wanted_images_and_their_parents_are_assessed() {
    let commit = family();
    assert_eq!(names(&commit.assess(&["web"])), ["base", "app", "web"]);
    assert_eq!(names(&commit.assess(&["other"])), ["other"]);
    assert_eq!(commit.assess(&["web"]).images.last().unwrap().content_hash.to_string(), commit.hash("web"));
}

#[test]
fn tags_and_digests_decide_whether_a_reference_is_a_parent() {
    let digest = format!("ghcr.io/acme/app@sha256:{}", "a".repeat(64));
    for (reference, is_parent) in [
        ("ghcr.io/acme/app", true),
        ("ghcr.io/acme/app:latest", true),
        ("ghcr.io/acme/app:0123abc", true),
        ("ghcr.io/acme/app:1.0", false),
        ("ghcr.io/acme/apps", false),
        ("docker.io/acme/app", false),
        (digest.as_str(), false),
    ] {
        let mut commit = family();
        commit.edit("web/Dockerfile", "$REGISTRY/app:latest", reference);
        let project = commit.assess(&["web"]);
        assert_eq!(project.get("app").is_some(), is_parent, "{reference}: {:?}", errors(&project));
    }
}

#[test]
fn parents_are_found_behind_copy_mounts_and_a_parents_triggers() {
    for line in ["COPY --from=ghcr.io/acme/other /o /", "RUN --mount=from=ghcr.io/acme/other,target=/o true"]
    {
        let mut commit = family();
        commit.put("web/Dockerfile", &format!("FROM scratch\n{line}\n"));
        assert_eq!(names(&commit.assess(&["web"])), ["other", "web"], "{line}");
    }
    let mut commit = family();
    commit.edit("base/Dockerfile", "ONBUILD COPY extra", "ONBUILD COPY --from=ghcr.io/acme/other /o");
    assert_eq!(names(&commit.assess(&["app"])), ["base", "other", "app"]);
}

#[test]
fn a_circle_is_named_and_spares_the_others() {
    let mut commit = family();
    commit.edit("base/Dockerfile", "FROM scratch", "FROM ghcr.io/acme/web");
    let project = commit.assess(&[]);
    assert_eq!(names(&project), ["other"]);
    let errors = errors(&project);
    let circle = errors.iter().find(|error| error.contains("circle")).unwrap();
    assert!(circle.contains("base -> web -> app -> base") || circle.contains("app -> base -> web -> app"));
}

#[test]
fn a_failure_reaches_children_and_no_one_else() {
    let mut commit = family();
    commit.remove("base/a");
    commit.remove("other/o");
    let project = commit.assess(&[]);
    assert_eq!(names(&project), [""; 0]);
    let errors = errors(&project);
    assert!(
        errors[0].starts_with("base/Dockerfile:4: COPY a /a: `a` is not in the context base"),
        "{errors:?}"
    );
    assert!(errors.iter().any(|e| e.contains("app cannot be planned, because its parent base cannot")));
    assert!(errors.iter().any(|e| e.contains("web cannot be planned, because its parent app cannot")));
    assert!(errors.iter().any(|e| e.starts_with("other/Dockerfile:2: ")));
    commit.put("other/o", "1");
    assert_eq!(names(&commit.assess(&[])), ["other"]);
}
