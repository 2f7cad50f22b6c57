//! The RANGE of a command that looks at history: `TIP`, or `SINCE..TIP` without what `SINCE` has.

use crate::error::{Error, Result};
use crate::git::{Commit, Follow, Git, Step};
use crate::timeline::Behind;

/// A range as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    /// The newest commit.
    pub tip: String,
    /// The commit whose history is left out.
    pub since: Option<String>,
}

impl Range {
    /// `HEAD`, `v1.0..`, `v1.0..main`. An empty side is `HEAD`, as in git.
    pub(super) fn parse(text: &str) -> Result<Range> {
        let side = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
        match text.split_once("..") {
            Some((_, tip)) if tip.starts_with('.') => {
                Err(Error::invalid(format!("{text:?} is a range of three dots, which has two sides"))
                    .hint("A..B has the commits of B that A does not have"))
            }
            Some((since, tip)) => Ok(Range { tip: side(tip), since: Some(side(since)) }),
            None => Ok(Range { tip: side(text), since: None }),
        }
    }

    /// Its commits, newest first, at most `limit`; and what is behind them.
    pub(super) fn commits(
        &self,
        git: &Git,
        tip: &Commit,
        follow: Follow,
        limit: Option<usize>,
    ) -> Result<(Vec<Step>, Behind)> {
        let mut steps = Vec::new();
        let behind = self.each(git, tip, follow, limit, &mut |step| steps.push(step))?;
        Ok((steps, behind))
    }

    /// The same, one by one as they are found.
    pub(super) fn each(
        &self,
        git: &Git,
        tip: &Commit,
        follow: Follow,
        limit: Option<usize>,
        found: &mut dyn FnMut(Step),
    ) -> Result<Behind> {
        let since = self.since.as_deref().map(|since| git.commit(since)).transpose()?;
        let hidden: Vec<_> = since.iter().map(|commit| commit.id).collect();
        let mut cut_off = false;
        let more = git.each_commit(&[tip.id], &hidden, follow, limit, &mut |step| {
            cut_off |= step.cut_off;
            found(step);
        })?;
        Ok(match (more, cut_off) {
            (true, _) => Behind::More,
            (false, true) => Behind::CutOff,
            (false, false) => Behind::Nothing,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_gits() {
        let range =
            |tip: &str, since: Option<&str>| Range { tip: tip.to_owned(), since: since.map(str::to_owned) };
        for (text, expected) in [
            ("HEAD", range("HEAD", None)),
            ("a..b", range("b", Some("a"))),
            ("a..", range("HEAD", Some("a"))),
            ("..b", range("b", Some("HEAD"))),
            ("v1.0..v1.1", range("v1.1", Some("v1.0"))),
        ] {
            assert_eq!(Range::parse(text).unwrap(), expected, "{text}");
        }
        assert!(Range::parse("a...b").is_err());
    }
}
