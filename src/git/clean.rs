//! What git stores of a file on disk: the way in of its conversions (`convert.c`), as far as it needs no program.
//!
//! Line ends are converted here as `crlf_to_git` does. What only a filter, an encoder or `ident` could tell is said to be
//! so, never guessed. Pure: attributes, settings and bytes come in.

/// The attributes of a file that convert it, as `git check-attr` writes them: `set`, `unset`, `unspecified` or a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) text: Option<String>,
    pub(super) crlf: Option<String>,
    pub(super) eol: Option<String>,
    pub(super) filter: Option<String>,
    pub(super) ident: Option<String>,
    pub(super) encoding: Option<String>,
}

/// What git's settings say of line ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LineEnds {
    /// `core.autocrlf` is `true` or `input`: files that look like text are converted without an attribute.
    pub(super) auto: bool,
}

/// What happens to line ends on the way in. How they come out again does not matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    Keep,
    /// CRLF becomes LF.
    Text,
    /// The same in what looks like text, unless git holds CRLF of this path already.
    Auto,
}

impl Rules {
    /// Takes one line of `git check-attr`.
    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) {
        let value = match value {
            b"unspecified" => None,
            value => Some(String::from_utf8_lossy(value).into_owned()),
        };
        match name {
            b"text" => self.text = value,
            b"crlf" => self.crlf = value,
            b"eol" => self.eol = value,
            b"filter" => self.filter = value,
            b"ident" => self.ident = value,
            b"working-tree-encoding" => self.encoding = value,
            _ => {}
        }
    }

    /// `convert_attrs`
    pub(super) fn action(&self, ends: LineEnds) -> Action {
        let of = |value: &Option<String>| match value.as_deref() {
            Some("set" | "input") => Some(Action::Text),
            Some("unset") => Some(Action::Keep),
            Some("auto") => Some(Action::Auto),
            _ => None,
        };
        let action = of(&self.text).or_else(|| of(&self.crlf));
        let named = matches!(self.eol.as_deref(), Some("lf" | "crlf"));
        match action {
            Some(action) => action,
            None if named => Action::Text,
            None if ends.auto => Action::Auto,
            None => Action::Keep,
        }
    }

    /// The driver that `filter` names: `set` and `unset` name none.
    pub(super) fn driver(&self) -> Option<&str> {
        self.filter.as_deref().filter(|name| !matches!(*name, "set" | "unset" | ""))
    }

    /// Why the bytes that git would store cannot be told without a program, apart from filters.
    pub(super) fn doubt(&self, bytes: &[u8]) -> Option<String> {
        let utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8");
        match self.encoding.as_deref() {
            None | Some("unset" | "") => {}
            Some(name) if utf8(name) => {}
            Some(name) => return Some(format!("git would encode it anew (working-tree-encoding={name})")),
        }
        let expanded = self.ident.as_deref() == Some("set") && bytes.windows(4).any(|four| four == b"$Id:");
        expanded.then(|| "git would take the $Id$ in it back (ident)".to_owned())
    }
}

/// The bytes that git would store, where they are others; `in_index` gives what the index holds of the path.
pub(super) fn line_ends<E>(
    bytes: &[u8],
    action: Action,
    in_index: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
) -> Result<Option<Vec<u8>>, E> {
    let stats = Stats::of(bytes);
    if action == Action::Keep || stats.crlf == 0 {
        return Ok(None);
    }
    if action == Action::Auto {
        if stats.is_binary() {
            return Ok(None);
        }
        // `has_crlf_in_index`
        let held = in_index()?.map(|held| Stats::of(&held));
        if held.is_some_and(|held| held.crlf > 0 && !held.is_binary()) {
            return Ok(None);
        }
    }
    let mut clean = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            clean.push(*byte);
        }
    }
    Ok(Some(clean))
}

/// `gather_stats`
#[derive(Default)]
struct Stats {
    nul: usize,
    lone_cr: usize,
    crlf: usize,
    printable: usize,
    unprintable: usize,
}

