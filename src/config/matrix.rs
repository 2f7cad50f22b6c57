//! `matrix`: one table for an image of each combination of values.
//!
//! Each name of the matrix is a placeholder in the table's strings and a build argument of the image. It needs no tree,
//! so it is worked out while the file is read.

use std::collections::BTreeMap;

use crate::config::fill::Values;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;

/// More images than anybody builds of one repository: a slip, or a file that wants to do harm.
const MOST: usize = 1000;

/// The tables, those with a matrix replaced by their images. The flag says which of them a matrix made.
pub(super) fn expand(report: &mut Report<'_>, tables: Vec<Image>) -> Vec<(Image, bool)> {
    let mut all = Vec::with_capacity(tables.len());
    for table in tables {
        match table.places.get("matrix") {
            None => all.push((table, false)),
            Some(_) => all.extend(images(report, &table).into_iter().map(|image| (image, true))),
        }
    }
    all
}

fn images(report: &mut Report<'_>, table: &Image) -> Vec<Image> {
    let Some(place) = table.places.get("matrix").cloned() else { return Vec::new() };
    let Some(name) = &table.name else {
        let hint = "write it in [images.\"NAME-{X}\"]: the repository itself holds one image";
        report.wrong_but(&place, "[image] is one image", hint);
        return Vec::new();
    };
    let mut sound = true;
    for (axis, values) in &table.matrix {
        if values.is_empty() {
            report.wrong_but(
                &axis.place,
                "no value",
                "an image is made for each value, so there would be none",
            );
            sound = false;
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if axis.value.is_empty()
            || !axis.value.chars().all(word)
            || axis.value.starts_with(|c: char| c.is_ascii_digit())
        {
            let hint = "each is a build argument, too: letters, digits and `_`";
            report.wrong_but(&axis.place, format!("{} is no name", shown(&axis.value)), hint);
            sound = false;
        }
    }
    let count = table.matrix.iter().try_fold(1usize, |count, (_, values)| count.checked_mul(values.len()));
    if table.matrix.is_empty() && !report.has_at(&place) {
        report.wrong_but(
            &place,
            "a matrix without values",
            "write it as matrix = { VERSION = [\"1\", \"2\"] }",
        );
        return Vec::new();
    }
    if count.is_none_or(|count| count > MOST) {
        report.wrong(&place, format!("a matrix of more than {MOST} images"));
        return Vec::new();
    }
    if !sound || table.matrix.is_empty() {
        return Vec::new();
    }
    let mut made: Vec<Image> = Vec::new();
    for values in combinations(&table.matrix) {
        let known = values.iter().map(|(name, value)| (name.value.as_str(), value.value.as_str())).collect();
        let kind = format!("in the matrix of {}", shown(&name.value));
        let mut image = Values { known, kind: &kind }.table(report, table);
        for (name, value) in &values {
            if !image.build_args.iter().any(|(known, _)| known.value == name.value) {
                image.build_args.push(((*name).clone(), (*value).clone()));
                image.places.insert(format!("build-args.{}", name.value), value.place.clone());
            }
        }
        image.places.entry("build-args".to_owned()).or_insert_with(|| place.clone());
        made.push(image);
    }
    twins(report, table, &made);
    made
}

/// Two combinations of one name: a placeholder is missing from it.
fn twins(report: &mut Report<'_>, table: &Image, made: &[Image]) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for image in made {
        *seen.entry(image.name.as_ref().map_or("", |name| name.value.as_str())).or_default() += 1;
    }
    let Some((twin, count)) = seen.into_iter().find(|(_, count)| *count > 1) else { return };
    let Some(name) = &table.name else { return };
    let missing: Vec<String> = table
        .matrix
        .iter()
        .map(|(axis, _)| format!("{{{}}}", axis.value))
        .filter(|placeholder| !name.value.contains(placeholder.as_str()))
        .collect();
    let message = format!("{count} images of the matrix are called {}", shown(twin));
    let hint = match missing.is_empty() {
        true => "leave out one of the values that lead to the same name".to_owned(),
        false => format!("the name needs {}, too", missing.join(" and ")),
    };
    report.wrong_but(&name.place, message, hint);
}

/// All combinations, the last name's values changing fastest.
fn combinations(matrix: &[(Text, Vec<Text>)]) -> Vec<Vec<(&Text, &Text)>> {
    let mut all: Vec<Vec<(&Text, &Text)>> = vec![Vec::new()];
    for (name, values) in matrix {
        all = all
            .into_iter()
            .flat_map(|before| {
                values.iter().map(move |value| {
                    let mut with = before.clone();
                    with.push((name, value));
                    with
                })
            })
            .collect();
    }
    all
}
