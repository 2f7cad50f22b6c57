//! BuildKit's shell lexer (`frontend/dockerfile/shell/lex.go`): quotes, escapes and variables of one word, and
//! the splitting into words that finds heredocs.
//!
//! Values with holes pass through; an operator that would have to look into a hole gives a hole.

mod substitution;

use std::collections::BTreeSet;

use super::text::{Hole, Text};

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
}

fn fits(text: &Text) -> Result<(), String> {
    if text.size() > LONGEST {
        return Err(format!("the variables expand to more than {LONGEST} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
