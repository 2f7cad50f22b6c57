//! The mirror of `imgplan.toml`, with a place at every value; no rule lives here.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::config::source::Report;
use crate::config::table::{Item, Row, Table, Text};
use crate::error::Place;

/// Keys at the top of the file.
const TOP: &[&str] = &[
    "repository",
    "look-in",
    "adopt",
    "history",
    "on-unknown",
    "verify",
    "git-directory",
    "remote-add",
    "tags",
    "skip",
    "image",
    "images",
    "discover",
    "definitions",
    "defaults",
];
/// Keys of `[tags]`.
const TAGS: &[&str] = &["commit", "floating"];
/// Keys of `[skip]`.
const SKIP: &[&str] = &["branches"];
/// Keys of `[image]` and of each of `[images.NAME]`.
const IMAGE: &[&str] = &[
    "repository",
    "context",
    "dockerfile",
    "target",
    "platforms",
    "build-args",
    "build-args-files",
    "volatile-args",
    "base-images",
    "max-age",
    "salt",
    "inputs",
    "extra-inputs",
    "generated",
    "contexts",
    "matrix",
];
/// Keys of `[defaults]`: what images can have in common.
const DEFAULTS: &[&str] = &[
    "target",
    "platforms",
    "build-args",
    "build-args-files",
    "volatile-args",
    "base-images",
    "max-age",
    "salt",
    "extra-inputs",
    "generated",
    "contexts",
];
/// Keys of a table in `discover`: the pattern, the name, and those of the images that it finds.
const DISCOVER: &[&str] = &[
    "dockerfile",
    "name",
    "context",
    "target",
    "platforms",
    "build-args",
    "build-args-files",
    "volatile-args",
    "base-images",
    "max-age",
    "salt",
    "inputs",
    "extra-inputs",
    "generated",
    "contexts",
];

/// The whole file.
#[derive(Default)]
pub(super) struct File {
    pub(super) repository: Option<Text>,
    pub(super) look_in: Vec<Text>,
    pub(super) adopt: Option<bool>,
    pub(super) history: Option<u32>,
    pub(super) on_unknown: Option<Text>,
    pub(super) verify: Option<Text>,
    pub(super) git_directory: Option<Text>,
    pub(super) remote_add: Option<Text>,
    pub(super) tags: Tags,
    /// `skip.branches`
    pub(super) skip_branches: Option<Vec<Text>>,
    /// `[image]` and `[images.NAME]` in the file's order.
    pub(super) images: Vec<Image>,
    pub(super) discover: Vec<Discover>,
    pub(super) definitions: Vec<Text>,
    pub(super) defaults: Option<Image>,
}

/// One item of `discover`.
#[derive(Debug, Clone)]
pub(super) struct Discover {
    /// The pattern: `dockerfile` of a table, or the string itself.
    pub(super) pattern: Text,
    /// `name`
    pub(super) name: Option<Text>,
    /// The other keys of a table, for each image that is found.
    pub(super) image: Image,
}

/// `[tags]`
#[derive(Default)]
pub(super) struct Tags {
    /// `Some(None)` is `false`.
    pub(super) commit: Option<Option<Text>>,
    pub(super) floating: Vec<Text>,
}

/// One image's table.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    /// `None` for `[image]`.
    pub(super) name: Option<Text>,
    pub(super) place: Place,
    pub(super) repository: Option<Text>,
    pub(super) context: Option<Text>,
    pub(super) dockerfile: Option<Text>,
    pub(super) target: Option<Text>,
    pub(super) platforms: Vec<Text>,
    pub(super) build_args: Vec<(Text, Text)>,
    pub(super) build_args_files: Vec<Text>,
    pub(super) volatile_args: Vec<Text>,
    pub(super) base_images: Option<Text>,
    pub(super) max_age: Option<Text>,
    pub(super) salt: Option<Text>,
    pub(super) inputs: Option<Vec<Text>>,
    pub(super) extra_inputs: Vec<Text>,
    pub(super) generated: Vec<(Text, Vec<Text>)>,
    pub(super) contexts: Vec<(Text, Text)>,
    pub(super) matrix: Vec<(Text, Vec<Text>)>,
    /// Where each key stands, by its name in the table. A key that has no place was not written.
    pub(super) places: BTreeMap<String, Place>,
}

