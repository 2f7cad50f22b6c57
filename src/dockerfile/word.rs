//! BuildKit's shell lexer (`frontend/dockerfile/shell/lex.go`): quotes, escapes and variables of one word, and
//! the splitting into words that finds heredocs.
//!
//! Values with holes pass through; an operator that would have to look into a hole gives a hole.

use std::collections::BTreeSet;

use super::pattern::{self, Failure};
use super::text::{Cause, Hole, Text};

/// Deeper nests of `${…:-${…}}` are refused: nobody writes them, and recursion must end.
const DEPTH: usize = 64;

/// Longer results are refused, as Linux refuses longer variables: an `ENV A=$A$A` over and over must end.
const LONGEST: usize = 128 * 1024;

/// What is known of a variable.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Set to this.
    Set(Text),
    /// Not set.
    Unset,
    /// Perhaps set, perhaps not.
    Unknown(Hole),
}

/// Where the lexer looks variables up.
pub(super) trait Variables {
    /// The value of a variable.
    fn value(&self, name: &str) -> Value;
}

/// No variables at all.
pub(super) struct NoVariables;

impl Variables for NoVariables {
    fn value(&self, _: &str) -> Value {
        Value::Unset
    }
}

/// An expanded word.
#[derive(Debug)]
pub(super) struct Expansion {
    /// The result.
    pub(super) text: Text,
    /// The variables that were looked up.
    pub(super) used: BTreeSet<String>,
}

/// Expands a word as `ProcessWordWithMatches` does with the default options.
pub(super) fn expand(word: &str, escape: char, variables: &dyn Variables) -> Result<Expansion, String> {
    let mut lexer = Lexer::new(word, escape, variables);
    let (text, _) = lexer.until(None, false)?;
    Ok(Expansion { text, used: lexer.used })
}

/// Splits a line as `ProcessWords` does with the options of `heredocsFromLine`; no words on an error, as there.
pub(super) fn raw_words(line: &str) -> Vec<String> {
    let mut lexer = Lexer { raw_quotes: true, skip_unset: true, ..Lexer::new(line, '\\', &NoVariables) };
    match lexer.until(None, true) {
        Ok((_, words)) => words,
        Err(_) => Vec::new(),
    }
}

/// Splits the word behind `<<` as `heredocFromMatch` does, with or without its quotes.
pub(super) fn heredoc_words(word: &str, raw_quotes: bool) -> Result<Vec<String>, String> {
    let mut lexer = Lexer { raw_quotes, skip_unset: true, ..Lexer::new(word, '\\', &NoVariables) };
    lexer.until(None, false).map(|(_, words)| words)
}

struct Lexer<'a> {
    chars: Vec<char>,
    at: usize,
    escape: char,
    raw_quotes: bool,
    raw_escapes: bool,
    skip_unset: bool,
    variables: &'a dyn Variables,
    /// The word being built. Shared by nested calls and reset by each, as in BuildKit.
    word: String,
    used: BTreeSet<String>,
    depth: usize,
}

/// `wordsStruct` without its buffer.
#[derive(Default)]
struct Words {
    words: Vec<String>,
    in_word: bool,
}

impl Words {
    fn add(&mut self, buffer: &mut String, c: char) {
        if !c.is_whitespace() {
            self.add_raw(buffer, c);
        } else if self.in_word && !buffer.is_empty() {
            self.words.push(std::mem::take(buffer));
            self.in_word = false;
        }
    }

    fn add_raw(&mut self, buffer: &mut String, c: char) {
        buffer.push(c);
        self.in_word = true;
    }

    fn finish(mut self, buffer: &mut String) -> Vec<String> {
        if !buffer.is_empty() {
            self.words.push(std::mem::take(buffer));
        }
        self.words
    }
}

