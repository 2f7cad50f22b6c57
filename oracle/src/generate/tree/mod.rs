//! The files of a generated repository, all but its Dockerfiles, and how they change.
//!
//! A tree is nodes by path and no more: ignore files, attributes and submodules are read out of it where a rule needs
//! them, so a mutation cannot leave the model and the files in disagreement. It knows no instruction; which folders
//! are contexts is for the Dockerfiles to say (the root and the top-level folders lend themselves, and have ignore files).

mod attributes;
mod contents;
mod grow;
mod ignore;
mod links;
mod mutate;
mod names;

use std::collections::BTreeMap;

use crate::snapshot::Node;

pub use ignore::ignore_file;

/// The files of a repository beside Dockerfiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

/// What a checkout has at a path; a submodule is a folder there.
#[derive(Debug, Clone, Copy)]
enum Entry<'a> {
    File,
    Link(&'a str),
}

impl Tree {
    /// A tree of a few small files.
    pub fn generate(rng: &mut fastrand::Rng) -> Tree {
        grow::grow(rng)
    }

    /// All that a commit has, by path.
    pub fn files(&self) -> BTreeMap<String, Node> {
        self.nodes.clone()
    }

    /// What can be copied by its name from this folder as a context, relative to it: files and links that its ignore
    /// file leaves in, links that lead to such, and never an ignore file. In the order of the names.
    pub fn paths(&self, folder: &str) -> Vec<String> {
        let checkout = self.checkout(folder);
        let patterns = ignore::Patterns::of(self, folder);
        checkout
            .iter()
            .filter(|(path, _)| !is_ignore_file(path) && !patterns.ignore(path))
            .filter(|(path, entry)| match entry {
                Entry::File => true,
                Entry::Link(_) => links::resolve(&checkout, path).is_some_and(|end| {
                    checkout.keys().any(|file| is_at_or_below(file, &end) && !patterns.ignore(file))
                }),
            })
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The folders below this one that hold something its ignore file leaves in, relative to it.
    pub fn folders(&self, folder: &str) -> Vec<String> {
        let patterns = ignore::Patterns::of(self, folder);
        let mut folders = Vec::new();
        for path in self.checkout(folder).keys().filter(|path| !patterns.ignore(path)) {
            folders.extend(parents(path).map(str::to_owned));
        }
        folders.sort();
        folders.dedup();
        folders
    }

    /// The links among [`Tree::paths`].
    pub fn links(&self, folder: &str) -> Vec<String> {
        let checkout = self.checkout(folder);
        let mut links = self.paths(folder);
        links.retain(|path| matches!(checkout.get(path), Some(Entry::Link(_))));
        links
    }

    /// Changes one thing; what kind of change it is, and the change itself.
    pub fn mutate(&mut self, rng: &mut fastrand::Rng) -> (&'static str, String) {
        mutate::mutate(self, rng)
    }

    /// Puts a node at a path; what stands in its way (a file where a folder has to be, or the reverse) goes.
    pub fn write(&mut self, path: &str, node: Node) {
        for parent in parents(path) {
            self.nodes.remove(parent);
        }
        self.remove(path);
        self.nodes.insert(path.to_owned(), node);
    }

    /// Takes away a file, or a folder with all that is in it.
    fn remove(&mut self, path: &str) {
        self.nodes.retain(|at, _| !is_at_or_below(at, path));
    }

    /// Whether a new path takes nothing away.
    fn is_free(&self, path: &str) -> bool {
        !self.nodes.keys().any(|at| is_at_or_below(at, path))
            && !parents(path).any(|p| self.nodes.contains_key(p))
    }

    /// The files and links that a checkout has below a folder, relative to it, those of submodules among them.
    fn checkout(&self, folder: &str) -> BTreeMap<String, Entry<'_>> {
        let mut all = BTreeMap::new();
        for (path, node) in &self.nodes {
            match node {
                Node::File { .. } => {
                    all.insert(path.clone(), Entry::File);
                }
                Node::Link(target) => {
                    all.insert(path.clone(), Entry::Link(target));
                }
                Node::Submodule(files) => {
                    all.extend(files.keys().map(|file| (format!("{path}/{file}"), Entry::File)));
                }
            }
        }
        all.into_iter().filter_map(|(path, entry)| Some((below(&path, folder)?.to_owned(), entry))).collect()
    }

    /// A file's bytes as text.
    fn text(&self, path: &str) -> Option<String> {
        match self.nodes.get(path) {
            Some(Node::File { bytes, .. }) => String::from_utf8(bytes.clone()).ok(),
            _ => None,
        }
    }
}

/// `folder/name`, where the root is `.`.
fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A path relative to a folder that it is in.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder == "." { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn is_at_or_below(path: &str, top: &str) -> bool {
    path == top || top.is_empty() || path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
}

/// The folders that a path is in, the outermost first; the root is not among them.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The folder that a path is in, and its last component.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

/// `.dockerignore` or `<Dockerfile>.dockerignore`.
fn is_ignore_file(path: &str) -> bool {
    path.ends_with(".dockerignore")
}

/// One of a list that is not empty.
fn pick<T: Copy>(rng: &mut fastrand::Rng, list: &[T]) -> T {
    list[rng.usize(..list.len())]
}

/// True in so many of a hundred cases.
fn percent(rng: &mut fastrand::Rng, share: u32) -> bool {
    rng.u32(..100) < share
}

#[cfg(test)]
mod tests;
