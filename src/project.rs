//! The images of one commit: from definitions to inputs to content hashes, parents first.
//!
//! Which image is whose parent is known only from the Dockerfiles (`FROM` of another image's repository), and what a
//! child reads depends on its parents (their hashes, environment and `ONBUILD`), so both are found in one walk.
//! Pure but for reads through [`Objects`]; it must not know registries' answers, policy or output.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{Image, ImageId, NamedContext};
use crate::content_hash::{ContentHash, Definition, Preimage};
use crate::dockerfile::{Context, Legacy, Parent, Reading, Readings, Request};
use crate::error::{Error, Errors, Place};
use crate::inputs::locate::{self, Located};
use crate::inputs::{self, Inputs};
use crate::reference::ImageName;
use crate::tree::{Id, Objects};

/// One definition with what the rest of the plan calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Defined {
    /// The table.
    pub image: Image,
    /// Its name in the plan.
    pub name: String,
    /// Names under which a `FROM` means this image: completed, without tag and digest.
    pub known_as: Vec<ImageName>,
}

/// One image of the commit, assessed.
#[derive(Debug)]
pub struct Assessed {
    /// The definition.
    pub defined: Defined,
    /// Where its files are.
    pub located: Located,
    /// What its Dockerfile says.
    pub reading: Arc<Reading>,
    /// What it reads.
    pub inputs: Inputs,
    /// The records behind the hash.
    pub preimage: Preimage,
    /// The hash.
    pub content_hash: ContentHash,
    /// Its parents: what its Dockerfile calls them, to the parent's name in the plan.
    pub parents: BTreeMap<String, String>,
}

/// All images that were asked for, with their parents, in dependency order; and what failed.
#[derive(Debug, Default)]
pub struct Project {
    /// Parents first.
    pub images: Vec<Assessed>,
    /// Problems, of all images.
    pub errors: Errors,
}

impl Project {
    /// The image of that name.
    pub fn get(&self, name: &str) -> Option<&Assessed> {
        self.images.iter().find(|image| image.defined.name == name)
    }
}

/// What one commit looks like to [`assess`].
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    /// Reads the commit's objects.
    pub objects: &'a dyn Objects,
    /// The commit's tree.
    pub tree: Id,
    /// Whether a tag is one that a commit could have: a `FROM` with such a tag, with `latest` or with none is a parent.
    pub is_commit_tag: &'a dyn Fn(&str) -> bool,
    /// What was read of Dockerfiles so far.
    pub readings: &'a Readings,
}

/// Assesses the images that `wanted` names, and their parents.
pub fn assess(snapshot: Snapshot<'_>, definitions: &[Defined], wanted: &dyn Fn(&str) -> bool) -> Project {
    let mut walk = Walk {
        snapshot,
        definitions,
        visits: vec![Visit::Not; definitions.len()],
        path: Vec::new(),
        project: Project::default(),
    };
    for (index, defined) in definitions.iter().enumerate() {
        if wanted(&defined.name) {
            walk.visit(index);
        }
    }
    walk.project
}

/// An image whose parent has no place in the plan has none either: nothing would say what it is built on.
pub fn without_parent(defined: &Defined, parent: &str) -> Error {
    let Place { file, key, .. } = defined.image.place.clone();
    Error::invalid(format!("{} cannot be planned, because its parent {parent} cannot", defined.name))
        .at(Place { file, key, ..Place::default() })
}

/// What BuildKit refuses, too.
fn refused(errors: Errors) -> Errors {
    errors.or_hint("a build would refuse this, too: see the Dockerfile reference for the instruction")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    Open,
    Failed,
    Done,
}

struct Walk<'a> {
    snapshot: Snapshot<'a>,
    definitions: &'a [Defined],
    visits: Vec<Visit>,
    /// The images being visited, outermost first, which is where a circle is found.
    path: Vec<usize>,
    project: Project,
}

