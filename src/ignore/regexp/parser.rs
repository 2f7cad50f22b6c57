//! From the text of an expression to its program, as `regexp/syntax` reads it.

use super::class::{Range, Set, any, complement, one, posix, ranges};
use super::{MOST_ADDED, Position, Regexp, Step, repeat};

/// Go's limit for a count in braces, and for the product of those that stand inside one another.
const MOST_REPEATS: u32 = 1000;

/// Compiles the text of an expression; the error says what Go (or this subset) refuses.
pub(super) fn regexp(text: &str) -> Result<Regexp, String> {
    let mut parser =
        Parser { rest: text, items: Vec::new(), repeated: false, added: 0, alternatives: Vec::new() };
    while !parser.rest.is_empty() {
        parser.term()?;
    }
    parser.finish_alternative();
    let program = repeat::either(parser.alternatives);
    // Every expression of the translation begins with `^`, but `|` ends what that stands for, and `{0}` removes it.
    let anchored = matches!(program.first(), Some(Step::At(Position::Start)));
    Ok(Regexp { program, anchored, added: parser.added })
}

struct Parser<'t> {
    rest: &'t str,
    /// What a repetition could follow, in order.
    items: Vec<Item>,
    /// Whether a repetition stands right before the rest.
    repeated: bool,
    /// How many steps the counts in braces have added.
    added: usize,
    /// What stands before each `|` so far.
    alternatives: Vec<Vec<Step>>,
}

#[derive(Default)]
struct Item {
    steps: Vec<Step>,
    /// The product of the counts in it.
    repeats: u32,
}

impl Parser<'_> {
    /// One atom, repetition or `|`. The translation writes groups itself, as `(.*/)?` and nowhere else, so a group is
    /// read whole.
    fn term(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix("(.*/)?") {
            self.rest = rest;
            let any = [Step::Fork(3), Step::Take(any()), Step::Jump(-2), Step::Take(one('/'))];
            self.items.push(Item { steps: [vec![Step::Fork(5)], any.to_vec()].concat(), repeats: 1 });
            self.repeated = true;
            return Ok(());
        }
        if let Some((min, max, rest)) = repeat::operator(self.rest) {
            self.rest = rest;
            return self.repeat(min, max);
        }
        self.repeated = false;
        if let Some(rest) = self.rest.strip_prefix('|') {
            self.rest = rest;
            self.finish_alternative();
            return Ok(());
        }
        self.atom()
    }

    fn finish_alternative(&mut self) {
        let steps = std::mem::take(&mut self.items).into_iter().flat_map(|item| item.steps);
        self.alternatives.push(steps.collect());
    }

    /// Repeats the last item.
    fn repeat(&mut self, min: u32, max: Option<u32>) -> Result<(), String> {
        if min > MOST_REPEATS || max.is_some_and(|max| max > MOST_REPEATS || max < min) {
            return Err("a count in braces is too large, or a range runs backwards".to_owned());
        }
        if std::mem::replace(&mut self.repeated, true) {
            return Err("a repetition follows another one".to_owned());
        }
        let Some(item) = self.items.pop() else {
            return Err("nothing stands before a repetition".to_owned());
        };
        let repeats = item.repeats * max.unwrap_or(min.max(1));
        self.added += item.steps.len() * usize::try_from(max.unwrap_or(min)).unwrap_or(usize::MAX);
        if repeats > MOST_REPEATS || self.added > MOST_ADDED {
            return Err("it repeats too much".to_owned());
        }
        self.items.push(Item { steps: repeat::times(&item.steps, min, max), repeats });
        Ok(())
    }

    fn push(&mut self, step: Step) {
        self.items.push(Item { steps: vec![step], repeats: 1 });
    }

    fn atom(&mut self) -> Result<(), String> {
        let Some(char) = self.next() else { return Ok(()) };
        let step = match char {
            '^' => Step::At(Position::Start),
            '$' => Step::At(Position::End),
            '.' => Step::Take(any()),
            '[' => Step::Take(self.class()?),
            '\\' => return self.escape(),
            '(' | ')' | '+' | '?' => return Err(format!("`{char}` is not understood here")),
            literal => Step::Take(one(literal)),
        };
        self.push(step);
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
                literal.chars().for_each(|char| self.push(Step::Take(one(char))));
                self.rest = rest;
                return Ok(());
            }
            _ => {
                let set = match self.shorthand() {
                    Some(set) => Set { ranges: set, negated: false },
                    None => one(self.escaped()?),
                };
                self.push(Step::Take(set));
                return Ok(());
            }
        };
        self.next();
        self.push(Step::At(position));
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
            'x' => self.hex().map_or(refused, Ok),
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

    /// The two digits of `\x41`, or any number of them in braces.
    fn hex(&mut self) -> Option<char> {
        if let Some(rest) = self.rest.strip_prefix('{') {
            let (digits, rest) = rest.split_once('}')?;
            self.rest = rest;
            // `from_str_radix` takes a sign, too.
            let sound = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            return if sound { char::from_u32(u32::from_str_radix(digits, 16).ok()?) } else { None };
        }
        char::from_u32(self.digit(16)? * 16 + self.digit(16)?)
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
