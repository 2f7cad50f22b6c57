//! One image's table, from the mirror to the valid form.
//!
//! It sees one image alone; what images have to do with each other is in `parents` and `clash`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::pattern::Pattern;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::config::{BaseImages, Image, ImageId, OWN_NAME, context, raw, values};
use crate::reference::Platform;

/// Names that are files or folders of an OCI image layout: an image of that name would lie inside another
/// image's layout.
const LAYOUT_NAMES: &[&str] = &["blobs", "index.json", "oci-layout"];

/// The image of a table; what is wrong in it is reported and left at its default.
/// `names` are the names of all images of the file.
pub(super) fn image(
    report: &mut Report<'_>,
    raw: raw::Image,
    names: &BTreeSet<String>,
    base: &Path,
) -> Image {
    let id = match &raw.name {
        None => ImageId::Own,
        Some(name) => {
            check_name(report, name, names);
            ImageId::Named(name.value.clone())
        }
    };
    let mut image = Image::default_for(id, raw.place);
    image.repository = raw.repository.and_then(|text| values::repository(report, &text, base));
    image.context = raw.context.and_then(|text| values::path(report, &text));
    image.dockerfile = raw.dockerfile.and_then(|text| dockerfile(report, &text));
    image.target = raw.target.and_then(|text| values::name(report, &text));
    image.platforms = platforms(report, &raw.platforms);
    image.build_args = build_args(report, raw.build_args);
    image.volatile_args = volatile_args(report, &raw.volatile_args);
    image.base_images = raw
        .base_images
        .and_then(|text| {
            let allowed =
                [("ignore", BaseImages::Ignore), ("check", BaseImages::Check), ("pin", BaseImages::Pin)];
            values::choice(report, &text, &allowed)
        })
        .unwrap_or_default();
    image.max_age = raw.max_age.and_then(|text| values::duration(report, &text));
    image.salt = raw.salt.map(|text| text.value).unwrap_or_default();
    image.inputs = raw.inputs.map(|texts| values::patterns(report, &texts));
    image.extra_inputs = values::patterns(report, &raw.extra_inputs);
    image.generated = generated(report, &raw.generated);
    image.contexts = context::contexts(report, &raw.contexts);
    image.places = raw.places;
    image
}

/// An image's name is the end of a repository's: path components of the distribution specification.
fn check_name(report: &mut Report<'_>, name: &Text, names: &BTreeSet<String>) {
    let text = name.value.as_str();
    if text.is_empty() {
        return report.wrong(&name.place, "an empty name");
    }
    if text == OWN_NAME {
        let hint = format!("`image:{OWN_NAME}` is the image of [image]; choose another name");
        return report.wrong_but(&name.place, format!("no image may be called `{OWN_NAME}`"), hint);
    }
    if let Some(part) = text.split('/').find(|part| LAYOUT_NAMES.contains(part)) {
        let message = format!("no image may be called `{part}`, a name inside OCI image layouts");
        return report.wrong(&name.place, message);
    }
    if text.split('/').all(is_component) {
        return;
    }
    let lower = text.to_lowercase();
    if lower != text && names.contains(&lower) {
        let hint = "names are lower case, so only one of them can stay";
        let message = format!("{} is {} but for the case", shown(text), shown(&lower));
        return report.wrong_but(&name.place, message, hint);
    }
    let hint = if lower != text && lower.split('/').all(is_component) {
        format!("names are lower case: {lower}")
    } else {
        "a name is lower-case letters and digits, with `.`, `_`, `__`, dashes or `/` between them".to_owned()
    };
    report.wrong_but(&name.place, format!("{} cannot be the end of a repository's name", shown(text)), hint);
}

/// Whether an image can have this name.
pub(super) fn is_name(text: &str) -> bool {
    let free = |part: &str| is_component(part) && !LAYOUT_NAMES.contains(&part);
    text != OWN_NAME && text.split('/').all(free)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, the specification's path component.
fn is_component(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator = |c: &str| matches!(c, "." | "_" | "__") || c.chars().all(|c| c == '-');
    text.starts_with(word)
        && text.ends_with(word)
        && text.split(word).filter(|between| !between.is_empty()).all(separator)
}

fn dockerfile(report: &mut Report<'_>, text: &Text) -> Option<String> {
    let path = values::path(report, text)?;
    if path.is_empty() || text.value.ends_with('/') {
        report.wrong_but(&text.place, "a folder, not a file", "name the Dockerfile itself");
        return None;
    }
    Some(path)
}

fn platforms(report: &mut Report<'_>, texts: &[Text]) -> Vec<Platform> {
    let platforms: BTreeSet<Platform> =
        texts.iter().filter_map(|text| report.checked(&text.place, Platform::parse(&text.value))).collect();
    platforms.into_iter().collect()
}

fn build_args(report: &mut Report<'_>, raw: Vec<(Text, Text)>) -> BTreeMap<String, String> {
    let args = raw.into_iter().filter_map(|(name, value)| Some((arg_name(report, &name)?, value.value)));
    args.collect()
}

fn volatile_args(report: &mut Report<'_>, texts: &[Text]) -> BTreeSet<String> {
    texts.iter().filter_map(|text| arg_name(report, text)).collect()
}

/// The name of a build argument. `NAME=VALUE` is what `--build-arg` takes, so it is a likely mistake; the
/// value is not repeated.
fn arg_name(report: &mut Report<'_>, text: &Text) -> Option<String> {
    let name = values::name(report, text)?;
    if name.contains('=') || name.contains(char::is_whitespace) {
        let hint = "only the name stands here, without `=` and its value";
        report.wrong_but(&text.place, "not the name of a build argument", hint);
        return None;
    }
    Some(name)
}

fn generated(report: &mut Report<'_>, raw: &[(Text, Vec<Text>)]) -> BTreeMap<String, Vec<Pattern>> {
    let mut generated: BTreeMap<String, Vec<Pattern>> = BTreeMap::new();
    for (path, sources) in raw {
        let patterns = values::patterns(report, sources);
        let Some(clean) = values::path(report, path) else { continue };
        if clean.is_empty() {
            report.wrong(&path.place, "the whole repository cannot be generated");
            continue;
        }
        if clean.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            let hint =
                "a build of imgplan's never sees .git, which may hold the token that cloned the repository";
            report.wrong_but(&path.place, "what is in .git is not generated", hint);
            continue;
        }
        if sources.is_empty() {
            let hint = "list what it is made from, or changes of it would go unseen";
            report.wrong_but(&path.place, "made from nothing", hint);
        }
        // A file and a folder of one name cannot both be there.
        let folder = format!("{clean}/");
        if generated.contains_key(&clean) || generated.contains_key(&folder) {
            report.wrong(&path.place, format!("{} is there twice", shown(&clean)));
            continue;
        }
        generated.insert(if path.value.ends_with('/') { folder } else { clean }, patterns);
    }
    generated
}
