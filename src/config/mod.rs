//! The configuration in its valid form: what `imgplan.toml` says, or what is found without one.
//!
//! `raw` mirrors the file, this module turns it once into values that cannot be wrong; every problem is
//! reported, with file, line, column and key. Pure: it takes text and gives values, and must not know git, the
//! registry, the environment or the disk.

mod catalogue;
mod clash;
mod context;
pub mod detect;
mod fill;
mod image;
pub mod keys;
mod matrix;
mod merge;
mod nearest;
pub mod overwrite;
mod parents;
mod paths;
pub mod pattern;
mod placeholders;
mod policy;
mod raw;
mod release;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use catalogue::Absent;
pub(crate) use catalogue::is_deep;
pub(crate) use nearest::nearest;
pub use policy::{Expire, OnUnknown, Only, Policy, Severity, Verify, default_policy};
pub use release::strays;
pub(crate) use source::{Source, shown};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::config::catalogue::Catalogue;
use crate::config::pattern::Pattern;
use crate::config::source::Report;
use crate::error::{Errors, Place};
use crate::reference::{Platform, Repository};
use crate::tree::{Id, Objects};

/// One `imgplan.toml`, valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// What does not enter the hash; read from the present file.
    pub policy: Policy,
    /// The images in dependency order as far as the configuration tells (parents by `image:NAME` first), else
    /// in the file's order; read from the commit's own file. Empty where the file has no image tables. Where
    /// [`Config::asks_the_tree`], these are only the tables as they are written: [`Config::images_of`] has the images.
    pub images: Vec<Image>,
    catalogue: Option<Catalogue>,
}

impl Config {
    /// Whether the images depend on what a commit has: found by pattern, read from other files.
    pub fn asks_the_tree(&self) -> bool {
        self.catalogue.is_some()
    }

    /// The images of a tree.
    ///
    /// # Errors
    /// All problems at once, those of other files, too; a read that fails alone.
    pub fn images_of(&self, objects: &dyn Objects, root: &Id, absent: Absent) -> Result<Vec<Image>, Errors> {
        match &self.catalogue {
            Some(catalogue) => catalogue.images(&self.policy, objects, root, absent),
            None => Ok(self.images.clone()),
        }
    }
}

/// The configuration's name, at the root of a repository.
pub const FILE: &str = "imgplan.toml";

/// How a moving base image counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BaseImages {
    /// The name counts.
    #[default]
    Ignore,
    /// The name counts, and the plan compares digests.
    Check,
    /// Digests must stand in the commit.
    Pin,
}

/// How `contexts = { … = "image:self" }` names the project's own image; no other image may be called so.
pub const OWN_NAME: &str = "self";

/// Which image: the project's own, or one of `[images.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageId {
    /// `[image]`, or the Dockerfile found without a configuration.
    Own,
    /// `[images.NAME]`
    Named(String),
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageId::Own => f.write_str("image"),
            ImageId::Named(name) => f.write_str(name),
        }
    }
}

/// One image's table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Image {
    /// Which image.
    pub id: ImageId,
    /// The table's place, its key being `image` or `images.NAME`.
    pub place: Place,
    /// `repository`, only ever from the present file.
    pub repository: Option<Repository>,
    /// `context`: a folder from the repository's root, clean, empty for the root itself.
    pub context: Option<String>,
    /// `dockerfile`: a path from the repository's root, clean.
    pub dockerfile: Option<String>,
    /// `target`
    pub target: Option<String>,
    /// `platforms`, sorted, each once.
    pub platforms: Vec<Platform>,
    /// `build-args`
    pub build_args: BTreeMap<String, String>,
    /// `volatile-args`
    pub volatile_args: BTreeSet<String>,
    /// `base-images`
    pub base_images: BaseImages,
    /// `max-age`
    pub max_age: Option<Duration>,
    /// `salt`
    pub salt: String,
    /// `inputs`, which replace the files that the Dockerfile would give.
    pub inputs: Option<Vec<Pattern>>,
    /// `extra-inputs`
    pub extra_inputs: Vec<Pattern>,
    /// `generated`: a path (with a trailing slash for a folder) to what it is made from.
    pub generated: BTreeMap<String, Vec<Pattern>>,
    /// `contexts`
    pub contexts: BTreeMap<String, NamedContext>,
    /// Where each key of the table stands, by its name in the table (`inputs`, `contexts.base`, `inputs[0]`).
    pub places: BTreeMap<String, Place>,
}

