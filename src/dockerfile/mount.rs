//! `RUN --mount` (`frontend/dockerfile/instructions/commands_runmount.go`).

use super::text::Text;

/// A mount, not expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// The fields of the flag in order, the value behind `=`.
    fields: Vec<(String, Option<String>)>,
    /// `from`, which is never expanded.
    pub(super) from: Option<String>,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shows {
    /// Nothing of a context or an image.
    Nothing,
    /// This path of where it comes from; empty for all.
    Source(Text),
    /// What it is depends on something unknown.
    Unknown(String),
}

/// Parses the fields; `from` alone is checked now, the rest when it is expanded.
pub(super) fn parse(text: &str) -> Result<Mount, String> {
    let fields: Vec<(String, Option<String>)> = csv(text)?
        .into_iter()
        .map(|field| match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value.to_owned())),
            None => (field.to_lowercase(), None),
        })
        .collect();
    let mut from = None;
    for (key, value) in &fields {
        if let ("from", Some(value)) = (key.as_str(), value) {
            if value.find('$').is_some_and(|at| at + 1 != value.len()) {
                return Err(
                    "'from' doesn't support variable expansion, define alias stage instead".to_owned()
                );
            }
            from = Some(value.clone()).filter(|value| !value.is_empty());
        }
    }
    Ok(Mount { fields, from })
}

impl Mount {
    /// What it shows, with its options expanded.
    pub(super) fn shows(
        &self,
        mut expand: impl FnMut(&str) -> Result<Text, String>,
    ) -> Result<Shows, String> {
        let mut kind = "bind".to_owned();
        let mut source = Text::default();
        for (key, value) in &self.fields {
            let Some(value) = value else {
                match key.as_str() {
                    "readonly" | "ro" | "readwrite" | "rw" => continue,
                    "required" if matches!(kind.as_str(), "secret" | "ssh") => continue,
                    _ => return Err(format!("invalid field '{key}' must be a key=value pair")),
                }
            };
            let text = expand(value)?;
            match key.as_str() {
                "type" => match text.as_known() {
                    Some(known) => kind = mount_type(known)?,
                    None => return Ok(unknown(&text)),
                },
                "source" | "src" => source = text,
                "required" if !matches!(kind.as_str(), "secret" | "ssh") => {
                    return Err(format!("unexpected key '{key}' for mount type '{kind}'"));
                }
                "size" if kind != "tmpfs" => {
                    return Err(format!("unexpected key '{key}' for mount type '{kind}'"));
                }
                "from" | "target" | "dst" | "destination" | "readonly" | "ro" | "readwrite" | "rw"
                | "required" | "size" | "id" | "sharing" | "mode" | "uid" | "gid" | "env" => {}
                _ => return Err(format!("unexpected key '{key}' in '{key}={value}'")),
            }
        }
        self.checked(&kind)?;
        Ok(match (kind.as_str(), &self.from) {
            ("bind", _) | ("cache", Some(_)) => Shows::Source(source),
            _ => Shows::Nothing,
        })
    }

    fn checked(&self, kind: &str) -> Result<(), String> {
        let has = |name: &[&str]| {
            self.fields.iter().any(|(key, value)| {
                name.contains(&key.as_str()) && value.as_ref().is_some_and(|value| !value.is_empty())
            })
        };
        if kind == "secret" && self.from.is_some() {
            return Err("secret mount should not have a from".to_owned());
        }
        if kind != "cache" && has(&["sharing"]) {
            return Err(format!("invalid cache sharing set for {kind} mount"));
        }
        if !matches!(kind, "secret" | "ssh" | "cache") && has(&["mode", "uid", "gid"]) {
            return Err(format!("mode, uid and gid are not allowed for {kind:?} type mounts"));
        }
        Ok(())
    }
}

fn unknown(text: &Text) -> Shows {
    Shows::Unknown(text.first_hole().map(super::text::Hole::why).unwrap_or_default())
}

fn mount_type(text: &str) -> Result<String, String> {
    match text.to_lowercase() {
        kind if matches!(kind.as_str(), "bind" | "cache" | "tmpfs" | "secret" | "ssh") => Ok(kind),
        _ => Err(format!("unsupported mount type {text:?}")),
    }
}

/// The fields of one line of comma-separated values, as `csvvalue.Fields` splits them.
fn csv(line: &str) -> Result<Vec<String>, String> {
    if line.is_empty() {
        return Err("the mount is empty".to_owned());
    }
    let broken = || format!("the quotes in the mount {line:?} do not match");
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (field, more) =
                rest.split_once(',').map_or((rest, None), |(field, more)| (field, Some(more)));
            if field.contains('"') {
                return Err(broken());
            }
            fields.push(field.to_owned());
            match more {
                Some(more) => rest = more,
                None => return Ok(fields),
            }
            continue;
        };
        let mut field = String::new();
        let mut left = quoted;
        loop {
            let (text, behind) = left.split_once('"').ok_or_else(broken)?;
            field.push_str(text);
            match behind.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    left = more;
                }
                None => {
                    left = behind;
                    break;
                }
            }
        }
        fields.push(field);
        match left.strip_prefix(',') {
            Some(more) => rest = more,
            None if left.is_empty() => return Ok(fields),
            None => return Err(broken()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str) -> String {
        let shown = parse(text).and_then(|mount| mount.shows(|value| Ok(Text::known(value))));
        match shown {
            Ok(Shows::Nothing) => "nothing".to_owned(),
            Ok(Shows::Source(text)) => format!("source {text}"),
            Ok(Shows::Unknown(why)) => why,
            Err(_) => "error".to_owned(),
        }
    }

    #[test]
    fn mounts_show_what_buildkit_mounts() {
        let cases = [
            ("target=/x", "source "),
            ("type=bind,source=a,target=/x", "source a"),
            ("TYPE=Bind,src=a,src=b,target=/x,rw", "source b"),
            ("type=cache,target=/x", "nothing"),
            ("type=cache,target=/x,source=a,from=b", "source a"),
            ("type=tmpfs,target=/x,size=1", "nothing"),
            ("type=secret,id=a,required", "nothing"),
            ("type=ssh", "nothing"),
            ("\"source=a,b\",target=/x", "source a,b"),
            ("\"source=a\"\"b\",target=/x", "source a\"b"),
            ("type=new,target=/x", "error"),
            ("target=/x,new=1", "error"),
            ("target=/x,new", "error"),
            ("required,target=/x", "error"),
            ("size=1,target=/x", "error"),
            ("from=$X,target=/x", "error"),
            ("type=secret,from=a,id=b", "error"),
            ("target=/x,sharing=locked", "error"),
            ("mode=0700,target=/x", "error"),
            ("\"a", "error"),
            ("", "error"),
            ("a\"b=c", "error"),
        ];
        for (text, want) in cases {
            assert_eq!(shows(text), want, "{text}");
        }
        assert_eq!(parse("from=a$,target=/x").map(|mount| mount.from), Ok(Some("a$".to_owned())));
    }
}
