//! The part of Go's `regexp` that patternmatcher's translation of a pattern can reach.
//!
//! patternmatcher turns a pattern into the text of a regular expression and leaves brackets and escapes to Go's
//! parser. So `[*]` is not a star (its class ends at the first `]` of the translated `[^/]*`), `\d` is a digit, and
//! `[[:alpha:]]` is a letter. Other engines read some of these texts differently, hence this small one: it parses as
//! `regexp/syntax` does (flags `Perl`) and runs all states at once, in time linear in program times path.

use crate::filepath::decode;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) struct Regexp {
    program: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// One character of a set.
    Take(Set),
    /// Goes on behind this step and at that one.
    Fork(usize),
    /// Goes on at that step.
    Jump(usize),
    /// Goes on behind this step where the position is right.
    At(Position),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Start,
    End,
    Word,
    NoWord,
}

type Range = (u32, u32);
const LAST: u32 = char::MAX as u32;

/// A set of characters.
#[derive(Debug, Clone, Default)]
struct Set {
    ranges: Vec<Range>,
    negated: bool,
}

impl Set {
    fn has(&self, char: char) -> bool {
        let code = u32::from(char);
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&code)) != self.negated
    }
}

impl Regexp {
    /// Compiles the text of an expression; the error says what Go (or this subset) refuses.
    pub(super) fn new(text: &str) -> Result<Regexp, String> {
        let mut parser = Parser { rest: text, program: Vec::new() };
        while !parser.rest.is_empty() {
            parser.term()?;
        }
        Ok(Regexp { program: parser.program })
    }

    /// `MatchString`: every expression of the translation begins with `^`, so only the start is tried.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut states = States::new(self.program.len() + 1);
        let (mut before, mut rest) = (None, text);
        states.pending.push(0);
        loop {
            let next = (!rest.is_empty()).then(|| decode(rest));
            self.close(&mut states, before, next.map(|(char, _)| char));
            if states.seen.get(self.program.len()) == Some(&true) {
                return true;
            }
            let Some((char, below)) = next else { return false };
            self.advance(&mut states, char);
            if states.pending.is_empty() {
                return false;
            }
            (before, rest) = (Some(char), below);
        }
    }

    /// Follows all steps that take no character.
    fn close(&self, states: &mut States, before: Option<char>, next: Option<char>) {
        states.seen.fill(false);
        states.current.clear();
        while let Some(at) = states.pending.pop() {
            match states.seen.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.program.get(at) {
                Some(Step::Take(_)) => states.current.push(at),
                Some(Step::Fork(other)) => states.pending.extend([*other, at + 1]),
                Some(Step::Jump(to)) => states.pending.push(*to),
                Some(Step::At(position)) if position.holds(before, next) => states.pending.push(at + 1),
                Some(Step::At(_)) | None => {}
            }
        }
    }

    fn advance(&self, states: &mut States, char: char) {
        for at in states.current.drain(..) {
            if let Some(Step::Take(set)) = self.program.get(at)
                && set.has(char)
            {
                states.pending.push(at + 1);
            }
        }
    }
}

struct States {
    /// Steps that still have to be followed.
    pending: Vec<usize>,
    /// Steps that wait for a character.
    current: Vec<usize>,
    /// Steps reached at this position; the last one is the end of the program.
    seen: Vec<bool>,
}

impl States {
    fn new(len: usize) -> States {
        States { pending: Vec::new(), current: Vec::new(), seen: vec![false; len] }
    }
}

impl Position {
    fn holds(self, before: Option<char>, next: Option<char>) -> bool {
        let word = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric() || char == '_');
        match self {
            Position::Start => before.is_none(),
            Position::End => next.is_none(),
            Position::Word => word(before) != word(next),
            Position::NoWord => word(before) == word(next),
        }
    }
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

/// Every character but a newline: Go's `.` without the flag `s`.
fn any() -> Set {
    Set { ranges: vec![(10, 10)], negated: true }
}

fn one(char: char) -> Set {
    Set { ranges: vec![(char.into(), char.into())], negated: false }
}

/// Pairs of characters as ranges: `azAZ`; a pair may not be the wrong way round.
fn ranges(pairs: &str) -> Vec<Range> {
    let chars: Vec<u32> = pairs.chars().map(u32::from).collect();
    chars.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
}

fn complement(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut holes = Vec::new();
    let mut from = 0;
    for (low, high) in sorted {
        if low > from {
            holes.push((from, low - 1));
        }
        from = from.max(high + 1);
    }
    if from <= LAST {
        holes.push((from, LAST));
    }
    holes
}

/// Go's POSIX classes, ASCII only.
fn posix(name: &str) -> Option<Vec<Range>> {
    Some(ranges(match name {
        "alnum" => "09AZaz",
        "alpha" => "AZaz",
        "ascii" => "\0\x7f",
        "blank" => "\t\t  ",
        "cntrl" => "\0\x1f\x7f\x7f",
        "digit" => "09",
        "graph" => "!~",
        "lower" => "az",
        "print" => " ~",
        "punct" => "!/:@[`{~",
        "space" => "\t\r  ",
        "upper" => "AZ",
        "word" => "09AZaz__",
        "xdigit" => "09AFaf",
        _ => return None,
    }))
}
