//! From the text of an expression to its program, as `regexp/syntax` reads it.

use super::class::{Range, Set, any, complement, one, posix, ranges};
use super::{Position, Step};

/// Compiles the text of an expression; the error says what Go (or this subset) refuses.
pub(super) fn program(text: &str) -> Result<Vec<Step>, String> {
    let mut parser = Parser { rest: text, program: Vec::new() };
    while !parser.rest.is_empty() {
        parser.term()?;
    }
    Ok(parser.program)
}

struct Parser<'t> {
    rest: &'t str,
    program: Vec<Step>,
}

impl Parser<'_> {
    /// One atom with the repetition behind it. The translation writes groups itself, as `(.*/)?` and nowhere
    /// else, so a group is read whole.
    fn term(&mut self) -> Result<(), String> {
        let start = self.program.len();
        if let Some(rest) = self.rest.strip_prefix("(.*/)?") {
            self.rest = rest;
            let end = start + 5;
            self.program.extend([Step::Fork(end), Step::Fork(start + 4)]);
            self.program.extend([Step::Take(any()), Step::Jump(start + 1), Step::Take(one('/'))]);
            return Ok(());
        }
        self.atom()?;
        if let Some(rest) = self.rest.strip_prefix('*') {
            self.rest = rest;
            self.program.insert(start, Step::Fork(self.program.len() + 2));
            self.program.push(Step::Jump(start));
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<(), String> {
        let Some(char) = self.next() else { return Ok(()) };
        let step = match char {
            '^' => Step::At(Position::Start),
            '$' => Step::At(Position::End),
            '.' => Step::Take(any()),
            '[' => Step::Take(self.class()?),
            '\\' => return self.escape(),
            '(' | ')' | '*' | '+' | '?' | '|' | '{' => {
                return Err(format!("`{char}` is not understood here"));
            }
            literal => Step::Take(one(literal)),
        };
        self.program.push(step);
        Ok(())
    }

    /// What a backslash outside a class means.
    fn escape(&mut self) -> Result<(), String> {
        let position = match self.rest.chars().next() {
            Some('A') => Position::Start,
            Some('z') => Position::End,
            Some('b') => Position::Word,
            Some('B') => Position::NoWord,
            Some('Q') => {
                let quoted = self.rest.get(1..).unwrap_or_default();
                let (literal, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                self.program.extend(literal.chars().map(|char| Step::Take(one(char))));
                self.rest = rest;
                return Ok(());
            }
            _ => {
                let set = match self.shorthand() {
                    Some(set) => Set { ranges: set, negated: false },
                    None => one(self.escaped()?),
                };
                self.program.push(Step::Take(set));
                return Ok(());
            }
        };
        self.next();
        self.program.push(Step::At(position));
        Ok(())
    }

    /// `parseClass`, its `[` being gone.
    fn class(&mut self) -> Result<Set, String> {
        let mut set = Set::default();
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            set.negated = true;
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(named) = self.named()? {
                set.ranges.extend(named);
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let whole = std::mem::replace(&mut self.rest, rest);
                if let Some(shorthand) = self.shorthand() {
                    set.ranges.extend(shorthand);
                    continue;
                }
                self.rest = whole;
            }
            set.ranges.push(self.range()?);
        }
        self.next();
        Ok(set)
    }

    /// A character or a range in a class; a `-` before the `]` is a character.
    fn range(&mut self) -> Result<Range, String> {
        let low = self.class_char()?;
        let mut high = low;
        if let Some(rest) = self.rest.strip_prefix('-')
            && !rest.is_empty()
            && !rest.starts_with(']')
        {
            self.rest = rest;
            high = self.class_char()?;
        }
        if high < low {
            return Err(format!("the range `{low}-{high}` runs backwards"));
        }
        Ok((low.into(), high.into()))
    }

    fn class_char(&mut self) -> Result<char, String> {
        match self.next() {
            Some('\\') => self.escaped(),
            Some(char) => Ok(char),
            None => Err("the class has no `]`".to_owned()),
        }
    }

    /// `[:alpha:]` and the like, inside a class.
    fn named(&mut self) -> Result<Option<Vec<Range>>, String> {
        let Some(inner) = self.rest.strip_prefix("[:") else { return Ok(None) };
        let Some((name, rest)) = inner.split_once(":]") else { return Ok(None) };
        let (negated, plain) = match name.strip_prefix('^') {
            Some(plain) => (true, plain),
            None => (false, name),
        };
        let ranges = posix(plain).ok_or_else(|| format!("there is no class `[:{name}:]`"))?;
        self.rest = rest;
        Ok(Some(if negated { complement(&ranges) } else { ranges }))
    }

    /// `\d`, `\S` and the like, their backslash being gone.
    fn shorthand(&mut self) -> Option<Vec<Range>> {
        let letter = self.rest.chars().next()?;
        let ranges = match letter.to_ascii_lowercase() {
            'd' => posix("digit"),
            's' => Some(ranges("\t\n\x0c\r  ")),
            'w' => posix("word"),
            _ => None,
        }?;
        self.next();
        Some(if letter.is_ascii_uppercase() { complement(&ranges) } else { ranges })
    }

    /// `parseEscape`, the backslash being gone.
    fn escaped(&mut self) -> Result<char, String> {
        let Some(char) = self.next() else { return Err("nothing follows the backslash".to_owned()) };
        let refused = Err(format!("`\\{char}` is not understood"));
        match char {
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            'x' => match (self.digit(16), self.digit(16)) {
                (Some(high), Some(low)) => char::from_u32(high * 16 + low).map_or(refused, Ok),
                _ => refused,
            },
            '0'..='7' => {
                let mut code = char.to_digit(8).unwrap_or(0);
                let mut digits = 1;
                while digits < 3
                    && let Some(digit) = self.digit(8)
                {
                    code = code * 8 + digit;
                    digits += 1;
                }
                // `\1` alone would be a backreference, which Go has not.
                if digits == 1 && char != '0' { refused } else { char::from_u32(code).map_or(refused, Ok) }
            }
            _ if char.is_ascii() && !char.is_ascii_alphanumeric() => Ok(char),
            _ => refused,
        }
    }

    fn digit(&mut self, radix: u32) -> Option<u32> {
        let digit = self.rest.chars().next()?.to_digit(radix)?;
        self.next();
        Some(digit)
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let char = chars.next();
        self.rest = chars.as_str();
        char
    }
}
