//! The flags of an instruction (`frontend/dockerfile/instructions/bflag.go`).

use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// `--link`, `--link=false`
    Bool,
    /// One value, once.
    One,
    /// A value, as often as wanted.
    Many,
}

/// The flags that an instruction of the covered syntax knows.
pub(super) type Known = &'static [(&'static str, Takes)];

/// Parsed flags.
#[derive(Debug, Default)]
pub(super) struct Flags {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Flags that are not known, as written.
    pub(super) unknown: Vec<String>,
}

impl Flags {
    /// Parses; an unknown flag is no error here, since a newer syntax may know it.
    pub(super) fn parse(words: &[String], known: Known) -> Result<Flags, String> {
        let mut flags = Flags::default();
        for word in words {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            let bare = name.strip_prefix("--").unwrap_or(name);
            let Some((key, takes)) = known.iter().find(|(key, _)| *key == bare) else {
                flags.unknown.push(name.to_owned());
                continue;
            };
            let values = flags.values.entry(key).or_default();
            if *takes != Takes::Many && !values.is_empty() {
                return Err(format!("duplicate flag specified: {name}"));
            }
            values.push(match (takes, value) {
                (Takes::Bool, None) => "true".to_owned(),
                (Takes::Bool, Some(value)) => match value.to_lowercase().as_str() {
                    "" => return Err(format!("missing a value on flag: {name}")),
                    value @ ("true" | "false") => value.to_owned(),
                    _ => return Err(format!("expecting boolean value for flag {name}, not: {value}")),
                },
                (_, Some(value)) => value.to_owned(),
                (_, None) => return Err(format!("missing a value on flag: {name}")),
            });
        }
        Ok(flags)
    }

    /// The value of a flag that is given once; empty counts as none, as in BuildKit.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a boolean flag is set.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.one(name) == Some("true")
    }

    /// All values of a flag.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = &[("link", Takes::Bool), ("from", Takes::One), ("exclude", Takes::Many)];

    fn parsed(words: &[&str]) -> Result<Flags, String> {
        Flags::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), KNOWN)
    }

    #[test]
    fn flags_are_parsed_as_in_buildkit() -> Result<(), String> {
        let flags = parsed(&["--link", "--from=a=b", "--exclude=x", "--exclude=y", "--new=1"])?;
        assert!(flags.is_set("link"));
        assert_eq!(flags.one("from"), Some("a=b"));
        assert_eq!(flags.all("exclude"), ["x", "y"]);
        assert_eq!(flags.unknown, ["--new"]);
        assert!(!parsed(&["--link=False"])?.is_set("link"));
        for wrong in [&["--from"][..], &["--link="], &["--link=1"], &["--from=a", "--from=b"], &["--exclude"]]
        {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }
}
