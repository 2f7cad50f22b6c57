//! Date formats of templates: strftime's numbers, rendered in UTC and read back.
//!
//! Pure: seconds in, text out, and the other way. Only what is digits is taken, so that a tag's date can be told from a
//! name and read back exactly: names of months and days, time zones and fractions are refused where the format stands.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::placeholders::Fault;

mod reading;
#[cfg(test)]
mod tests;

use reading::{Field, begins, descend, moment, tells_day};

/// The format where a template names none: it sorts as time does.
pub(super) const DEFAULT: &str = "%Y%m%d-%H%M%S";

/// Every specifier: its letter, its digits, and the least and the greatest value. `s` has no fixed length.
const SPECIFIERS: &[Specifier] = &[
    Specifier::new('Y', 4, 0, 9999),
    Specifier::new('m', 2, 1, 12),
    Specifier::new('d', 2, 1, 31),
    Specifier::new('H', 2, 0, 23),
    Specifier::new('M', 2, 0, 59),
    Specifier::new('S', 2, 0, 59),
    Specifier::new('j', 3, 1, 366),
    Specifier::new('y', 2, 0, 99),
    Specifier::new('G', 4, 0, 9999),
    Specifier::new('V', 2, 1, 53),
    Specifier::new('U', 2, 0, 53),
    Specifier::new('W', 2, 0, 53),
    Specifier::new('u', 1, 1, 7),
    Specifier::new('w', 1, 0, 6),
    Specifier::new('s', 0, 0, 253_402_300_799),
];
/// Seconds of 9999-12-31 have 12 digits.
const MOST_SECONDS_DIGITS: usize = 12;

#[derive(Debug, PartialEq, Eq)]
struct Specifier {
    letter: char,
    digits: usize,
    least: i64,
    greatest: i64,
}

impl Specifier {
    const fn new(letter: char, digits: usize, least: i64, greatest: i64) -> Specifier {
        Specifier { letter, digits, least, greatest }
    }
}

/// A checked format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    /// What jiff formats by.
    text: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(char),
    Field {
        specifier: &'static Specifier,
        /// `%-m`: without zeros in front.
        bare: bool,
    },
}

