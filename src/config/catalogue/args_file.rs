//! `build-args-files`: lines of `NAME=VALUE`, read as buildah reads `--build-arg-file`.
//!
//! The value is what stands behind the first `=`, quotes and blanks included; lines that are empty or begin with `#` say
//! nothing; of two lines with one name the last one counts. A name without a value would come from the environment of
//! whoever builds, which no hash may depend on, so it is refused.

use bstr::ByteSlice;

use crate::config::source::Report;
use crate::config::table::Text;
use crate::error::Place;

/// The arguments of a file.
pub(super) fn read(report: &mut Report<'_>, file: &str, bytes: &[u8]) -> Vec<(Text, Text)> {
    let mut args: Vec<(Text, Text)> = Vec::new();
    for (index, line) in bytes.lines().enumerate() {
        let place = Place::line(file, index + 1);
        let Ok(line) = line.to_str() else {
            report.wrong(&place, "a byte that is not UTF-8");
            continue;
        };
        let start = line.trim_start();
        if start.is_empty() || start.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            let hint =
                "write NAME=VALUE: without a value it would be taken from the environment of whoever builds";
            report.wrong_but(&place, "a build argument without a value", hint);
            continue;
        };
        args.retain(|(known, _)| known.value != name);
        args.push((Text::made(name, place.clone()), Text::made(value, place)));
    }
    args
}
