//! What is said of a source that a build would not find.

use bstr::{BString, ByteSlice};

use crate::dockerfile::Read;
use crate::error::Error;
use crate::inputs::context::Absent;
use crate::inputs::{Collector, Why, find_context};
use crate::tree::Absence;

/// The main context where it is the root.
const REPOSITORY: &str = "the repository";

impl Collector<'_> {
    /// The error, at the instruction, with what to do about it.
    pub(super) fn absent(&self, absent: &Absent, why: &Why, read: &Read) -> Error {
        let show = |path: &BString| {
            let path = path.to_str_lossy().into_owned();
            if path.is_empty() { "the whole context".to_owned() } else { format!("`{path}`") }
        };
        let named = read.context.as_ref().and_then(|name| find_context(self.image, name));
        let (place, ignore) = match named.and_then(|(key, _)| self.folders.get(key)) {
            Some(folder) => (&folder.path, join(&folder.path, &".dockerignore".into())),
            None => (&self.located.context, self.located.ignore_shown.clone()),
        };
        match absent {
            Absent::Missing(path) => {
                let folder = match (&read.context, self.located.context.is_empty()) {
                    (Some(name), _) => format!("the context `{name}`"),
                    (None, true) => REPOSITORY.to_owned(),
                    (None, false) => format!("the context {}", self.located.context),
                };
                let path_shown = show(path);
                let path = join(place, path);
                let (said, todo) = match self.objects.absence(path.as_bytes().as_bstr()) {
                    Absence::Commit => (format!("is not in {folder} at this commit"), "commit the file"),
                    Absence::WorkingTree => match folder.as_str() {
                        REPOSITORY => ("is not in the working tree".to_owned(), "make the file"),
                        folder => (format!("is not in {folder} in the working tree"), "make the file"),
                    },
                    Absence::Hidden => (
                        "is there, but git does not see it, so that no commit has it".to_owned(),
                        "have git take it (`git check-ignore -v` names the line that hides it; an empty folder needs a file)",
                    ),
                };
                let hint = match path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
                    true => "what is in .git is in no commit; if the build can do without it, say what counts instead: \
                             inputs = [\"Dockerfile\", \"src/**\"]"
                        .to_owned(),
                    false => format!(
                        "{todo}, or if it is generated say from what: generated = {{ {path:?} = [\"src/**\"] }}"
                    ),
                };
                Error::invalid(format!("{}: {path_shown} {said}", why.text)).at(why.place.clone()).hint(hint)
            }
            Absent::Ignored { path, line, pattern } => {
                Error::invalid(format!("{}: {} is left out by the ignore file", why.text, show(path)))
                    .at(why.place.clone())
                    .hint(format!("{ignore} line {line}: {pattern}"))
            }
            Absent::BadPattern(pattern) => {
                Error::invalid(format!("{}: `{pattern}` is not a pattern", why.text))
                    .at(why.place.clone())
                    .hint("patterns are those of Go's filepath.Match: a plain `[` is written `[[]`")
            }
        }
    }
}

/// From the repository's root.
fn join(folder: &BString, path: &BString) -> String {
    let path = path.to_str_lossy();
    if folder.is_empty() { path.into_owned() } else { format!("{folder}/{path}") }
}
