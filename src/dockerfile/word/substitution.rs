//! Variables in a word: `$NAME`, `${NAME}` and the operators that stand in the braces.

use super::{Lexer, Value};
use crate::dockerfile::pattern::{self, Failure};
use crate::dockerfile::text::{Cause, Hole, Text};

impl Lexer<'_> {
    /// What stands behind a `$`, which is still there: `processDollar`.
    pub(super) fn dollar(&mut self) -> Result<Text, String> {
        self.at += 1;
        if self.peek() != Some('{') {
            return Ok(match self.name()? {
                name if name.is_empty() => Text::known("$"),
                name => self.plain(&name, || format!("${name}")),
            });
        }
        self.at += 1;
        match self.peek() {
            None => return Err("syntax error: missing '}'".to_owned()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".to_owned()),
            Some(_) => {}
        }
        let name = self.name()?;
        match self.next() {
            Some('}') => Ok(self.plain(&name, || format!("${{{name}}}"))),
            Some(':') => {
                let operator = self.next();
                self.modified(&name, operator, true)
            }
            operator @ Some('+' | '-' | '?' | '#' | '%') => self.modified(&name, operator, false),
            Some('/') => self.replaced(&name),
            other => Err(unsupported("", other)),
        }
    }

    fn look_up(&mut self, name: &str) -> Value {
        self.used.insert(name.to_owned());
        self.variables.value(name)
    }

    /// A variable without an operator; one that is not set is empty, or stays where that is asked for.
    fn plain(&mut self, name: &str, written: impl Fn() -> String) -> Text {
        match self.look_up(name) {
            Value::Set(text) => text,
            Value::Unknown(hole) => Text::hole(hole),
            Value::Unset if self.skip_unset => Text::known(&written()),
            Value::Unset => Text::default(),
        }
    }

    /// `${name-word}` and its kin; `colon` where an empty value counts as none.
    fn modified(&mut self, name: &str, operator: Option<char>, colon: bool) -> Result<Text, String> {
        let shown = if colon { ":" } else { "" };
        let trims = matches!(operator, Some('#' | '%'));
        if colon && trims {
            return Err(unsupported(shown, operator));
        }
        let (word, _) = self.until(Some('}'), trims).map_err(|error| self.missing(error, '}'))?;
        let value = self.look_up(name);
        let Some(operator) = operator else { return Err(unsupported(shown, operator)) };
        if self.skip_unset && matches!(value, Value::Unset) {
            return Ok(Text::known(&format!("${{{name}{shown}{operator}{word}}}")));
        }
        let (set, text) = match value {
            Value::Unset => (Some(false), Text::default()),
            // BuildKit refuses an operator whatever the value is, but for one that is not set and may stay.
            Value::Unknown(_) if !self.skip_unset && !matches!(operator, '-' | '+' | '?' | '#' | '%') => {
                return Err(unsupported(shown, Some(operator)));
            }
            Value::Unknown(hole) => return Ok(Text::hole(hole)),
            Value::Set(text) if colon => (text.is_empty().map(|empty| !empty), text),
            Value::Set(text) => (Some(true), text),
        };
        let hole = || unknown(name, &[&text, &word]);
        match (operator, set) {
            ('#' | '%', _) => trimmed(operator, &word, &text).unwrap_or_else(|| Ok(hole())),
            ('-' | '+' | '?', None) => Ok(hole()),
            ('-' | '?', Some(true)) => Ok(text),
            ('-', _) | ('+', Some(true)) => Ok(word),
            ('+', _) => Ok(Text::default()),
            ('?', _) => Err(refused(name, &word)),
            _ => Err(unsupported(shown, Some(operator))),
        }
    }

    /// `${name/pattern/replacement}`
    fn replaced(&mut self, name: &str) -> Result<Text, String> {
        let all = self.peek() == Some('/');
        if all {
            self.at += 1;
        }
        let (pattern, _) = self.until(Some('/'), true).map_err(|error| self.missing(error, '/'))?;
        let (replacement, _) = self.until(Some('}'), true).map_err(|error| self.missing(error, '}'))?;
        let text = match self.look_up(name) {
            Value::Set(text) => text,
            Value::Unknown(hole) => return Ok(Text::hole(hole)),
            Value::Unset if self.skip_unset => {
                return Ok(Text::known(&format!("${{{name}/{pattern}/{replacement}}}")));
            }
            Value::Unset => Text::default(),
        };
        let (Some(known), Some(find), Some(put)) =
            (text.as_known(), pattern.as_known(), replacement.as_known())
        else {
            return Ok(unknown(name, &[&text, &pattern, &replacement]));
        };
        match pattern::replace(find, known, put, all) {
            Ok(result) => Ok(Text::known(&result)),
            Err(Failure::Unknown) => Ok(unknown(name, &[])),
            Err(Failure::Invalid(why)) => Err(format!("invalid pattern ({find}) in substitution: {why}")),
        }
    }

    fn missing(&self, error: String, stop: char) -> String {
        match (self.peek(), stop) {
            (None, '/') => "syntax error: missing '/' in ${}".to_owned(),
            (None, _) => format!("syntax error: missing '{stop}'"),
            _ => error,
        }
    }

    /// `processName`: letters, digits and `_`; digits alone; or one special parameter.
    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        let digits = self.peek().is_some_and(|c| c.is_ascii_digit());
        if let Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) = self.peek() {
            self.at += 1;
            return Ok(c.to_string());
        }
        while let Some(c) = self.peek() {
            // Go's letters and Rust's differ in rare marks; a name with either is refused rather than cut wrong.
            if !c.is_ascii() && c.is_alphanumeric() {
                return Err(
                    "a variable's name has a letter outside ASCII, which imgplan does not read".to_owned()
                );
            }
            if !(c.is_ascii_digit() || !digits && (c.is_ascii_alphabetic() || c == '_')) {
                break;
            }
            self.at += 1;
            name.push(c);
        }
        Ok(name)
    }
}

fn unsupported(colon: &str, operator: Option<char>) -> String {
    let operator = operator.map(String::from).unwrap_or_default();
    format!("unsupported modifier ({colon}{operator}) in substitution")
}

/// The message of `${name:?word}`.
fn refused(name: &str, word: &Text) -> String {
    match word.to_string() {
        word if word.is_empty() => format!("{name}: is not allowed to be unset or empty"),
        word => format!("{name}: {word}"),
    }
}

/// A hole for what an operator makes of texts with holes; it keeps the first one's cause.
fn unknown(name: &str, texts: &[&Text]) -> Text {
    let cause = texts.iter().find_map(|text| text.first_hole()).map_or(Cause::Computed, |hole| hole.cause);
    let named = texts.iter().find_map(|text| text.first_hole()).map_or(name, |hole| hole.name.as_str());
    Text::hole(Hole::anything(named, cause))
}

/// `#`, `##`, `%`, `%%`; none where a hole is in the way.
fn trimmed(operator: char, word: &Text, value: &Text) -> Option<Result<Text, String>> {
    let (word, value) = (word.as_known()?, value.as_known()?);
    let (greedy, pattern) = match word.strip_prefix(operator) {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let trim = if operator == '%' { pattern::trim_suffix } else { pattern::trim_prefix };
    match trim(pattern, value, greedy) {
        Ok(text) => Some(Ok(Text::known(&text))),
        Err(Failure::Unknown) => None,
        Err(Failure::Invalid(why)) => {
            Some(Err(format!("invalid pattern ({pattern}) in substitution: {why}")))
        }
    }
}