/// Reads the document; every wrong type and unknown key is reported and left out.
pub(super) fn read(report: &mut Report<'_>, document: &DeTable<'_>) -> File {
    let mut table = Table::new(report, "", document);
    let mut images: Vec<Image> = Vec::new();
    // Which of the two comes first in the file is told by their places below.
    if let Some(own) = table.table(report, "image") {
        let place = table.places.get("image").cloned().unwrap_or_default();
        images.push(image(report, None, place, own, IMAGE));
    }
    for row in table.table(report, "images").map_or_else(Vec::new, Table::into_rows) {
        images.extend(named(report, &row));
    }
    images.sort_by_key(|image| (image.place.line, image.place.column));
    let file = File {
        repository: table.text(report, "repository"),
        look_in: table.texts(report, "look-in").unwrap_or_default(),
        adopt: table.flag(report, "adopt"),
        history: table.number(report, "history"),
        on_unknown: table.text(report, "on-unknown"),
        verify: table.text(report, "verify"),
        git_directory: table.text(report, "git-directory"),
        remote_add: table.text(report, "remote-add"),
        tags: table.table(report, "tags").map_or_else(Tags::default, |table| tags(report, table)),
        skip_branches: table.table(report, "skip").and_then(|table| skip(report, table)),
        images,
        discover: table
            .items(report, "discover")
            .into_iter()
            .filter_map(|item| discover(report, item))
            .collect(),
        definitions: table.texts(report, "definitions").unwrap_or_default(),
        defaults: defaults(report, &mut table),
    };
    table.finish(report, TOP, |name| home(name, TOP));
    file
}

fn tags(report: &mut Report<'_>, mut table: Table<'_>) -> Tags {
    let tags = Tags {
        commit: table.text_or_false(report, "commit"),
        floating: table.texts(report, "floating").unwrap_or_default(),
    };
    table.finish(report, TAGS, |name| home(name, TAGS));
    tags
}

fn skip(report: &mut Report<'_>, mut table: Table<'_>) -> Option<Vec<Text>> {
    let branches = table.texts(report, "branches");
    table.finish(report, SKIP, |name| home(name, SKIP));
    branches
}

fn named(report: &mut Report<'_>, row: &Row<'_>) -> Option<Image> {
    let table = row.table(report)?;
    Some(image(report, Some(row.name.clone()), row.place.clone(), table, IMAGE))
}

fn defaults(report: &mut Report<'_>, table: &mut Table<'_>) -> Option<Image> {
    let own = table.table(report, "defaults")?;
    let place = table.places.get("defaults").cloned().unwrap_or_default();
    Some(image(report, None, place, own, DEFAULTS))
}

fn discover(report: &mut Report<'_>, item: Item<'_>) -> Option<Discover> {
    match item {
        Item::Text(pattern) => {
            let image = Image { place: pattern.place.clone(), ..Image::default() };
            Some(Discover { pattern, name: None, image })
        }
        Item::Table(place, mut table) => {
            let name = table.text(report, "name");
            let pattern = table.text(report, "dockerfile");
            if pattern.is_none() && !table.places.contains_key("dockerfile") {
                let hint = "it is the pattern: { dockerfile = \"images/*/Dockerfile\", name = \"{1}\" }";
                report.wrong_but(&place, "there is no `dockerfile`", hint);
            }
            let image = image(report, None, place, table, DISCOVER);
            Some(Discover { pattern: pattern?, name, image })
        }
    }
}

/// The keys of `known`; any other is no key here.
fn image(
    report: &mut Report<'_>,
    name: Option<Text>,
    place: Place,
    mut table: Table<'_>,
    known: &'static [&'static str],
) -> Image {
    table.only(known);
    let mut image = Image {
        name,
        place,
        repository: table.text(report, "repository"),
        context: table.text(report, "context"),
        dockerfile: table.text(report, "dockerfile"),
        target: table.text(report, "target"),
        platforms: table.texts(report, "platforms").unwrap_or_default(),
        build_args: table.map(report, "build-args", |row, report| row.text(report)),
        build_args_files: table.texts(report, "build-args-files").unwrap_or_default(),
        volatile_args: table.texts(report, "volatile-args").unwrap_or_default(),
        base_images: table.text(report, "base-images"),
        max_age: table.text(report, "max-age"),
        salt: table.text(report, "salt"),
        inputs: table.texts(report, "inputs"),
        extra_inputs: table.texts(report, "extra-inputs").unwrap_or_default(),
        generated: table.map(report, "generated", |row, report| Some(row.texts(report)?.0)),
        contexts: table.map(report, "contexts", |row, report| row.text(report)),
        matrix: table.map(report, "matrix", |row, report| Some(row.texts(report)?.0)),
        places: BTreeMap::new(),
    };
    image.places = table.finish(report, known, |name| home(name, known));
    image
}

/// Where a key belongs that stands in the wrong table. In TOML a key behind a table's header is in that
/// table, so a key that was added at the end of the file is a common mistake.
fn home(name: &str, here: &[&str]) -> Option<&'static str> {
    let homes = [
        (TOP, "at the top of the file, before the first table"),
        (TAGS, "in [tags]"),
        (SKIP, "in [skip]"),
        (IMAGE, "in [image] or [images.NAME]"),
    ];
    homes.into_iter().find(|(keys, _)| *keys != here && keys.contains(&name)).map(|(_, home)| home)
}