impl Stats {
    fn of(bytes: &[u8]) -> Stats {
        let mut stats = Stats::default();
        let mut rest = bytes.iter().peekable();
        while let Some(byte) = rest.next() {
            match byte {
                b'\r' if rest.next_if(|next| **next == b'\n').is_some() => stats.crlf += 1,
                b'\r' => stats.lone_cr += 1,
                b'\n' => {}
                8 | b'\t' | 12 | 27 => stats.printable += 1,
                0 => {
                    stats.nul += 1;
                    stats.unprintable += 1;
                }
                127 | 1..=31 => stats.unprintable += 1,
                _ => stats.printable += 1,
            }
        }
        // The end-of-file mark of DOS.
        if bytes.last() == Some(&26) {
            stats.unprintable = stats.unprintable.saturating_sub(1);
        }
        stats
    }

    /// `convert_is_binary`
    fn is_binary(&self) -> bool {
        self.lone_cr > 0 || self.nul > 0 || (self.printable >> 7) < self.unprintable
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rules(pairs: &[(&str, &str)]) -> Rules {
        let mut rules = Rules::default();
        pairs.iter().for_each(|(name, value)| rules.set(name.as_bytes(), value.as_bytes()));
        rules
    }

    #[test]
    fn attributes_go_before_settings() {
        let auto = LineEnds { auto: true };
        for (pairs, plain, with_auto) in [
            (&[][..], Action::Keep, Action::Auto),
            (&[("text", "set")], Action::Text, Action::Text),
            (&[("text", "unset"), ("eol", "crlf")], Action::Keep, Action::Keep),
            (&[("text", "auto"), ("eol", "crlf")], Action::Auto, Action::Auto),
            (&[("eol", "crlf")], Action::Text, Action::Text),
            (&[("text", "unspecified"), ("crlf", "input")], Action::Text, Action::Text),
            (&[("crlf", "unset")], Action::Keep, Action::Keep),
        ] {
            let rules = rules(pairs);
            assert_eq!(rules.action(LineEnds::default()), plain, "{pairs:?}");
            assert_eq!(rules.action(auto), with_auto, "{pairs:?}");
        }
    }

    #[test]
    fn line_ends_become_those_of_git() {
        let none = || Ok::<_, ()>(None);
        let clean = |bytes: &[u8], action| line_ends(bytes, action, none).unwrap();
        assert_eq!(clean(b"a\r\nb\r\n", Action::Text).unwrap(), b"a\nb\n");
        assert_eq!(
            clean(b"a\rb\r\n\0", Action::Text).unwrap(),
            b"a\rb\n\0",
            "text is text, whatever is in it"
        );
        assert_eq!(clean(b"a\r\nb\r\n", Action::Auto).unwrap(), b"a\nb\n");
        for bytes in [&b"a\nb"[..], b"", b"a\rb\r\n", b"a\0\r\n"] {
            assert_eq!(clean(bytes, Action::Auto), None, "{bytes:?}");
        }
        assert_eq!(clean(b"a\r\n", Action::Keep), None);
        let held =
            |held: &[u8]| line_ends(b"a\r\n", Action::Auto, || Ok::<_, ()>(Some(held.to_vec()))).unwrap();
        assert_eq!(held(b"b\r\n"), None, "git holds CRLF of it already");
        assert_eq!(held(b"b\n").unwrap(), b"a\n");
    }

    #[test]
    fn what_only_a_program_can_tell_is_in_doubt() {
        assert_eq!(rules(&[("ident", "set")]).doubt(b"no id"), None);
        assert!(rules(&[("ident", "set")]).doubt(b"$Id: 1$").is_some());
        assert!(rules(&[("working-tree-encoding", "UTF-16")]).doubt(b"").is_some());
        assert_eq!(rules(&[("working-tree-encoding", "UTF-8")]).doubt(b""), None);
        assert_eq!(rules(&[("filter", "set")]).driver(), None);
        assert_eq!(rules(&[("filter", "lfs")]).driver(), Some("lfs"));
    }
}