impl<'a> Lexer<'a> {
    fn new(word: &str, escape: char, variables: &'a dyn Variables) -> Lexer<'a> {
        // text/scanner drops a byte order mark at the start.
        let chars = word.strip_prefix('\u{feff}').unwrap_or(word).chars().collect();
        Lexer {
            chars,
            at: 0,
            escape,
            raw_quotes: false,
            raw_escapes: false,
            skip_unset: false,
            variables,
            word: String::new(),
            used: BTreeSet::new(),
            depth: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// `processStopOn`: up to `stop` or the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<(Text, Vec<String>), String> {
        if self.depth > DEPTH {
            return Err("substitutions are nested too deeply".to_owned());
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let result = self.until_stop(stop);
        self.raw_escapes = before;
        self.depth -= 1;
        result
    }

    fn until_stop(&mut self, stop: Option<char>) -> Result<(Text, Vec<String>), String> {
        let mut result = Text::default();
        let mut words = Words::default();
        self.word.clear();
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.at += 1;
                return Ok((result, words.finish(&mut self.word)));
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    value.to_string().chars().for_each(|c| words.add(&mut self.word, c));
                    result.push_text(&value);
                    fits(&result)?;
                }
                '<' | '\'' | '"' => {
                    let text = match c {
                        '<' => self.possible_heredoc(),
                        '\'' => self.single_quote()?,
                        _ => self.double_quote()?,
                    };
                    self.word.push_str(&text.to_string());
                    words.in_word = true;
                    result.push_text(&text);
                }
                _ => {
                    self.at += 1;
                    let Some(plain) = self.escaped(c, &mut result, &mut words) else { break };
                    result.push(plain);
                }
            }
        }
        match stop {
            Some(stop) => Err(format!("unexpected end of statement while looking for matching {stop}")),
            None => Ok((result, words.finish(&mut self.word))),
        }
    }

    /// The character that `c`, already read, stands for; none if it is an escape at the end.
    fn escaped(&mut self, c: char, result: &mut Text, words: &mut Words) -> Option<char> {
        if c != self.escape {
            words.add(&mut self.word, c);
            return Some(c);
        }
        if self.raw_escapes {
            words.add_raw(&mut self.word, c);
            result.push(c);
        }
        let c = self.next()?;
        words.add_raw(&mut self.word, c);
        Some(c)
    }

    fn single_quote(&mut self) -> Result<Text, String> {
        let mut text = String::new();
        self.quote(&mut text);
        loop {
            match self.peek() {
                None => {
                    return Err(
                        "unexpected end of statement while looking for matching single-quote".to_owned()
                    );
                }
                Some('\'') => {
                    self.quote(&mut text);
                    return Ok(Text::known(&text));
                }
                Some(c) => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
    }

    /// Takes a quote, which stays only where quotes are raw.
    fn quote(&mut self, text: &mut String) {
        if let Some(c) = self.next()
            && self.raw_quotes
        {
            text.push(c);
        }
    }

    fn double_quote(&mut self) -> Result<Text, String> {
        let mut text = Text::default();
        let mut quote = String::new();
        self.quote(&mut quote);
        text.push_str(&quote);
        loop {
            match self.peek() {
                None => {
                    return Err(
                        "unexpected end of statement while looking for matching double-quote".to_owned()
                    );
                }
                Some('"') => {
                    let mut quote = String::new();
                    self.quote(&mut quote);
                    text.push_str(&quote);
                    return Ok(text);
                }
                Some('$') => {
                    text.push_text(&self.dollar()?);
                    fits(&text)?;
                }
                Some(mut c) => {
                    self.at += 1;
                    if c == self.escape {
                        if self.raw_escapes {
                            text.push(c);
                        }
                        match self.peek() {
                            None => continue,
                            Some(next) if next == '"' || next == '$' || next == self.escape => {
                                self.at += 1;
                                c = next;
                            }
                            Some(_) => {}
                        }
                    }
                    text.push(c);
                }
            }
        }
    }

    /// `<<` takes the blanks behind it into the word, so that `<< EOF` is one.
    fn possible_heredoc(&mut self) -> Text {
        self.at += 1;
        if self.peek() != Some('<') {
            return Text::known("<");
        }
        self.at += 1;
        let mut text = "<<".to_owned();
        while let Some(c @ ('\t' | '\r' | ' ')) = self.peek() {
            text.push(c);
            self.at += 1;
        }
        Text::known(&text)
    }

    fn dollar(&mut self) -> Result<Text, String> {
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

fn fits(text: &Text) -> Result<(), String> {
    if text.size() > LONGEST {
        return Err(format!("the variables expand to more than {LONGEST} bytes"));
    }
    Ok(())
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

#[cfg(test)]
mod tests;
