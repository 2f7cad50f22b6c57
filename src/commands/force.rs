//! A new build that a commit itself asks for, by a trailer of its message: `Imgplan-Force: true`, or names of images.
//!
//! Unlike `--force` it is satisfied by an image of that very commit, so that no later run builds it again. When that is
//! so is for `decision`.

use std::collections::BTreeSet;

use crate::commands::session::Session;
use crate::error::Result;
use crate::printer::Printer;

/// The trailer's key.
const KEY: &str = "Imgplan-Force";

/// What the commit asks to be built again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forced {
    all: bool,
    names: BTreeSet<String>,
}

impl Forced {
    /// Reads the planned commit's message. The working tree is of no commit yet.
    pub(super) fn of(session: &Session, printer: &Printer) -> Result<Forced> {
        if session.is_worktree() {
            return Ok(Forced::default());
        }
        let forced = Forced::parse(&session.git.trailers(&session.commit.id, KEY)?);
        let known: Vec<&str> =
            session.definitions.iter().map(|placed| placed.defined.name.as_str()).collect();
        for name in forced.names.iter().filter(|name| !known.contains(&name.as_str())) {
            printer.warn(&format!(
                "{KEY} in the message of {} names {name:?}, which is no image of it; there are {}",
                session.commit.short(),
                known.join(", ")
            ));
        }
        Ok(forced)
    }

    /// What the reason says, where this image is to be built again.
    pub(super) fn reason(&self, image: &str) -> Option<String> {
        let meant = self.all || self.names.contains(image);
        meant.then(|| format!("the commit's message asks for a new build ({KEY})"))
    }

    fn parse(values: &[String]) -> Forced {
        let mut forced = Forced::default();
        for word in values.iter().flat_map(|value| value.split([',', ' ', '\t', '\n'])) {
            match word {
                "" => {}
                word if word.eq_ignore_ascii_case("true") => forced.all = true,
                word if word.eq_ignore_ascii_case("false") => {}
                name => _ = forced.names.insert(name.to_owned()),
            }
        }
        forced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_true_or_names() {
        let parse = |values: &[&str]| {
            Forced::parse(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(parse(&[]), Forced::default());
        assert_eq!(parse(&["false", ""]), Forced::default());
        assert!(parse(&["TRUE"]).reason("app").is_some());
        let named = parse(&["app, base", "docs"]);
        assert!(["app", "base", "docs"].iter().all(|name| named.reason(name).is_some()));
        assert!(named.reason("other").is_none());
    }
}
