//! Definitions that need a tree: images found by pattern, build arguments in files, bake and compose files.
//!
//! All of it becomes tables as they stand in `imgplan.toml`, which are then checked and put in order by the same code. So
//! two ways of writing an image are one image with one hash. It reads a commit through [`Objects`], which is traced; it
//! must not know git, nor which commit it is.

mod args_file;
mod bake;
mod beside;
mod capture;
mod compose;
mod discover;
mod go_number;
mod interpolate;
mod node;
mod passed;
mod seek;
#[cfg(test)]
mod tests;
mod yaml;

pub(crate) use self::yaml::is_deep;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::catalogue::discover::Finder;
use crate::config::raw::{self, Image};
use crate::config::source::{Report, shown};
use crate::config::table::{Text, join};
use crate::config::{self, Policy, clash, image, merge, parents, paths, placeholders};
use crate::error::{Error, Errors, Place, Result};
use crate::text::sanitise;
use crate::tree::{self, Id, Objects};

/// What becomes of a definition of which a commit has nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An error: somebody is about to build, and a pattern that matches nothing is a mistake.
    Refused,
    /// The commit does not have the image: in a history, where folders come and go.
    Passed,
}

/// The definitions of a file whose images a tree tells.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    file: String,
    base: PathBuf,
    finders: Vec<Finder>,
    definitions: Vec<Text>,
    defaults: Option<Image>,
    /// The file's own tables, and whether a matrix made them.
    tables: Vec<(Image, bool)>,
}

/// Whether a file says more than its tables alone do.
pub(super) fn is_needed(raw: &raw::File) -> bool {
    let files = |image: &Image| image.places.contains_key("build-args-files");
    !raw.discover.is_empty()
        || !raw.definitions.is_empty()
        || raw.images.iter().chain(&raw.defaults).any(files)
}

impl Catalogue {
    /// Checks all that can be checked without a tree.
    pub(super) fn new(
        report: &mut Report<'_>,
        file: &str,
        raw: &raw::File,
        tables: Vec<(Image, bool)>,
        base: &Path,
    ) -> Catalogue {
        let finders = raw.discover.iter().filter_map(|item| Finder::new(report, item)).collect();
        let mut patterns = BTreeSet::new();
        for item in &raw.discover {
            if !patterns.insert(item.pattern.value.as_str()) {
                let hint = "the first item that matches a file has it, so this one never has any: take one of them out";
                report.wrong_but(&item.pattern.place, "an item before has the same pattern", hint);
            }
            validate(report, &placeholders::without(&item.image), base);
        }
        let files = raw.defaults.iter().chain(tables.iter().map(|(table, _)| table));
        let files = files.flat_map(|table| &table.build_args_files);
        for path in files {
            config::values::path(report, path);
        }
        for path in &raw.definitions {
            kind(report, path);
        }
        Catalogue {
            file: file.to_owned(),
            base: base.to_path_buf(),
            finders,
            definitions: raw.definitions.clone(),
            defaults: raw.defaults.clone(),
            tables,
        }
    }

    /// The images of a tree, in dependency order as far as the configuration tells.
    pub(super) fn images(
        &self,
        policy: &Policy,
        objects: &dyn Objects,
        root: &Id,
        absent: Absent,
    ) -> Result<Vec<config::Image>, Errors> {
        let mut report = Report::new(&self.file, "");
        let mut made = self.found(&mut report, (objects, root), absent)?;
        let tables = apart(self.tables.clone(), &mut made);
        if absent == Absent::Passed {
            passed::without_twins(&mut made);
        }
        let images = assemble(&mut report, made, tables, self.says_where(absent));
        let mut checked = Vec::new();
        let names = images.iter().filter_map(|image| Some(image.name.as_ref()?.value.clone())).collect();
        for image in images {
            // The image's own files go before the arguments of the defaults, as whatever is nearer does.
            let Some(image) = args_file::with_files(&mut report, image, (objects, root), absent)? else {
                continue;
            };
            let image = match &self.defaults {
                Some(defaults) => merge::over(image, defaults),
                None => image,
            };
            if let Some(image) = args_file::with_files(&mut report, image, (objects, root), absent)? {
                checked.push(image::image(&mut report, image, &names, &self.base));
            }
        }
        if absent == Absent::Passed {
            passed::without_orphans(&mut checked);
        }
        let images = parents::order(&mut report, checked);
        clash::check(&mut report, policy, &images);
        report.into_errors().or(images)
    }

    /// What patterns and other files define.
    fn found(
        &self,
        report: &mut Report<'_>,
        tree: (&dyn Objects, &Id),
        absent: Absent,
    ) -> Result<Vec<Image>> {
        let mut made = Vec::new();
        let mut taken = BTreeSet::new();
        for finder in &self.finders {
            made.extend(finder.find(report, tree, absent, &mut taken)?);
        }
        for text in &self.definitions {
            let (Some(path), Some(kind)) = (paths::clean(&text.value).ok(), kind(report, text)) else {
                continue;
            };
            let Some(bytes) = read(tree, &path)? else {
                if absent == Absent::Refused {
                    let hint = "`definitions` are paths from the repository's root";
                    report.wrong_but(&text.place, format!("there is no file {path} in this commit"), hint);
                }
                continue;
            };
            let before = report.count();
            beside::overrides(report, tree, (text, &path, kind))?;
            let (images, lacks) = match kind {
                Kind::Bake => (bake::images(report, &path, &bytes), "no target"),
                Kind::Compose => {
                    let set = beside::set_beside(tree, &path)?;
                    (compose::images(report, &path, &bytes, &set), "no service with a `build`")
                }
            };
            if images.is_empty() && report.count() == before && absent == Absent::Refused {
                report.wrong(&text.place, format!("there is {lacks} in {path}, and so no image"));
            }
            made.extend(images);
        }
        Ok(made)
    }

