//! Everything that a build of one image reads, each with its why.
//!
//! Takes what the Dockerfile says (`dockerfile`), the configuration's own lists, and a commit's tree; gives
//! [`Inputs`]. Pure but for reads through [`Objects`]. It must not know registries, tags or how inputs are hashed.

mod absent;
mod attributes;
pub mod context;
mod definition;
mod explicit;
pub mod fates;
mod files;
mod generated;
pub mod git_directory;
pub mod locate;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use crate::config::{Image, NamedContext};
use crate::dockerfile::{Read, Reading, What};
use crate::error::{Errors, Place, Result};
use crate::ignore::Ignore;
use crate::inputs::context::{Found, View};
use crate::inputs::locate::Located;
use crate::tree::{Id, Objects};
use files::Reads;
pub use files::{File, Files};

/// What a path is relative to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The build context.
    Main,
    /// A named context.
    Context(String),
    /// The repository: explicit, extra and generated inputs.
    Repository,
}

/// Why something is an input, or a warning: an instruction or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Where.
    pub place: Place,
    /// What stands there, for people.
    pub text: String,
}

/// All that a build reads from the repository.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The files, sorted.
    pub files: Arc<Files>,
    /// The Dockerfile's blob, where its bytes count and not only its instructions.
    pub whole_dockerfile: Option<Id>,
    /// Attributes that change the Dockerfile's bytes on disk, as in [`File::attributes`].
    pub dockerfile_attributes: String,
    /// Keys of `generated` that a read meets: what is there comes from no commit, so the path itself counts.
    pub generated: BTreeSet<String>,
    /// Where contexts are, in case their files are not derived (explicit inputs) and do not say so.
    pub folders: BTreeMap<Root, BString>,
    /// Patterns of ignore files, in case they drop files that are not derived and so do not show it.
    pub ignored: BTreeMap<Root, Vec<String>>,
    /// Addresses of named contexts that only the builder can read, by context.
    pub addresses: BTreeMap<String, String>,
    /// The path from the repository's root that each root stands for.
    pub prefixes: BTreeMap<Root, BString>,
    /// Sentences for the plan.
    pub warnings: Vec<Why>,
    /// Where the build can see `.git`, if it can.
    pub git_directory: Option<Why>,
}

impl Inputs {
    /// The file's path from the repository's root.
    pub fn repository_path<'f>(&self, file: &File<'f>) -> Cow<'f, BStr> {
        match self.prefixes.get(file.root) {
            Some(prefix) if !prefix.is_empty() => {
                Cow::Owned(bstr::concat([prefix.as_slice(), b"/", file.path.as_bytes()]).into())
            }
            _ => Cow::Borrowed(file.path),
        }
    }
}

/// Collects the inputs of one image. All problems of the image at once.
pub fn collect(
    objects: &dyn Objects,
    repository: &Id,
    image: &Image,
    located: &Located,
    reading: &Reading,
) -> Result<Inputs, Errors> {
    let mut collector = Collector {
        objects,
        repository,
        image,
        located,
        sees_ignored: reading.configured.sees_ignored,
        folders: BTreeMap::new(),
        inputs: Inputs::default(),
        reads: Reads::new(),
        errors: Errors::default(),
    };
    collector.inputs.prefixes.insert(Root::Main, located.context.clone());
    if reading.whole_file.is_some() {
        collector.inputs.whole_dockerfile = Some(located.dockerfile_id);
    }
    collector.widenings(reading);
    match &image.inputs {
        Some(patterns) => {
            collector.patterns("inputs", patterns);
            collector.underived(reading);
        }
        None => reading.reads.iter().for_each(|read| collector.read(read)),
    }
    collector.patterns("extra-inputs", &image.extra_inputs);
    collector.addresses(reading);
    collector.unused_folders();
    let Collector { mut inputs, reads, errors, .. } = collector;
    errors.or(())?;
    let mut files = Files::merge(reads);
    definition::submodules(objects, repository, &mut files)?;
    attributes::apply(objects, repository, located, &mut inputs, &mut files)?;
    inputs.files = Arc::new(files);
    inputs.git_directory = if image.inputs.is_none() { git_directory::seen(located, reading) } else { None };
    Ok(inputs)
}

struct Collector<'a> {
    objects: &'a dyn Objects,
    repository: &'a Id,
    image: &'a Image,
    located: &'a Located,
    /// Whether the frontend may read what the ignore file drops.
    sees_ignored: bool,
    /// Named contexts that are folders of the repository, read on first use.
    folders: BTreeMap<String, Arc<locate::Folder>>,
    inputs: Inputs,
    /// What was found, read by read.
    reads: Reads,
    errors: Errors,
}

