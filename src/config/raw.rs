//! The mirror of `imgplan.toml`, with a place at every value; no rule lives here.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::config::keys;
use crate::config::source::Report;
use crate::config::table::{Item, Row, Table, Text};
use crate::error::Place;

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
    pub(super) baked_commit: Option<Text>,
    pub(super) tags: Tags,
    /// `skip.branches`
    pub(super) skip_branches: Option<Vec<Text>>,
    /// `[only]`, where it is there.
    pub(super) only: Option<Only>,
    /// `[scopes.NAME]` with the place of each table and its `repository`.
    pub(super) scopes: Vec<(Text, Place, Option<Text>)>,
    /// `[image]` and `[images.NAME]` in the file's order.
    pub(super) images: Vec<Image>,
    pub(super) discover: Vec<Discover>,
    pub(super) definitions: Vec<Text>,
    pub(super) defaults: Option<Image>,
    pub(super) expire: Vec<Expire>,
    pub(super) expiry_limits: Vec<Text>,
}

/// One of `[[expire]]`.
pub(super) struct Expire {
    pub(super) place: Place,
    pub(super) tags: Vec<Text>,
    pub(super) after: Option<Text>,
    pub(super) keep: Option<Text>,
    pub(super) images: Vec<Text>,
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
    pub(super) write_once: Vec<Text>,
    pub(super) floating: Vec<Text>,
    pub(super) classes: Classes,
}

/// `[tags.classes]`
#[derive(Default)]
pub(super) struct Classes {
    pub(super) floating: Option<Vec<Text>>,
    pub(super) expiring: Vec<Text>,
}

/// `[only]`
pub(super) struct Only {
    pub(super) branches: Vec<Text>,
    pub(super) tags: Vec<Text>,
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
        images.push(image(report, None, place, own, keys::Table::Image));
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
        baked_commit: table.text(report, "baked-commit"),
        tags: table.table(report, "tags").map_or_else(Tags::default, |table| tags(report, table)),
        skip_branches: table.table(report, "skip").and_then(|table| skip(report, table)),
        only: table.table(report, "only").map(|only_table| {
            let place = table.places.get("only").cloned().unwrap_or_default();
            only(report, place, only_table)
        }),
        scopes: table
            .map(report, "scopes", scope)
            .into_iter()
            .map(|(name, (place, at))| (name, place, at))
            .collect(),
        images,
        discover: table
            .items(report, "discover")
            .into_iter()
            .filter_map(|item| discover(report, item))
            .collect(),
        definitions: table.texts(report, "definitions").unwrap_or_default(),
        defaults: defaults(report, &mut table),
        expire: table
            .tables(report, "expire")
            .into_iter()
            .map(|(place, table)| expire(report, place, table))
            .collect(),
        expiry_limits: table.texts(report, "expiry-limits").unwrap_or_default(),
    };
    table.finish(report, keys::Table::Top);
    file
}

fn tags(report: &mut Report<'_>, mut table: Table<'_>) -> Tags {
    let tags = Tags {
        commit: table.text_or_false(report, "commit"),
        write_once: table.texts(report, "write-once").unwrap_or_default(),
        floating: table.texts(report, "floating").unwrap_or_default(),
        classes: table.table(report, "classes").map_or_else(Classes::default, |table| classes(report, table)),
    };
    table.finish(report, keys::Table::Tags);
    tags
}

fn classes(report: &mut Report<'_>, mut table: Table<'_>) -> Classes {
    let classes = Classes {
        floating: table.texts(report, "floating"),
        expiring: table.texts(report, "expiring").unwrap_or_default(),
    };
    table.finish(report, keys::Table::Classes);
    classes
}

fn skip(report: &mut Report<'_>, mut table: Table<'_>) -> Option<Vec<Text>> {
    let branches = table.texts(report, "branches");
    table.finish(report, keys::Table::Skip);
    branches
}

fn only(report: &mut Report<'_>, place: Place, mut table: Table<'_>) -> Only {
    let (branches, tags) = (table.texts(report, "branches"), table.texts(report, "tags"));
    let is_wrong = |key: &str, texts: &Option<Vec<Text>>| table.places.contains_key(key) && texts.is_none();
    let wrong = is_wrong("branches", &branches) || is_wrong("tags", &tags);
    let (branches, tags) = (branches.unwrap_or_default(), tags.unwrap_or_default());
    if branches.is_empty() && tags.is_empty() && !wrong {
        let hint = "name the refs that something is done for: branches = [\"main\"], or tags = [\"v*\"]";
        report.wrong_but(&place, "nothing would ever be done: neither branches nor git tags are named", hint);
    }
    table.finish(report, keys::Table::Only);
    Only { branches, tags }
}

fn scope(row: &Row<'_>, report: &mut Report<'_>) -> Option<(Place, Option<Text>)> {
    let mut table = row.table(report)?;
    let repository = table.text(report, "repository");
    let there = table.places.contains_key("repository");
    table.finish(report, keys::Table::Scope);
    if repository.is_none() && !there {
        let hint = "name the repository that its images are written to: repository = \"HOST/PATH\"";
        report.wrong_but(&row.place, "a scope without a repository", hint);
    }
    Some((row.place.clone(), repository))
}

fn named(report: &mut Report<'_>, row: &Row<'_>) -> Option<Image> {
    let table = row.table(report)?;
    Some(image(report, Some(row.name.clone()), row.place.clone(), table, keys::Table::Image))
}

fn expire(report: &mut Report<'_>, place: Place, mut table: Table<'_>) -> Expire {
    let expire = Expire {
        tags: table.texts(report, "tags").unwrap_or_default(),
        after: table.text(report, "after"),
        keep: table.text(report, "keep"),
        images: table.texts(report, "images").unwrap_or_default(),
        place,
    };
    let lacks = |key: &str| !table.places.contains_key(key);
    if lacks("tags") || lacks("after") {
        let hint = "write both: tags = [\"pr-*\"], after = \"14d\"";
        report.wrong_but(&expire.place, "a rule names tags, and after how long they expire", hint);
    }
    table.finish(report, keys::Table::Expire);
    expire
}

fn defaults(report: &mut Report<'_>, table: &mut Table<'_>) -> Option<Image> {
    let own = table.table(report, "defaults")?;
    let place = table.places.get("defaults").cloned().unwrap_or_default();
    Some(image(report, None, place, own, keys::Table::Defaults))
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
            let image = image(report, None, place, table, keys::Table::Discover);
            Some(Discover { pattern: pattern?, name, image })
        }
    }
}

/// An image's keys, of which some tables have only some; any other is no key there.
fn image(
    report: &mut Report<'_>,
    name: Option<Text>,
    place: Place,
    mut table: Table<'_>,
    here: keys::Table,
) -> Image {
    table.only(here);
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
    image.places = table.finish(report, here);
    image
}
