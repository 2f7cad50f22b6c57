//! A repository with a few images: the tree, the Dockerfiles, and what `imgplan.toml` says of each image.

use super::dockerfile::model::Dockerfile;
use super::dockerfile::{Author, Known, PLATFORM_FILES, Site, mutate, mutate_text};
use super::tree::{Tree, ignore_file};
use super::{Mutant, chance, config, pick};
use crate::snapshot::{Image, Node, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A generated repository.
#[derive(Clone)]
pub struct Project {
    pub(super) tree: Tree,
    pub(super) dockerfiles: BTreeMap<String, Dockerfile>,
    pub(super) images: Vec<Image>,
    /// Dockerfiles that are links; what they point at lies beside them.
    linked: BTreeSet<String>,
}

impl Project {
    /// Draws a project.
    pub fn generate(rng: &mut fastrand::Rng) -> Project {
        let mut project = Project {
            tree: Tree::generate(rng),
            dockerfiles: BTreeMap::new(),
            images: Vec::new(),
            linked: BTreeSet::new(),
        };
        let mut parents = Vec::new();
        for index in 0..*pick(rng, &[1, 1, 1, 1, 2, 2, 3]) {
            project.add_image(rng, index, &mut parents);
        }
        project
    }

    /// Adds an image with a Dockerfile of its own, and maybe another one of an earlier stage of it.
    fn add_image(&mut self, rng: &mut fastrand::Rng, index: usize, parents: &mut Vec<Known>) {
        let mut folders = own_folders(&self.tree);
        folders.retain(|folder| self.tree.paths(folder).len() > 1);
        let context = match self.images.last() {
            // The ONBUILD of a parent copies what is in its child's context.
            Some(image) if chance(rng, 70) => image.context.clone(),
            _ if !folders.is_empty() && chance(rng, 30) => pick(rng, &folders).clone(),
            _ => ".".to_owned(),
        };
        let path = self.dockerfile_path(rng, index, &context);
        let platforms = platforms(rng);
        if chance(rng, 5) {
            for file in PLATFORM_FILES {
                self.tree.write(&format!("{}{file}", below(&context)), Node::text(format!("{file}\n")));
            }
        }
        let view = self.view(&context, &path);
        let author = Author::new(rng, &view, &context, &platforms, parents).write();
        let (dockerfile, args, contexts, stages) =
            (author.dockerfile, author.args, author.contexts, author.stages);
        let Some(mut known) = stages.last().cloned() else { return };
        let name = format!("img{index}");
        let mut image = Image {
            name: name.clone(),
            context,
            dockerfile: path.clone(),
            target: None,
            args,
            contexts,
            platforms,
        };
        if chance(rng, 20) {
            image.target = dockerfile.stages.last().and_then(|stage| stage.from.name.clone());
        }
        let names: Vec<(String, Known)> = dockerfile
            .stages
            .iter()
            .zip(&stages)
            .filter_map(|(stage, known)| Some((stage.from.name.clone()?, known.clone())))
            .collect();
        if !names.is_empty() && chance(rng, 15) {
            let (target, known) = pick(rng, &names).clone();
            let twin = format!("{name}-{}", target.to_lowercase());
            parents.push(Known { name: twin.clone(), ..known });
            self.images.push(Image { name: twin, target: Some(target), ..image.clone() });
        }
        if image.target.is_none() && !names.is_empty() && chance(rng, 20) {
            let (target, of_target) = pick(rng, &names).clone();
            image.target = Some(target);
            known = of_target;
        }
        parents.push(Known { name, ..known });
        self.images.push(image);
        if chance(rng, 4) {
            self.linked.insert(path.clone());
        }
        self.dockerfiles.insert(path, dockerfile);
    }

    fn dockerfile_path(&mut self, rng: &mut fastrand::Rng, index: usize, context: &str) -> String {
        let below = below(context);
        let path = match rng.u8(..10) {
            0..5 => format!("{below}Dockerfile"),
            5 => "Dockerfile".to_owned(),
            6 => format!("docker/app{index}.Dockerfile"),
            7 => format!("{below}Dockerfile.{index}"),
            _ => format!("build{index}/Dockerfile"),
        };
        let path = if self.dockerfiles.contains_key(&path) { format!("{path}.img{index}") } else { path };
        if chance(rng, 10) {
            let rules = ignore_file(&self.tree, context, rng);
            self.tree.write(&format!("{path}.dockerignore"), Node::text(rules));
        }
        path
    }

    /// The tree as a build sees it: a Dockerfile's own ignore file in the place of the context's.
    fn view(&self, context: &str, dockerfile: &str) -> Tree {
        let mut view = self.tree.clone();
        if let Some(own) = self.tree.files().remove(&format!("{dockerfile}.dockerignore")) {
            view.write(&format!("{}.dockerignore", below(context)), own);
        }
        view
    }

    /// The commit.
    pub fn snapshot(&self) -> Snapshot {
        let mut files = self.tree.files();
        for (path, dockerfile) in &self.dockerfiles {
            let mut file = path.clone();
            if self.linked.contains(path) {
                file.push_str(".real");
                let name = file.rsplit('/').next().unwrap_or_default().to_owned();
                files.insert(path.clone(), Node::Link(name));
            }
            files.insert(file, Node::text(dockerfile.render()));
        }
        Snapshot { files, images: self.images.clone() }
    }

    /// The commit after a change, or after two. It is another commit than [`Project::snapshot`].
    pub fn mutant(&self, rng: &mut fastrand::Rng) -> Mutant {
        let before = self.snapshot();
        loop {
            let mutant = if chance(rng, 7) { text_changed(before.clone(), rng) } else { self.changed(rng) };
            if mutant.snapshot != before {
                return mutant;
            }
        }
    }

    fn changed(&self, rng: &mut fastrand::Rng) -> Mutant {
        let mut project = self.clone();
        let (mut kind, mut detail) = project.change(rng);
        if chance(rng, 6) {
            let (second, more) = project.change(rng);
            detail = format!("{kind}: {detail}; {second}: {more}");
            kind = "two at once";
        }
        Mutant { kind, detail, snapshot: project.snapshot() }
    }

    /// One change. What has nothing to change is drawn again.
    fn change(&mut self, rng: &mut fastrand::Rng) -> (&'static str, String) {
        loop {
            if chance(rng, 75) {
                return self.tree.mutate(rng);
            }
            let image = pick(rng, &self.images).clone();
            if chance(rng, 20) {
                if let Some(done) = config::mutate(self, rng) {
                    return done;
                }
                continue;
            }
            let view = self.view(&image.context, &image.dockerfile);
            let Some(dockerfile) = self.dockerfiles.get_mut(&image.dockerfile) else { continue };
            let escape = dockerfile.style.escape();
            let site = Site { tree: &view, folder: &image.context, escape };
            if let Some((kind, detail)) = mutate(dockerfile, &site, rng) {
                return (kind, format!("{}: {detail}", image.dockerfile));
            }
        }
    }
}

/// What stands before the paths of a folder.
fn below(folder: &str) -> String {
    if folder == "." { String::new() } else { format!("{folder}/") }
}

/// The folders that the commit itself has: of a submodule it has no more than a name.
pub(super) fn own_folders(tree: &Tree) -> Vec<String> {
    let files = tree.files();
    let modules: Vec<&String> =
        files.iter().filter(|(_, node)| matches!(node, Node::Submodule(_))).map(|(path, _)| path).collect();
    let mut folders = tree.folders(".");
    folders.retain(|folder| !modules.iter().any(|module| Path::new(folder).starts_with(module)));
    folders
}

fn platforms(rng: &mut fastrand::Rng) -> Vec<String> {
    let drawn: &[&str] = match rng.u8(..10) {
        0..6 => &[],
        6 | 7 => &["linux/amd64"],
        8 => &["linux/386"],
        _ => &["linux/amd64", "linux/386"],
    };
    drawn.iter().map(|platform| (*platform).to_owned()).collect()
}

/// The commit with a slip in one of its Dockerfiles.
fn text_changed(mut snapshot: Snapshot, rng: &mut fastrand::Rng) -> Mutant {
    let path = pick(rng, &snapshot.images).dockerfile.clone();
    let (mut kind, mut detail) = ("text", String::new());
    if let Some(Node::File { bytes, .. }) = snapshot.files.get_mut(&path) {
        let (drawn, line, text) = mutate_text(rng, &String::from_utf8_lossy(bytes));
        (kind, detail) = (drawn, format!("{path}: {line}"));
        *bytes = text.into_bytes();
    }
    Mutant { kind, detail, snapshot }
}
