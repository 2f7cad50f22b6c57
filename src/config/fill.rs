//! Placeholders: `{NAME}` in the strings of a table that stands for many images.
//!
//! Only what is known is filled in. Other braces stay as they are, since globs have them, too; one that is nearly a known
//! name is a slip of the pen and reported.

use crate::config::nearest::nearest;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;

/// The values of one image, by name; for a pattern by number, from 1.
pub(super) struct Values<'a> {
    /// Names and values.
    pub(super) known: Vec<(&'a str, &'a str)>,
    /// What the names are, for messages: `a wildcard of the pattern`.
    pub(super) kind: &'a str,
}

impl Values<'_> {
    /// The string with all placeholders filled in.
    pub(super) fn fill(&self, report: &mut Report<'_>, text: &Text) -> Text {
        self.filled(report, text, false)
    }

    /// The same of a glob, in which a value that has a meaning of its own would match something else.
    fn fill_glob(&self, report: &mut Report<'_>, text: &Text) -> Text {
        self.filled(report, text, true)
    }

    fn filled(&self, report: &mut Report<'_>, text: &Text, is_glob: bool) -> Text {
        let mut out = String::with_capacity(text.value.len());
        let mut rest = text.value.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            let value = name.and_then(|name| self.known.iter().find(|(known, _)| *known == name));
            match (name, value) {
                (Some(name), Some((_, value))) => {
                    if is_glob && means_more(&out, value) {
                        let message = format!(
                            "{} of `{{{name}}}` has characters that mean something in a pattern",
                            shown(value)
                        );
                        let hint = "a pattern here would not match what is called so: for this image, write one without the placeholder";
                        report.wrong_but(&text.place, message, hint);
                    }
                    out.push_str(value);
                    rest = after.get(name.len() + 1..).unwrap_or("");
                }
                (name, _) => {
                    if let Some(name) = name {
                        self.doubt(report, text, name);
                    }
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        if out == text.value { text.clone() } else { Text::made(out, text.place.clone()) }
    }

    /// Reports what was nearly a placeholder. A number is never a glob's only alternative.
    fn doubt(&self, report: &mut Report<'_>, text: &Text, name: &str) {
        let names: Vec<String> =
            self.known.iter().map(|(name, _)| name.to_lowercase().replace('_', "-")).collect();
        let number = name.bytes().all(|byte| byte.is_ascii_digit());
        let meant = nearest(name, names.iter().map(String::as_str))
            .and_then(|meant| self.known.get(names.iter().position(|name| name == meant)?));
        if !number && meant.is_none() {
            return;
        }
        let message = format!("{} is not {}", shown(&format!("{{{name}}}")), self.kind);
        match (number, meant) {
            (false, Some((meant, _))) => {
                report.wrong_but(&text.place, message, format!("did you mean `{{{meant}}}`?"));
            }
            _ => {
                let known: Vec<String> = self.known.iter().map(|(name, _)| format!("`{{{name}}}`")).collect();
                let hint = match known.is_empty() {
                    true => "there is none".to_owned(),
                    false => format!("there are {}", known.join(", ")),
                };
                report.wrong_but(&text.place, message, hint);
            }
        }
    }

    /// Every string of a table, filled in; the name, too.
    pub(super) fn table(&self, report: &mut Report<'_>, table: &Image) -> Image {
        let mut image = table.clone();
        let Image {
            name,
            place: _,
            repository,
            context,
            dockerfile,
            target,
            platforms,
            build_args,
            build_args_files,
            volatile_args,
            base_images: _,
            max_age: _,
            salt,
            inputs,
            extra_inputs,
            generated,
            contexts,
            matrix: _,
            places: _,
        } = &mut image;
        let mut fill = |text: &mut Text| *text = self.fill(report, text);
        let single = [name, repository, context, dockerfile, target, salt];
        single.into_iter().flatten().for_each(&mut fill);
        [platforms, build_args_files, volatile_args].into_iter().flatten().for_each(&mut fill);
        for (name, value) in build_args.iter_mut().chain(contexts) {
            fill(name);
            fill(value);
        }
        generated.iter_mut().for_each(|(name, _)| fill(name));
        let sources = generated.iter_mut().flat_map(|(_, sources)| sources);
        for glob in extra_inputs.iter_mut().chain(inputs.iter_mut().flatten()).chain(sources) {
            *glob = self.fill_glob(report, glob);
        }
        let places = std::mem::take(&mut image.places);
        for (key, place) in places {
            let mut key = key;
            for (name, value) in &self.known {
                key = key.replace(&format!("{{{name}}}"), value);
            }
            image.places.insert(key, place);
        }
        image
    }
}

/// Whether a value would be more than itself in a glob, behind what comes before it.
fn means_more(before: &str, value: &str) -> bool {
    let open = |open: char, close: char| before.matches(open).count() > before.matches(close).count();
    value.contains(['*', '?', '[', ']', '{', '}', '\\', '!'])
        || open('{', '}') && value.contains(',')
        || open('[', ']') && !value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