/// A value of `contexts`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NamedContext {
    /// `image:NAME`, or `image:self` for the project's own
    Image(ImageId),
    /// A folder of the repository, clean, empty for the root.
    Folder(String),
    /// `docker-image://REFERENCE`, without the scheme.
    DockerImage(String),
    /// `oci-layout://…`, a git or an http address: only the builder reads it; as written.
    Remote(String),
}

impl Image {
    /// An image of which nothing is said: every key at its default.
    pub fn default_for(id: ImageId, place: Place) -> Image {
        Image {
            id,
            place,
            repository: None,
            context: None,
            dockerfile: None,
            target: None,
            platforms: Vec::new(),
            build_args: BTreeMap::new(),
            volatile_args: BTreeSet::new(),
            base_images: BaseImages::default(),
            max_age: None,
            salt: String::new(),
            inputs: None,
            extra_inputs: Vec::new(),
            generated: BTreeMap::new(),
            contexts: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }
}

/// Parses one `imgplan.toml`. `file` names it in messages; a relative `oci:DIR` is below `base`.
///
/// # Errors
/// All problems at once in the file's order, each with file, line, column and key; a fault of TOML itself
/// alone, since nothing behind it can be trusted.
pub fn parse(file: &str, text: &str, base: &Path) -> Result<Config, Errors> {
    let mut report = Report::new(file, text);
    let document = match toml::de::DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let place = report.source.place(span.start);
            let message = match (error.message(), report.source.slice(span)) {
                ("duplicate key", key) if !key.is_empty() => format!("the key {key} is there twice"),
                (message, _) => message.to_owned(),
            };
            report.wrong(&place, message);
            return Err(report.into_errors());
        }
    };
    let mut raw = raw::read(&mut report, document.get_ref());
    let policy = policy::policy(&mut report, &raw, base);
    let catalogue = catalogue::is_needed(&raw);
    let tables = matrix::expand(&mut report, std::mem::take(&mut raw.images));
    if let Some(defaults) = &raw.defaults {
        let axes = tables.iter().flat_map(|(table, _)| &table.matrix).map(|(axis, _)| axis.value.as_str());
        placeholders::refuse(&mut report, defaults, &axes.collect(), !raw.discover.is_empty());
    }
    let catalogue = catalogue.then(|| Catalogue::new(&mut report, file, &raw, tables.clone(), base));
    let images = tables_alone(&mut report, tables, raw.defaults.as_ref(), catalogue.is_some(), base);
    let images = match catalogue {
        // Parents may be found in the tree.
        Some(_) => images,
        None => {
            let images = parents::order(&mut report, images);
            clash::check(&mut report, &policy, &images);
            images
        }
    };
    report.into_errors().or(Config { policy, images, catalogue })
}

/// The file's own tables, each checked.
fn tables_alone(
    report: &mut Report<'_>,
    tables: Vec<(raw::Image, bool)>,
    defaults: Option<&raw::Image>,
    asks_the_tree: bool,
    base: &Path,
) -> Vec<Image> {
    if let Some(defaults) = defaults {
        image::image(report, defaults.clone(), &BTreeSet::new(), base);
        if tables.is_empty() && !asks_the_tree {
            let hint = "add [image], an empty table will do, or `discover`";
            report.wrong_but(&defaults.place, "there is no image that could have these defaults", hint);
        }
    }
    let names = tables.iter().filter_map(|(image, _)| Some(image.name.as_ref()?.value.clone())).collect();
    // What a tree may define is not known here.
    let bare = (!asks_the_tree).then_some(Absent::Refused);
    let tables = catalogue::joined(report, tables, bare);
    let inherit = |table| match defaults {
        Some(defaults) if !asks_the_tree => merge::over(table, defaults),
        _ => table,
    };
    tables.into_iter().map(|raw| image::image(report, inherit(raw), &names, base)).collect()
}