impl Format {
    /// Checks a format; a fault's place is counted from the format's beginning.
    pub(super) fn new(format: &str) -> Result<Format, Fault> {
        let mut items = Vec::new();
        let mut characters = format.chars().enumerate();
        while let Some((at, c)) = characters.next() {
            if c == '%' {
                let mut next = || characters.next().map(|(_, c)| c);
                match next() {
                    Some('-') => field(&mut items, true, next(), at)?,
                    Some('F') => {
                        field(&mut items, false, Some('Y'), at)?;
                        for letter in ['m', 'd'] {
                            items.push(Item::Literal('-'));
                            field(&mut items, false, Some(letter), at)?;
                        }
                    }
                    letter => field(&mut items, false, letter, at)?,
                }
            } else if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') {
                items.push(Item::Literal(c));
            } else {
                return Err(Fault::new(format!("{c:?} cannot stand in a tag"), at));
            }
        }
        if letters(&items).next().is_none() {
            return Err(Fault::new("is no date: there is no `%…` in it", 0));
        }
        Ok(Format { text: format.to_owned(), items })
    }

    /// The character that it begins with, if that is no digit of a date.
    pub(super) fn begins_with(&self) -> Option<char> {
        match self.items.first() {
            Some(Item::Literal(c)) => Some(*c),
            _ => None,
        }
    }

    /// Whether two moments of one day have different texts: down to the second.
    pub(super) fn has_seconds(&self) -> bool {
        let has = |letter| letters(&self.items).any(|l| l == letter);
        let day = (has('Y') || has('y')) && (has('m') && has('d') || has('j'))
            || has('G') && has('V') && (has('u') || has('w'));
        has('s') || day && has('H') && has('M') && has('S')
    }

    /// The text of a moment, in UTC. `None` before the year 0 and after 9999, and for seconds before 1970.
    pub(super) fn render(&self, seconds: i64) -> Option<String> {
        let time = Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC);
        let in_range =
            (0..=9999).contains(&time.year()) && (seconds >= 0 || !letters(&self.items).any(|l| l == 's'));
        if !in_range {
            return None;
        }
        jiff::fmt::strtime::format(&self.text, &time).ok()
    }

    /// The fewest characters of a text.
    pub(super) fn shortest(&self) -> usize {
        let of = |item: &Item| match item {
            Item::Literal(_) | Item::Field { bare: true, .. } => 1,
            Item::Field { specifier, .. } => specifier.digits.max(1),
        };
        self.items.iter().map(of).sum()
    }

    /// Whether a date could begin with all of a text.
    pub(super) fn could_begin(&self, text: &str) -> bool {
        begins(&self.items, text)
    }

    /// The lengths of the dates that a text begins with.
    pub(super) fn ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut fields = Vec::new();
        descend(&self.items, text, 0, &mut fields, &mut |end, fields| {
            if let Some(date) = text.get(..end)
                && self.holds(date, fields)
            {
                ends.push(end);
            }
        });
        ends.dedup();
        ends
    }

    /// The moment of a text in seconds, as far as the format tells the day: a missing time of day is midnight.
    pub(super) fn seconds(&self, text: &str) -> Option<i64> {
        let mut found = None;
        descend(&self.items, text, 0, &mut Vec::new(), &mut |end, fields| {
            if end == text.len() && found.is_none() {
                found = moment(fields).filter(|seconds| self.render(*seconds).as_deref() == Some(text));
            }
        });
        found
    }

    /// A regular expression of its texts (RE2's syntax).
    pub(super) fn regex(&self) -> String {
        let of = |item: &Item| match item {
            Item::Literal('.') => r"\.".to_owned(),
            Item::Literal(c) => c.to_string(),
            Item::Field { specifier: Specifier { digits: 0, .. }, .. } => "[0-9]+".to_owned(),
            Item::Field { specifier, bare: true } => format!("[0-9]{{1,{}}}", specifier.digits),
            Item::Field { specifier, bare: false } => format!("[0-9]{{{}}}", specifier.digits),
        };
        self.items.iter().map(of).collect()
    }

    /// Whether the fields can be of one day. Where they tell it, the format must give the same text again.
    fn holds(&self, text: &str, fields: &[Field]) -> bool {
        match moment(fields) {
            Some(seconds) => self.render(seconds).as_deref() == Some(text),
            // A day that no calendar has is not held by the ranges of its fields alone.
            None => !tells_day(fields),
        }
    }
}

/// Adds a specifier.
fn field(items: &mut Vec<Item>, bare: bool, letter: Option<char>, at: usize) -> Result<(), Fault> {
    let specifier = SPECIFIERS.iter().find(|s| Some(s.letter) == letter && (!bare || s.digits > 1));
    let Some(specifier) = specifier else { return Err(Fault::new(unknown(bare, letter), at)) };
    // Nobody means it, and of many there would be too many ways to read them.
    if letters(items).any(|letter| letter == specifier.letter) {
        return Err(Fault::new(format!("\"%{}\" stands in it twice", specifier.letter), at));
    }
    items.push(Item::Field { specifier, bare });
    Ok(())
}

fn letters(items: &[Item]) -> impl Iterator<Item = char> {
    items.iter().filter_map(|item| match item {
        Item::Field { specifier, .. } => Some(specifier.letter),
        Item::Literal(_) => None,
    })
}

fn unknown(bare: bool, letter: Option<char>) -> String {
    let known: Vec<String> = SPECIFIERS.iter().map(|s| format!("%{}", s.letter)).collect();
    let seen = format!("%{}{}", if bare { "-" } else { "" }, letter.map(String::from).unwrap_or_default());
    format!(
        "{seen:?} is no part of a date in a tag, known are {} and %F; `%-m` has no zero in front",
        known.join(" ")
    )
}