    /// What a table is that no file and no pattern defines, and that does not say where its image is.
    fn says_where(&self, absent: Absent) -> Option<Absent> {
        let by_matrix = self.tables.iter().any(|(_, by_matrix)| *by_matrix);
        (!self.finders.is_empty() || !self.definitions.is_empty() || by_matrix).then_some(absent)
    }
}

/// A table alone, as far as it can be judged without the values of its placeholders.
fn validate(report: &mut Report<'_>, table: &Image, base: &Path) {
    let table = Image { name: None, ..table.clone() };
    image::image(report, table, &BTreeSet::new(), base);
}

/// The tables of a file that needs no tree: those of a matrix, changed by others of their name.
pub(super) fn joined(
    report: &mut Report<'_>,
    tables: Vec<(Image, bool)>,
    bare: Option<Absent>,
) -> Vec<Image> {
    if tables.iter().all(|(_, by_matrix)| !by_matrix) {
        return tables.into_iter().map(|(table, _)| table).collect();
    }
    let mut made = Vec::new();
    let tables = apart(tables, &mut made);
    assemble(report, made, tables, bare)
}

/// The tables that no matrix made; the others are added to `made`.
fn apart(tables: Vec<(Image, bool)>, made: &mut Vec<Image>) -> Vec<Image> {
    let (by_matrix, tables): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(_, by_matrix)| *by_matrix);
    made.extend(by_matrix.into_iter().map(|(table, _)| table));
    tables.into_iter().map(|(table, _)| table).collect()
}

/// Joins tables with what was made for their names; then come the tables that stand for themselves. `bare` says what
/// becomes of a table that only changes an image, where there is no such image.
fn assemble(
    report: &mut Report<'_>,
    made: Vec<Image>,
    tables: Vec<Image>,
    bare: Option<Absent>,
) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::with_capacity(made.len() + tables.len());
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: BTreeSet<(String, Option<usize>, Option<usize>)> = BTreeSet::new();
    for image in made {
        let Some(name) = image.name.clone() else { continue };
        match index.get(&name.value).and_then(|at| images.get(*at)) {
            Some(other) => {
                // A pattern whose files all have one name is one mistake.
                if told.insert((name.value.clone(), image.place.line, image.place.column)) {
                    twin(report, &name.value, &image, other);
                }
            }
            None => {
                index.insert(name.value, images.len());
                images.push(image);
            }
        }
    }
    for table in tables {
        let name = table.name.as_ref().map(|name| name.value.clone());
        let known = name.as_ref().and_then(|name| index.get(name)).copied();
        if let Some(image) = known.and_then(|at| images.get_mut(at)) {
            *image = merge::over(table, image);
            continue;
        }
        let says_where =
            ["context", "dockerfile", "inputs"].iter().any(|key| table.places.contains_key(*key));
        match (bare, &name) {
            (Some(Absent::Refused), Some(name)) if !says_where => {
                let known = config::nearest::nearest(name, index.keys().map(String::as_str));
                let hint = match known {
                    Some(meant) => format!("did you mean [{}]?", join("images", meant)),
                    None => "say where it is: context = \".\", or dockerfile = \"…\"".to_owned(),
                };
                let message = format!("no file, no pattern and no matrix defines an image {}", shown(name));
                report.wrong_but(&table.place, message, hint);
            }
            (Some(Absent::Passed), Some(_)) if !says_where => {}
            _ => images.push(table),
        }
    }
    images
}

/// Two images of one name.
fn twin(report: &mut Report<'_>, name: &str, image: &Image, other: &Image) {
    let of = |image: &Image| match &image.dockerfile {
        Some(path) => format!(" ({})", sanitise(&path.value)),
        None => String::new(),
    };
    let (second, first) = (of(image), of(other));
    let message =
        format!("a second image {}{second}: the first one{first} is defined at {}", shown(name), other.place);
    let hint = match image.place == other.place {
        true => {
            "name them by what the wildcards matched: { dockerfile = \"images/*/*/Dockerfile\", name = \"{1}-{2}\" }"
        }
        false => "give one of them another name, or take it out",
    };
    report.wrong_but(&image.place, message, hint);
}

/// The largest file of definitions or arguments: far more than anybody writes, and read quickly.
const LARGEST: usize = 1024 * 1024;

/// A file's bytes, links followed; none where there is no file.
fn read((objects, root): (&dyn Objects, &Id), path: &str) -> Result<Option<Vec<u8>>> {
    match tree::follow(objects, root, path.into())? {
        Some((_, entry)) if entry.mode.is_file() => {
            let bytes = objects.blob(&entry.id).map_err(|error| {
                Error::unavailable("a file of definitions cannot be read")
                    .at(Place::file(path))
                    .caused_by(error)
            })?;
            if bytes.len() > LARGEST {
                return Err(Error::invalid("a file of definitions of more than 1 MiB").at(Place::file(path)));
            }
            Ok(Some(bytes.to_vec()))
        }
        _ => Ok(None),
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Bake,
    Compose,
}

/// What kind of file it is, by its name.
fn kind(report: &mut Report<'_>, text: &Text) -> Option<Kind> {
    let path = config::values::path(report, text)?;
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("json") => Some(Kind::Bake),
        Some("yaml" | "yml") => Some(Kind::Compose),
        Some("hcl") => {
            let hint =
                "let bake work it out: docker buildx bake --print > bake.json, commit it, and name that file";
            report.wrong_but(&text.place, "HCL is not read here", hint);
            None
        }
        _ => {
            let hint = "a bake file ends in .json, a compose file in .yaml or .yml";
            report.wrong_but(&text.place, "neither a bake file nor a compose file", hint);
            None
        }
    }
}
