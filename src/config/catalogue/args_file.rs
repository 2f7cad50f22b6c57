//! `build-args-files`: lines of `NAME=VALUE`, read as buildah reads `--build-arg-file`.
//!
//! The value is what stands behind the first `=`, quotes and blanks included; lines that are empty or begin with `#` say
//! nothing; of two lines with one name the last one counts. A name without a value would come from the environment of
//! whoever builds, which no hash may depend on, so it is refused.

use std::collections::BTreeMap;

use bstr::ByteSlice;

use crate::config::catalogue::{self, Absent};
use crate::config::raw::Image;
use crate::config::source::Report;
use crate::config::table::Text;
use crate::config::values;
use crate::error::{Place, Result};
use crate::tree::{Id, Objects};

/// The image with the arguments of its files; none where the commit does not have one of them, and so not the image.
pub(super) fn with_files(
    report: &mut Report<'_>,
    mut image: Image,
    tree: (&dyn Objects, &Id),
    absent: Absent,
) -> Result<Option<Image>> {
    let mut args = Args::new();
    for text in std::mem::take(&mut image.build_args_files) {
        let Some(path) = values::path(report, &text) else { continue };
        match catalogue::read(tree, &path)? {
            Some(bytes) => read(report, &path, &bytes, &mut args),
            None if absent == Absent::Passed => return Ok(None),
            None => {
                let hint = "`build-args-files` are paths from the repository's root";
                report.wrong_but(&text.place, format!("there is no file {path} in this commit"), hint);
            }
        }
    }
    for (name, _) in &image.build_args {
        args.remove(&name.value);
    }
    for (name, value) in args {
        image.places.insert(format!("build-args.{name}"), value.place.clone());
        image.build_args.push((Text::made(name, value.place.clone()), value));
    }
    Ok(Some(image))
}

/// Values by name: what is read later counts.
type Args = BTreeMap<String, Text>;

/// Adds the arguments of a file.
fn read(report: &mut Report<'_>, file: &str, bytes: &[u8], args: &mut Args) {
    // Not `lines`, which takes a carriage return for a part of the line's end.
    for (index, line) in bytes.split_str("\n").enumerate() {
        let place = Place::line(file, index + 1);
        let Ok(line) = line.to_str() else {
            report.wrong(&place, "a byte that is not UTF-8");
            continue;
        };
        if line.starts_with('\u{feff}') {
            report.wrong_but(
                &place,
                "a byte order mark, which would be a part of the name",
                "save it without",
            );
            continue;
        }
        let start = line.trim_start();
        if start.is_empty() || start.starts_with('#') {
            continue;
        }
        if line.contains(['\r', '\0']) {
            let hint = "it would be a part of the argument: save the file with plain newlines";
            report.wrong_but(&place, "a carriage return or a NUL byte", hint);
            // In most such files each line has one.
            return;
        }
        let Some((name, value)) = line.split_once('=') else {
            let hint =
                "write NAME=VALUE: without a value it would be taken from the environment of whoever builds";
            report.wrong_but(&place, "a build argument without a value", hint);
            continue;
        };
        args.insert(name.to_owned(), Text::made(value, place));
    }
}