impl Walk<'_> {
    fn visit(&mut self, index: usize) -> Visit {
        match self.visits[index] {
            Visit::Not => {}
            Visit::Open => {
                self.project.errors.push(self.circle(index));
                return Visit::Failed;
            }
            visited => return visited,
        }
        self.visits[index] = Visit::Open;
        self.path.push(index);
        let visited = match self.image(index) {
            Ok(assessed) => {
                self.project.images.push(assessed);
                Visit::Done
            }
            Err(errors) => {
                self.project.errors.extend(errors.0);
                Visit::Failed
            }
        };
        self.path.pop();
        self.visits[index] = visited;
        visited
    }

    fn image(&mut self, index: usize) -> Result<Assessed, Errors> {
        let defined = &self.definitions[index];
        let Snapshot { objects, tree, .. } = self.snapshot;
        let located = locate::locate(objects, &tree, &defined.image)?;
        let mut request = self.request(defined, &located);
        let parents = self.all_parents(defined, &located, &mut request)?;
        let blob = (&located.dockerfile_id, located.dockerfile_bytes.as_slice());
        let reading = self.snapshot.readings.read(blob, &request).map_err(refused)?;
        let inputs = inputs::collect(objects, &tree, &defined.image, &located, &reading)?;
        let preimage = Preimage::new(&Definition {
            reading: &reading,
            inputs: &inputs,
            platforms: &defined.image.platforms,
            salt: &defined.image.salt,
            parents: &|name| self.project.get(name).map(|parent| parent.content_hash),
        });
        let content_hash = preimage.hash();
        let defined = defined.clone();
        Ok(Assessed { defined, located, reading, inputs, preimage, content_hash, parents })
    }

    fn request(&self, defined: &Defined, located: &Located) -> Request {
        let image = &defined.image;
        let contexts = image.contexts.iter().map(|(name, context)| {
            let context = match context {
                NamedContext::Image(_) => Context::Parent(Parent::default()),
                NamedContext::DockerImage(image) => Context::Image(image.clone()),
                NamedContext::Folder(_) => Context::Files,
                NamedContext::Remote(_) => Context::Remote,
            };
            (name.clone(), context)
        });
        Request {
            file: located.dockerfile_shown.clone(),
            target: image.target.clone(),
            build_args: image.build_args.clone(),
            volatile_args: image.volatile_args.clone(),
            platforms: image.platforms.clone(),
            contexts: contexts.collect(),
            parents: BTreeMap::new(),
        }
    }

    /// Finds an image's parents and puts them into the request. A parent's `ONBUILD` may name further ones, so it goes
    /// on until no new name turns up.
    fn all_parents(
        &mut self,
        defined: &Defined,
        located: &Located,
        request: &mut Request,
    ) -> Result<BTreeMap<String, String>, Errors> {
        let mut known = None;
        loop {
            let blob = (&located.dockerfile_id, located.dockerfile_bytes.as_slice());
            let names = self.snapshot.readings.image_names(blob, request).map_err(refused)?;
            let parents = self.parents(defined, &names)?;
            for (written, parent) in &parents {
                let parent = self.parent(parent);
                match request.contexts.get_mut(written) {
                    Some(context) => *context = Context::Parent(parent),
                    None => {
                        request.parents.insert(written.clone(), parent);
                    }
                }
            }
            // A name that became a parent's is no longer among the external ones.
            let all: BTreeSet<String> = parents.keys().chain(request.parents.keys()).cloned().collect();
            if known.as_ref() == Some(&all) {
                let parents = all.into_iter().filter_map(|written| {
                    let parent = match request.contexts.get(&written) {
                        Some(Context::Parent(parent)) => parent.image.clone(),
                        _ => request.parents.get(&written)?.image.clone(),
                    };
                    Some((written, parent))
                });
                return Ok(parents.collect());
            }
            known = Some(all);
        }
    }

    /// What a Dockerfile calls its parents, to their names in the plan. All parents are visited, so that all their
    /// problems are found; one that failed fails this image.
    fn parents(
        &mut self,
        defined: &Defined,
        names: &BTreeMap<String, usize>,
    ) -> Result<BTreeMap<String, String>, Errors> {
        let mut found = BTreeMap::new();
        let mut failed = BTreeSet::new();
        let by_context = defined.image.contexts.iter().filter_map(|(name, context)| match context {
            NamedContext::Image(id) => Some((name, self.by_id(id)?)),
            _ => None,
        });
        let by_name = names.keys().filter_map(|name| Some((name, self.by_image_name(name)?)));
        let all: Vec<(&String, usize)> = by_context.chain(by_name).collect();
        for (written, parent) in all {
            let name = &self.definitions[parent].name;
            match self.visit(parent) {
                Visit::Done => {
                    found.insert(written.clone(), name.clone());
                }
                _ => {
                    failed.insert(name.as_str());
                }
            }
        }
        match failed.first() {
            None => Ok(found),
            Some(parent) => Err(without_parent(defined, parent).into()),
        }
    }

    fn parent(&self, name: &str) -> Parent {
        // Every parent was visited before; of one that was not, nothing would be known.
        let unknown = Legacy { unknown_env: true, ..Legacy::default() };
        let legacy = self.project.get(name).map_or(unknown, |parent| parent.reading.legacy.clone());
        Parent { image: name.to_owned(), legacy }
    }

    fn by_id(&self, id: &ImageId) -> Option<usize> {
        self.definitions.iter().position(|defined| defined.image.id == *id)
    }

    /// A parent is meant where the reference has no digest, and no tag, `latest` or a commit tag.
    fn by_image_name(&self, name: &str) -> Option<usize> {
        let name = ImageName::parse(name)?;
        let tag = name.tag.as_deref().unwrap_or("latest");
        if name.digest.is_some() || !(tag == "latest" || (self.snapshot.is_commit_tag)(tag)) {
            return None;
        }
        self.definitions.iter().position(|defined| {
            defined.known_as.iter().any(|known| known.registry == name.registry && known.path == name.path)
        })
    }

    fn circle(&self, index: usize) -> Error {
        let from = self.path.iter().position(|open| *open == index).unwrap_or(0);
        let mut names: Vec<&str> =
            self.path[from..].iter().map(|index| self.definitions[*index].name.as_str()).collect();
        names.push(&self.definitions[index].name);
        Error::invalid(format!("images are built on each other in a circle: {}", names.join(" -> ")))
            .at(self.definitions[index].image.place.clone())
            .hint("one of them must start from an image outside the circle")
    }
}

#[cfg(test)]
mod robust;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
pub(crate) mod tests;