impl Collector<'_> {
    fn add(&mut self, root: &Root, found: Found, why: &Arc<Why>) {
        self.reads.entry(root.clone()).or_default().push((found, Arc::clone(why)));
    }

    fn fail(&mut self, error: impl Into<Errors>) {
        self.errors.extend(error.into().0);
    }

    fn widenings(&mut self, reading: &Reading) {
        for warning in &reading.warnings {
            self.inputs.warnings.push(Why {
                place: Place::line(&self.located.dockerfile_shown, warning.line),
                text: warning.message.clone(),
            });
        }
    }

    /// What one instruction reads.
    fn read(&mut self, read: &Read) {
        let (root, tree, ignore) = match self.root_of(read) {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(errors) => return self.fail(errors),
        };
        let why = Arc::new(Why {
            place: Place::line(&self.located.dockerfile_shown, read.line),
            text: read.instruction.clone(),
        });
        let (left, keys) = generated::split(self.image, self.inputs.prefixes.get(&root), &read.what);
        if !keys.is_empty() {
            self.ignored(&root, &ignore);
        }
        for key in keys {
            self.inputs.generated.insert(key.clone());
            if let Some(patterns) = self.image.generated.get(&key) {
                self.patterns(&format!("generated.{key}"), patterns);
            }
        }
        let ignore = if self.sees_ignored { Arc::default() } else { ignore };
        let view = View { objects: self.objects, root: tree, ignore: &ignore };
        for what in left {
            let found = match &what {
                What::Copy(copy) => view.copy(copy),
                What::Mount(source) => view.mount(source.as_bytes().as_bstr()),
                What::Whole(_) => view.whole().map(Ok),
            };
            match found {
                Ok(Ok(found)) => self.add(&root, found, &why),
                Ok(Err(absent)) => self.fail(self.absent(&absent, &why, read)),
                Err(error) => self.fail(error),
            }
        }
    }

    /// The folder that a read goes to; none where only the builder can read it.
    fn root_of(&mut self, read: &Read) -> Result<Option<(Root, Id, Arc<Ignore>)>, Errors> {
        let Some(name) = &read.context else {
            return Ok(Some((Root::Main, self.located.context_id, Arc::clone(&self.located.ignore))));
        };
        let image = self.image;
        let Some((key, NamedContext::Folder(path))) = find_context(image, name) else { return Ok(None) };
        let folder = match self.folders.get(key) {
            Some(folder) => Arc::clone(folder),
            None => {
                let place = self.image.places.get(&format!("contexts.{key}")).unwrap_or(&self.image.place);
                let folder = Arc::new(locate::folder(self.objects, self.repository, path, place)?);
                self.folders.insert(key.clone(), Arc::clone(&folder));
                folder
            }
        };
        let root = Root::Context(key.clone());
        self.inputs.prefixes.insert(root.clone(), folder.path.clone());
        Ok(Some((root, folder.id, Arc::clone(&folder.ignore))))
    }

    /// A folder that is not there fails a build that does not even read it: the builder opens each one first.
    fn unused_folders(&mut self) {
        for (key, context) in &self.image.contexts {
            let NamedContext::Folder(path) = context else { continue };
            if self.folders.contains_key(key) {
                continue;
            }
            let place = self.image.places.get(&format!("contexts.{key}")).unwrap_or(&self.image.place);
            if let Err(error) = locate::open_folder(self.objects, self.repository, path, place) {
                self.fail(error);
            }
        }
    }

    fn patterns(&mut self, key: &str, patterns: &[crate::config::pattern::Pattern]) {
        for (index, pattern) in patterns.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let place = self.image.places.get(&key).unwrap_or(&self.image.place).clone();
            let why = Arc::new(Why { place, text: pattern.as_str().to_owned() });
            let context = (self.located.context.as_bstr(), self.located.context_id);
            match explicit::matching(self.objects, self.repository, context, pattern) {
                Ok(found) if found.is_empty() => self.inputs.warnings.push(Why {
                    text: format!("`{}` matches nothing in this commit", pattern.as_str()),
                    ..(*why).clone()
                }),
                Ok(found) => {
                    // A Dockerfile that is listed counts by its bytes, being a file like any other.
                    self.add(&Root::Repository, found, &why);
                }
                Err(error) => self.fail(error),
            }
        }
    }

    /// Contexts that only the builder can read count by their address.
    fn addresses(&mut self, reading: &Reading) {
        let used = reading.stages.iter().flat_map(|stage| {
            stage.from.iter().chain(stage.instructions.iter().flat_map(|instruction| &instruction.from))
        });
        for origin in used.chain(reading.configured.contexts.values()) {
            let crate::dockerfile::Origin::Context(name) = origin else { continue };
            let Some((key, NamedContext::Remote(address))) = find_context(self.image, name) else { continue };
            let place =
                self.image.places.get(&format!("contexts.{key}")).unwrap_or(&self.image.place).clone();
            if self.inputs.addresses.insert(key.clone(), address.clone()).is_none() {
                self.inputs.warnings.push(Why {
                    place,
                    text: format!("the context `{key}` is read from {address}: what is there can change without a commit"),
                });
            }
        }
    }
}

/// The context that a name in the Dockerfile means, by the key in the configuration.
fn find_context<'a>(image: &'a Image, name: &str) -> Option<(&'a String, &'a NamedContext)> {
    let normal = crate::reference::ImageName::parse;
    image.contexts.get_key_value(name).or_else(|| {
        image.contexts.iter().find(|(key, _)| normal(key).is_some() && normal(key) == normal(name))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
